// Asks before something is left that cannot come back.

export class Leaving {
  #dialog;
  #go = () => {};

  /** @param {HTMLDialogElement} dialog its form says "leave" or nothing */
  constructor(dialog) {
    this.#dialog = dialog;
    dialog.addEventListener("close", () => dialog.returnValue === "leave" && this.#go());
  }

  /** @param {() => void} go what to do if it is left */
  ask(go) {
    this.#go = go;
    this.#dialog.returnValue = "";
    this.#dialog.showModal();
  }
}
