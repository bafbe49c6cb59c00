// Asks before something is done that cannot be undone. Each dialog has words of its own, and a form that says "" or yes.

export class Question {
  #dialog;
  #then = () => {};

  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.#dialog = dialog;
    dialog.addEventListener("close", () => dialog.returnValue && this.#then());
  }

  /**
   * @param {() => void} then what to do after a yes
   * @param {string} [words] about what it is done to, where the dialog has a place for them
   */
  ask(then, words = "") {
    this.#then = then;
    this.#dialog.querySelector("[data-part=words]")?.replaceChildren(words);
    this.#dialog.returnValue = "";
    this.#dialog.showModal();
  }
}
