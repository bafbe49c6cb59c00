// One line that says what was just done and offers to undo it. It goes by itself after a while, and stays as long as
// somebody points at it or has the focus in it.

export const STAYS = 20_000;

export class Toast {
  #element;
  #words;
  #button;
  #leave;
  #act = () => true;
  #stays = false;
  #timer = 0;

  /**
   * @param {HTMLElement} region a live region, so that the words are read aloud when they come
   * @param {() => void} leave takes the focus, if it was here when the line goes
   */
  constructor(region, leave) {
    this.#leave = leave;
    this.#element = region.querySelector("[data-part=toast]");
    this.#words = region.querySelector("[data-part=words]");
    this.#button = region.querySelector("[data-action=undo]");
    this.#button.addEventListener("click", () => this.undo());
    for (const event of ["pointerenter", "pointerleave", "focusin", "focusout"]) {
      this.#element.addEventListener(event, () => setTimeout(() => this.#wait())); // when the focus has arrived
    }
  }

  /** @returns {boolean} */
  get isShown() {
    return !this.#element.hidden;
  }

  /**
   * @param {string} words
   * @param {() => boolean} undo whether it could be said; if not, the offer stays until it can
   */
  offer(words, undo) {
    this.#act = undo;
    this.#stays = false;
    this.#words.textContent = words;
    this.#element.hidden = false;
    this.#wait();
  }

  /** Undoes what is offered. */
  undo() {
    this.#stays = !this.#act();
    if (this.#stays) {
      clearTimeout(this.#timer);
    } else {
      this.close();
    }
  }

  /** The offer is over, or somebody took it elsewhere. */
  close() {
    clearTimeout(this.#timer);
    this.#act = () => true;
    this.#words.textContent = "";
    if (this.#element.contains(document.activeElement)) {
      this.#leave();
    }
    this.#element.hidden = true;
  }

  #wait() {
    clearTimeout(this.#timer);
    if (this.isShown && !this.#stays && !this.#element.matches(":hover, :focus-within")) {
      this.#timer = setTimeout(() => this.close(), STAYS);
    }
  }
}
