// The one line that is read aloud: what an answer does, never what it says.

export class StatusLine {
  #element;

  /** @param {HTMLElement} element role="status" */
  constructor(element) {
    this.#element = element;
  }

  /** @param {string} words */
  announce(words) {
    this.#element.textContent = words;
  }
}
