// Runs a piece of work once before the next picture is drawn. In a hidden tab no picture is ever drawn, so that a timer
// takes over: the text must be there when the tab is looked at again.

const WITHOUT_PICTURES = 250;

export class Frames {
  #work;
  #frame = 0;
  #timer = 0;

  /** @param {() => void} work */
  constructor(work) {
    this.#work = work;
  }

  /** Asks for one run; more requests before it are the same one. */
  request() {
    if (this.#timer) {
      return;
    }
    this.#frame = requestAnimationFrame(() => this.flush());
    this.#timer = setTimeout(() => this.flush(), WITHOUT_PICTURES);
  }

  /** Runs now. */
  flush() {
    this.cancel();
    this.#work();
  }

  cancel() {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#timer = 0;
  }
}
