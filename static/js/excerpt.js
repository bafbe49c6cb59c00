// Which part of a long path is drawn: its last messages, and more of it where the reader goes. Pure: numbers in, numbers
// out. What is not drawn costs nothing, and is not found by the browser's own search in the page.

const PAGE = 50; // drawn at first, and with each step
const MOST = 150; // beyond it the far end is let go

export class Excerpt {
  #length = 0;
  #start = 0;
  #end = null; // null: up to the end of the path, however far it grows
  #before = null; // what was drawn, while all of it is

  /** @returns {number} index of the first message that is drawn: as many earlier ones are not */
  get start() {
    return this.#start;
  }

  /** @returns {number} index behind the last message that is drawn */
  get end() {
    return this.#end ?? this.#length;
  }

  /** @returns {boolean} whether later messages are not drawn */
  get hasLater() {
    return this.end < this.#length;
  }

  /**
   * The path has this many messages now.
   * @param {number} length
   * @param {boolean} following whether the reader is at its end
   */
  take(length, following) {
    const anew = this.#length === 0 || this.#start >= length;
    this.#length = length;
    if (this.#end !== null && this.#end >= length) {
      this.#end = null;
    }
    const tooMany = this.#end === null && length - this.#start > MOST + PAGE;
    if (anew || (tooMany && following)) {
      this.latest();
    } else if (tooMany) {
      this.#end = this.#start + MOST;
    }
  }

  /** The last messages of the path. */
  latest() {
    this.#start = Math.max(0, this.#length - PAGE);
    this.#end = null;
  }

  /**
   * More before what is drawn.
   * @param {boolean} following whether the reader is at the end, which then stays
   */
  earlier(following) {
    this.#start = Math.max(0, this.#start - PAGE);
    if (!following && this.end - this.#start > MOST) {
      this.#end = this.#start + MOST;
    }
  }

  /** More behind what is drawn. */
  later() {
    const end = this.end + PAGE;
    this.#end = end < this.#length ? end : null;
    this.#start = Math.max(this.#start, this.end - MOST);
  }

  /** All of it, until `back`: paper has no buttons. */
  all() {
    this.#before = { start: this.#start, end: this.#end };
    this.#start = 0;
    this.#end = null;
  }

  /** The part that was drawn before all of it was. */
  back() {
    if (this.#before) {
      ({ start: this.#start, end: this.#end } = this.#before);
      this.#before = null;
      this.take(this.#length, false); // which may have become another meanwhile
    }
  }

  /** @param {number} index of a message that is to be among those that are drawn */
  around(index) {
    if (index < this.#start || index >= this.end) {
      this.#start = Math.max(0, index - Math.floor(PAGE / 2));
      const end = this.#start + PAGE;
      this.#end = end < this.#length ? end : null;
    }
  }
}
