// The bar above the text, as a place of the shown conversation: it carries its id and state, like a row of the list, for the
// menu that both open.

import { setHidden } from "./vanishing.js";

export class Topbar {
  #element;
  #more;
  #unarchive;
  #on;

  /**
   * @param {HTMLElement} element
   * @param {object} on
   * @param {(id: string) => boolean} on.pinned as far as the list knows
   * @param {(element: HTMLElement) => void} on.left what was shown is shown no more
   * @param {(id: string) => void} on.unarchive
   */
  constructor(element, on) {
    this.#element = element;
    this.#more = element.querySelector("[data-menu]");
    this.#unarchive = element.querySelector("[data-action=unarchive]");
    this.#on = on;
    this.#unarchive.addEventListener("click", () => on.unarchive(element.dataset.conversation));
  }

  /** @param {string | null} id the conversation that is shown now, of which nothing else is known yet */
  show(id) {
    this.#on.left(this.#element);
    this.#element.dataset.conversation = id ?? "";
    this.#state({ pinned: id !== null && this.#on.pinned(id), archived: false });
    setHidden(this.#more, id === null);
  }

  /** @param {{pinned: boolean, archived: boolean}} summary of what is shown */
  take(summary) {
    this.#state(summary);
    this.#more.hidden = false;
  }

  /** What is shown is not there, or no more. */
  gone() {
    this.show(null);
  }

  #state({ pinned, archived }) {
    this.#element.toggleAttribute("data-pinned", pinned);
    this.#element.toggleAttribute("data-archived", archived);
    this.#unarchive.hidden = !archived;
  }
}
