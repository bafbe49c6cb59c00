// The shown conversation as this tab knows it: its messages, what is still being sent, and the answer under way.
// Takes events and changes; drawing is for others.

import { LiveAnswer } from "./live-answer.js";
import { resumed, unsent } from "./resumed.js";
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
  /** Whether only this page has it: temporary.js. */
  temporary = false;
  /** Its links: `{id, message, created}`, where `message` is the last one that is shown. */
  shares = [];

  /**
   * @param {string | null} id
   * @param {object} options
   * @param {(row: object) => import("./message.js").MessageView} options.viewOf
   * @param {object} options.on
   * @param {(generation: string) => void} options.on.began an answer is under way, perhaps again
   * @param {() => void} options.on.hole text was lost: the conversation must be opened anew
   * @param {(generation: string, cursor: number) => void} options.on.ack
   * @param {(words: string) => void} options.on.announce
   * @param {(text: string, whole: boolean) => void} options.on.news there is more to read; not `whole`: of the answer
   *     under way
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

  /** @param {string} id the reader turned to this version */
  choose(id) {
    this.#tree.choose(id);
  }

  /** @returns {string[]} the versions that were turned to and that the server has not confirmed */
  get unconfirmed() {
    return this.#tree.unconfirmed;
  }

  /**
   * The path leads through this message for a while: the reader jumped there.
   * @param {string} id
   * @returns {object | undefined} its row, if it is here
   */
  lead(id) {
    const row = this.#tree.get(id);
    if (row) {
      this.#tree.lead(id);
    }
    return row;
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
    const isAwaited = this.#awaited();
    before?.end();
    this.#live = null;
    this.#tree.replace(rows.map((row) => resumed(row, before)));
    this.known = true;
    this.gone = "";
    this.regenerating = null;
    this.#follow(before);
    this.#announceEnd(rows.findLast(isAwaited));
  }

  /** The text under way goes on from where it is here: the server has no transcript of it. */
  resume() {
    const live = this.#live;
    const rows = this.#tree.rows();
    this.replace(rows.map((row) => (row === live?.row ? { ...row, generation: { ...row.generation, cursor: live.cursor } } : row)));
  }

  /**
   * A new message, or one that is another than before: chosen, rated.
   * @param {object} row
   */
  add(row) {
    const known = this.#tree.get(row.id);
    if (known) {
      const { chosen, rating, comment, files } = row;
      this.#tree.change(known, { chosen, rating, comment, files });
      return;
    }
    this.#tree.remove(row.client_id);
    this.#tree.add(resumed(row, this.#live));
    if (row.role === "assistant" && row.parent === this.regenerating) {
      this.regenerating = null;
    }
    this.#on.news(row.content, true);
    this.#follow(this.#live);
    this.#announceEnd(row);
  }

  /**
   * Puts what is not acknowledged yet in its place, as rows of our own.
   * @param {object[]} commands
   */
  stage(commands) {
    const { end } = this;
    for (const command of commands) {
      const edited = command.type === "edit" ? this.#tree.get(command.message) : undefined;
      const { parent = end } = command;
      this.#tree.stage(unsent(command, edited ? edited.parent : parent, edited?.files ?? command.files ?? []));
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
  place({ generation, to, phase }) {
    const live = this.#answer(generation);
    live?.expect(to);
    if (!live || live.row.generation.phase === phase) {
      return false;
    }
    live.row.generation.phase = phase;
    return true;
  }

  /**
   * @param {object} event `finished`
   * @returns {boolean} whether it was the answer under way
   */
  finish({ generation, to, status, finish_reason, error, left_out, thinking_ms, model }) {
    const live = this.#live;
    if (live?.generation !== generation) {
      return false;
    }
    live.end();
    this.#live = null;
    const facts = { status, finish_reason, error, left_out, thinking_ms, phase: null };
    Object.assign(live.row.generation, facts, model && { model }); // none, where a server died that knew it
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

  // Which answer this tab waits for: that under way, or a new one to what it has sent or asked again.
  #awaited() {
    const rows = this.#tree.rows();
    const here = new Set(rows.map(({ id }) => id));
    const sent = new Set(rows.filter(({ sending }) => sending).map(({ client_id: clientId }) => clientId));
    const live = this.#live?.row.id;
    const again = this.regenerating;
    const asks = (row) => row !== undefined && (row.id === again || sent.has(row.client_id));
    return ({ id, parent, generation }) => generation && (id === live || (!here.has(id) && asks(this.#tree.get(parent))));
  }

  // It may be over before it was seen to begin.
  #announceEnd(row) {
    if (row?.generation && row.generation.status !== "streaming") {
      this.#on.announce(announcementOf(row.generation));
    }
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
      on: {
        ack: (cursor) => this.#on.ack(generation, cursor),
        hole: () => this.#on.hole(),
        news: (text) => this.#on.news(text, false),
      },
    });
    if (before?.generation !== generation) {
      this.#on.announce(announcementOf(row.generation));
    }
    this.#on.began(generation);
  }
}
