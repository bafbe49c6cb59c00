// One answer under way: deltas in, text on the screen, acknowledgements out. Takes a delta only where it fits the
// cursor, and asks for the conversation anew where text is missing. See docs/protocol.md, "Cursors".

import { decide } from "./cursor.js";
import { Frames } from "./frames.js";

const HOLE_AFTER = 2_000;
const ACK_EVERY = 250;
const ACK_AT = 16_384;

export class LiveAnswer {
  #row;
  #view;
  #cursor;
  #on;
  #frames;
  #waiting = [];
  #acked;
  #ackedAt = 0;
  #hole = 0;
  #lost = false;

  /**
   * @param {object} options
   * @param {object} options.row the assistant's row; its texts grow here
   * @param {import("./message.js").MessageView} options.view
   * @param {{ack: (cursor: number) => void, hole: () => void, news: (text: string) => void}} options.on
   * @param {(work: () => void) => Frames} [options.frames]
   */
  constructor({ row, view, on, frames = (work) => new Frames(work) }) {
    this.#row = row;
    this.#view = view;
    this.#cursor = row.generation.cursor;
    this.#acked = this.#cursor;
    this.#on = on;
    this.#frames = frames(() => this.#show());
  }

  get generation() {
    return this.#row.generation.id;
  }

  get row() {
    return this.#row;
  }

  get cursor() {
    return this.#cursor;
  }

  /** @param {{from: number, to: number, parts: {kind: string, text: string}[]}} delta */
  take(delta) {
    if (this.#lost) {
      return;
    }
    const decision = decide(this.#cursor, delta);
    if (decision === "hole") {
      this.#ask();
    } else if (decision === "accept") {
      this.#cursor = delta.to;
      this.#waiting.push(...delta.parts);
      this.#frames.request();
      clearTimeout(this.#hole);
    }
  }

  /**
   * The server says where the text stands. What does not arrive in time was lost.
   * @param {number} to
   */
  expect(to) {
    if (to > this.#cursor) {
      clearTimeout(this.#hole);
      this.#hole = setTimeout(() => this.#ask(), HOLE_AFTER);
    }
  }

  /** Shows what has come and takes no more: the answer has ended, or is asked for anew from here. */
  end() {
    clearTimeout(this.#hole);
    this.#frames.flush();
    this.#lost = true;
  }

  #ask() {
    clearTimeout(this.#hole);
    this.#lost = true;
    this.#on.hole();
  }

  #show() {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { kind, text } of joined(waiting)) {
      this.#row[kind] += text;
      this.#view.append(kind, text);
      this.#on.news(text);
    }
    this.#acknowledge();
  }

  // The server lets only so much run ahead of the last acknowledgement; a few a second keep it flowing.
  #acknowledge() {
    const behind = this.#cursor - this.#acked;
    const now = Date.now();
    if (behind >= ACK_AT || (behind > 0 && now - this.#ackedAt >= ACK_EVERY)) {
      this.#acked = this.#cursor;
      this.#ackedAt = now;
      this.#on.ack(this.#cursor);
    }
  }
}

/**
 * Neighbouring parts of one kind as one.
 * @param {{kind: string, text: string}[]} parts
 * @returns {{kind: "content" | "reasoning", text: string}[]}
 */
export function joined(parts) {
  const runs = [];
  for (const { kind, text } of parts) {
    const last = runs.at(-1);
    if (last?.kind === kind) {
      last.text += text;
    } else if (kind === "content" || kind === "reasoning") {
      runs.push({ kind, text });
    }
  }
  return runs;
}
