// The shown conversation as this tab knows it: its messages, what is still being sent, and the answer under way.
// Takes events and changes; drawing is for others.

import { LiveAnswer } from "./live-answer.js";
import { announcementOf } from "./states.js";
import { Tree } from "./tree.js";

export class Conversation {
  #tree = new Tree();
  #live = null;
  #viewOf;
  #on;

  /** Null while it is a new chat that was not sent yet. */
  id;
  /** Whether the server has said on this socket what it holds. */
  known = false;
  /** @type {"" | "missing" | "deleted"} whether the server says that it does not exist, or no longer */
  gone = "";
  /** The generation that the person wants stopped. */
  stopping = null;
  /** The message for which another answer was asked. */
  regenerating = null;

  /**
   * @param {string | null} id
   * @param {object} options
   * @param {(row: object) => import("./message.js").MessageView} options.viewOf
   * @param {object} options.on
   * @param {(generation: string) => void} options.on.began an answer is under way, perhaps again
   * @param {() => void} options.on.hole text was lost: the conversation must be opened anew
   * @param {(generation: string, cursor: number) => void} options.on.ack
   * @param {(words: string) => void} options.on.announce
   */
  constructor(id, { viewOf, on }) {
    this.id = id;
    this.#viewOf = viewOf;
    this.#on = on;
  }

  /** @returns {string | null} the generation under way */
  get generation() {
    return this.#live?.generation ?? null;
  }

  /** @returns {{generation?: string, cursor?: number}} what `open` says about the text that is here already */
  get position() {
    return this.#live ? { generation: this.#live.generation, cursor: this.#live.cursor } : {};
  }

  /** The position was told: text that comes before the transcript is counted from there, and will come again. */
  freeze() {
    this.#live?.end();
  }

  /** @returns {string | null} the last message of the shown path: what the next one answers */
  get end() {
    return this.#tree.path().findLast((row) => !row.sending)?.id ?? null;
  }

  /** @returns {object[]} the rows to show */
  get path() {
    return this.#tree.path();
  }

  /** @param {string} id */
  siblings(id) {
    return this.#tree.siblings(id);
  }

  /** @param {string} id */
  choose(id) {
    this.#tree.choose(id);
  }

  /** @param {string} id */
  row(id) {
    return this.#tree.get(id);
  }

  /**
   * A transcript came: the whole truth.
   * @param {object[]} rows
   */
  replace(rows) {
    const before = this.#live;
    before?.end();
    this.#live = null;
    this.#tree.replace(rows.map((row) => resumed(row, before)));
    this.known = true;
    this.gone = "";
    this.regenerating = null;
    this.#follow(before);
    const after = before && !this.#live && this.#tree.get(before.row.id);
    if (after) {
      this.#on.announce(announcementOf(after.generation));
    }
  }

  /**
   * A new message.
   * @param {object} row
   * @param {boolean} own this tab sent it: it is shown, whatever version was chosen before
   */
  add(row, own) {
    const askedFor = this.regenerating !== null && row.role === "assistant" && row.parent === this.regenerating;
    this.#tree.remove(row.client_id);
    this.#tree.add(resumed(row, this.#live));
    if (own || askedFor) {
      this.#tree.show(row.id);
      this.regenerating = null;
    }
    this.#follow(this.#live);
  }

  /**
   * Puts what is not acknowledged yet in its place, as rows of our own.
   * @param {object[]} commands
   */
  stage(commands) {
    const { end } = this;
    for (const { type, client_id, message, parent = end, content } of commands) {
      const edited = type === "edit" ? this.#tree.get(message) : undefined;
      this.#tree.add({
        id: client_id,
        client_id,
        parent: edited ? edited.parent : parent,
        role: "user",
        content,
        reasoning: "",
        generation: null,
        sending: true,
      });
      this.#tree.show(client_id);
    }
  }

  /** @param {string} clientId */
  unstage(clientId) {
    this.#tree.remove(clientId);
  }

  /** @param {object} event `delta` */
  grow(event) {
    this.#answer(event.generation)?.take(event);
  }

  /**
   * @param {object} event `position`
   * @returns {boolean} whether the phase changed
   */
  place({ generation, to, status, phase }) {
    const live = status === "streaming" ? this.#answer(generation) : this.#live;
    if (live?.generation !== generation) {
      return false;
    }
    live.expect(to, status !== "streaming");
    const changed = phase && live.row.generation.phase !== phase;
    if (changed) {
      live.row.generation.phase = phase;
    }
    return Boolean(changed);
  }

  /**
   * @param {object} event `finished`
   * @returns {boolean} whether it was the answer under way
   */
  finish({ generation, to, status, finish_reason, error, left_out }) {
    const live = this.#live;
    if (live?.generation !== generation) {
      return false;
    }
    live.end();
    this.#live = null;
    Object.assign(live.row.generation, { status, finish_reason, error, left_out, phase: null });
    this.#on.announce(announcementOf(live.row.generation));
    if (to !== live.cursor) {
      this.#on.hole();
    }
    return true;
  }

  /**
   * There is nothing to show any more.
   * @param {"missing" | "deleted"} why
   */
  vanish(why) {
    this.close();
    this.#tree.replace([]);
    this.gone ||= why; // what was deleted is missing, too
    this.known = false;
    this.regenerating = null;
  }

  /** Lets go of it: another one is shown. */
  close() {
    this.#live?.end();
    this.#live = null;
  }

  #answer(generation) {
    if (this.#live?.generation === generation) {
      return this.#live;
    }
    const ended = this.#tree.rows().some((row) => row.generation?.id === generation);
    if (!ended) {
      this.#on.hole();
    }
    return null;
  }

  #follow(before) {
    const row = this.#tree.rows().findLast(({ generation }) => generation?.status === "streaming");
    if (!row || row === this.#live?.row) {
      return;
    }
    const generation = row.generation.id;
    this.#live?.end();
    this.#live = new LiveAnswer({
      row,
      view: this.#viewOf(row),
      on: { ack: (cursor) => this.#on.ack(generation, cursor), hole: () => this.#on.hole() },
    });
    if (before?.generation !== generation) {
      this.#on.announce("Generating");
    }
    this.#on.began(generation);
  }
}

// A row whose answer is under way carries no text: it goes on from the text shown so far, or from nothing.
function resumed(row, live) {
  if (row.generation?.status !== "streaming") {
    return row;
  }
  const { id, cursor } = row.generation;
  if (live?.generation === id && live.cursor === cursor) {
    return { ...row, content: live.row.content, reasoning: live.row.reasoning };
  }
  // A cursor that was said before this tab left and came back: what it counts from is gone, so the text is a hole.
  return { ...row, content: "", reasoning: "", generation: { ...row.generation, cursor: 0 } };
}
