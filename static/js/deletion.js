// Asks before a conversation is deleted: what is deleted is gone for good.

export class Deletion {
  #dialog;
  #title;
  #conversation = null;

  /**
   * @param {HTMLDialogElement} dialog its form says "delete" or nothing
   * @param {(conversation: string) => void} remove
   */
  constructor(dialog, remove) {
    this.#dialog = dialog;
    this.#title = dialog.querySelector("[data-part=title]");
    dialog.addEventListener("close", () => dialog.returnValue === "delete" && remove(this.#conversation));
    dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close()); // beside it
    dialog.addEventListener("keydown", (event) => event.key === "Escape" && event.stopPropagation()); // stops no answer
  }

  /**
   * @param {string} conversation
   * @param {string} title
   */
  ask(conversation, title) {
    this.#conversation = conversation;
    this.#title.textContent = title;
    this.#dialog.returnValue = "";
    this.#dialog.showModal();
  }
}
