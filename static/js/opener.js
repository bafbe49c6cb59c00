// Asks for the shown conversation: at once when it changes or the socket is new, and once more after a hole. Until the
// transcript comes everything looks like a hole, so that one question is enough, and not more often than every 2 s.

const REOPEN_EVERY = 2_000;

export class Opener {
  #ask;
  #askedAt = -Infinity;
  #timer = 0;

  /** @param {() => void} ask sends `open` */
  constructor(ask) {
    this.#ask = ask;
  }

  /** Asks now. */
  open() {
    this.answered();
    this.#askedAt = Date.now();
    this.#ask();
  }

  /** The transcript came. */
  answered() {
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  /** Text was lost: asks as soon as it is decent. */
  reopen() {
    if (!this.#timer) {
      const wait = Math.max(0, this.#askedAt + REOPEN_EVERY - Date.now());
      this.#timer = setTimeout(() => this.open(), wait);
    }
  }
}
