// Where what is being written is kept: in the browser's storage, a moment after the last key; of a temporary chat in memory
// alone, until it is left. Other tabs may write in the same conversation: what is theirs stands before what is ours.

import { Drafts } from "./drafts.js";
import { Memory } from "./memory.js";

export const WRITE_AFTER = 300; // ms: a long draft is not stored with every key

export class Keeping {
  #kept;
  #passing = new Drafts(new Memory(), "");
  #text;
  #shown; // undefined until there is one
  #temporary = false;
  #stored = ""; // all that stood there when we last looked,
  #others = ""; // of which another tab wrote this
  #own = ""; // and we this
  #timer = 0;

  /**
   * @param {Drafts} drafts
   * @param {() => string} text what is in the box now
   */
  constructor(drafts, text) {
    this.#kept = drafts;
    this.#text = text;
  }

  /**
   * @param {string | null} id the conversation that is shown now
   * @param {boolean} temporary
   * @returns {string} its draft
   */
  show(id, temporary) {
    this.flush();
    this.#passing = new Drafts(new Memory(), "");
    this.#temporary = temporary;
    this.#begin(id);
    return temporary ? "" : this.#own;
  }

  /** @param {string} id the new chat became this conversation */
  adopt(id) {
    this.forget();
    this.#begin(id);
    this.flush();
  }

  /** Something was typed. */
  typed() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), this.#text() === "" ? 0 : WRITE_AFTER);
  }

  /** Stores what is in the box, unless another tab goes on with it. */
  flush() {
    clearTimeout(this.#timer);
    const text = this.#text();
    if (text !== this.#own || (text && this.#kept.read(this.#shown) === "")) {
      this.#put(text);
    }
  }

  /** What was typed is no draft any more. */
  forget() {
    clearTimeout(this.#timer);
    this.#put("");
  }

  /** @returns {Drafts} where something else that is written here is kept, as an edited message */
  get drafts() {
    return this.#temporary ? this.#passing : this.#kept;
  }

  #begin(id) {
    this.#shown = id;
    this.#stored = this.#temporary ? "" : this.#kept.read(id);
    this.#others = "";
    this.#own = this.#stored;
  }

  #put(text) {
    if (this.#temporary || this.#shown === undefined) {
      return;
    }
    const stored = this.#kept.read(this.#shown);
    if (stored !== this.#stored) {
      this.#others = without(stored, this.#own);
    }
    this.#own = text;
    this.#stored = both(this.#others, text);
    this.#kept.write(this.#shown, this.#stored);
  }
}

// The pieces of several tabs that stand there, without this one: what this tab wrote before is nobody else's.
function without(stored, own) {
  const pieces = `\n\n${stored}\n\n`;
  const at = own ? pieces.indexOf(`\n\n${own}\n\n`) : -1;
  return at < 0 ? stored : (pieces.slice(0, at) + pieces.slice(at + own.length + 2)).slice(2, -2);
}

// What is in one of them already is not kept twice.
function both(others, text) {
  if (others.includes(text)) {
    return others;
  }
  return text.includes(others) ? text : `${others}\n\n${text}`;
}
