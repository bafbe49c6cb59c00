// The queued message of the shown conversation: put in its place, shown on its card, and sent when its time has come. What
// is queued in a temporary chat is kept in memory alone. Knows no box: what comes back is handed out.

import { Memory } from "./memory.js";
import { fateOf, Queue } from "./queue.js";
import { uuid } from "./uuid.js";

/**
 * @typedef {object} Now what is known of the shown conversation; `fateOf` of queue.js, and
 * @property {boolean} busy
 * @property {boolean} known
 * @property {string | null} ended
 * @property {string | null} generation the answer under way
 * @property {"" | "missing" | "deleted"} gone
 * @property {boolean} isNew nothing is said yet
 */

export class Queueing {
  #kept;
  #passing = new Queue(new Memory(), "");
  #card;
  #on;
  #shown = null;
  #temporary = false;
  #now = { busy: false, known: false, ended: null, generation: null, gone: "", isNew: false };

  /**
   * @param {object} parts
   * @param {Queue} parts.queue
   * @param {import("./queue-card.js").QueueCard} parts.card
   * @param {object} parts.on
   * @param {(text: string, more: {files: object[], clientId: string}) => string} parts.on.send returns why not, or ""
   * @param {() => void} parts.on.stop
   * @param {(words: string) => void} parts.on.say
   */
  constructor({ queue, card, on }) {
    this.#kept = queue;
    this.#card = card;
    this.#on = on;
  }

  /**
   * @param {string | null} id
   * @param {boolean} temporary
   */
  show(id, temporary) {
    this.#passing = new Queue(new Memory(), "");
    this.#shown = id;
    this.#temporary = temporary;
    if (!temporary) {
      this.#takeOver(id);
    }
  }

  /** @param {string} id the new chat became this conversation */
  adopt(id) {
    this.#shown = id;
    this.begun(id);
  }

  /** @param {string} id a new chat became this conversation, shown or not */
  begun(id) {
    this.#kept.adopt(id);
    this.update(this.#now);
  }

  /** @returns {boolean} whether what is sent now has to wait for an answer */
  get isNeeded() {
    return this.#now.busy;
  }

  /** @returns {boolean} whether there is no place any more */
  get isFull() {
    return this.#queue.of(this.#shown) !== undefined;
  }

  /** @param {{text: string, files: object[]}} message */
  put(message) {
    this.#queue.put(this.#shown, { client_id: uuid(), ...message });
    this.update(this.#now);
  }

  /** @returns {import("./queue.js").Queued | undefined} what waited, now taken out */
  take() {
    const item = this.#queue.take(this.#shown);
    this.update(this.#now);
    return item;
  }

  /** @param {string | null} id something that was sent in this conversation was refused: what is queued there waits */
  hold(id) {
    this.#queue.mark(id, { held: true, now: false });
  }

  /** Sends it now, though an answer be under way. */
  hurry() {
    if (this.#now.busy) {
      this.#queue.mark(this.#shown, { now: true });
      this.#on.stop();
    } else {
      this.#release();
    }
  }

  /** @param {Now} now */
  update(now) {
    this.#now = now;
    const item = this.#queue.of(this.#shown);
    if (item && now.busy) {
      this.#queue.mark(this.#shown, { held: false });
    }
    const fate = item ? fateOf(item, now) : "";
    this.#card.show(item, { fate, stoppable: now.generation !== null });
    if (fate === "send") {
      queueMicrotask(() => this.#goOn());
    }
  }

  async #takeOver(id) {
    await this.#kept.takeOver(id);
    if (id === this.#shown && !this.#temporary) {
      this.update(this.#now);
    }
  }

  // Much may have happened since it was decided.
  #goOn() {
    const item = this.#queue.of(this.#shown);
    if (item && fateOf(item, this.#now) === "send") {
      this.#release();
    }
  }

  #release() {
    const item = this.#queue.take(this.#shown);
    const refusal = this.#on.send(item.text, { files: item.files, clientId: item.client_id });
    if (refusal) {
      this.#queue.put(this.#shown, item);
      this.hold(this.#shown);
      this.#on.say(refusal);
    }
    this.update(this.#now);
  }

  get #queue() {
    return this.#temporary ? this.#passing : this.#kept;
  }
}
