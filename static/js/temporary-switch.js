// The button that makes a new chat a temporary one, and back while nothing is said in it; and the band that says so.

export class TemporarySwitch {
  #shell;
  #band;
  #buttons;

  /**
   * @param {HTMLElement} shell
   * @param {() => void} on it was pressed
   */
  constructor(shell, on) {
    this.#shell = shell;
    this.#band = shell.querySelector("[data-temporary-band]");
    this.#buttons = shell.querySelectorAll("[data-action=temporary]");
    this.#buttons.forEach((button) => button.addEventListener("click", on));
  }

  /** @param {boolean} temporary whether the shown chat is */
  show(temporary) {
    this.#shell.toggleAttribute("data-temporary", temporary);
    this.#band.hidden = !temporary;
    this.#buttons.forEach((button) => button.setAttribute("aria-pressed", String(temporary)));
  }

  /** @param {boolean} isNew whether nothing is said yet */
  offer(isNew) {
    this.#buttons.forEach((button) => {
      button.hidden = !isNew;
    });
  }
}
