// What there is to know about something that was carried out: one quiet line near the composer for each conversation,
// until it is dismissed. The line of a conversation that is not shown waits until it is.

export class Notices {
  #element;
  #words;
  #kept = new Map();
  #shown = null;

  /** @param {HTMLElement} element a live region, so that its words are read aloud when they come */
  constructor(element) {
    this.#element = element.querySelector("[data-part=notice]");
    this.#words = element.querySelector("[data-part=words]");
    element.querySelector("[data-action=dismiss]").addEventListener("click", () => this.#dismiss());
  }

  /** @param {{conversation: string, message: string}} event `notice` */
  say({ conversation, message }) {
    this.#kept.set(conversation, message);
    this.#render();
  }

  /** @param {string | null} conversation the shown one */
  show(conversation) {
    this.#shown = conversation;
    this.#render();
  }

  #dismiss() {
    this.#kept.delete(this.#shown);
    this.#render();
  }

  #render() {
    const words = this.#kept.get(this.#shown) ?? "";
    this.#words.textContent = words;
    this.#element.hidden = words === "";
  }
}
