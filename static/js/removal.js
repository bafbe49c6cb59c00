// Asks before a message is deleted: it does not come back, and what hangs below it goes with it.

export class Removal {
  #dialog;
  #words;
  #then = () => {};

  /** @param {HTMLDialogElement} dialog its form says "remove" or nothing */
  constructor(dialog) {
    this.#dialog = dialog;
    this.#words = dialog.querySelector("[data-part=words]");
    dialog.addEventListener("close", () => dialog.returnValue === "remove" && this.#then());
  }

  /**
   * @param {string} words how the message begins
   * @param {() => void} then
   */
  ask(words, then) {
    this.#then = then;
    this.#words.textContent = words;
    this.#dialog.returnValue = "";
    this.#dialog.showModal();
  }
}
