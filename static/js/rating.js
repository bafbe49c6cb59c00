// What the person thinks of an answer: two thumbs, of which at most one is down, and a comment if there is one to make.

import { gettext } from "./words.js";

const THUMBS = { good: 1, bad: -1 };

export class Rating {
  #buttons;
  #home;
  #form = null;
  #row = null;
  #comment = "";
  #unsaved = ""; // of a thumb that was taken back, or perhaps refused: if there is another one, it need not be typed again

  /**
   * @param {{good: HTMLButtonElement, bad: HTMLButtonElement, comment: HTMLButtonElement}} buttons
   * @param {HTMLElement} home behind which the form for the comment stands
   */
  constructor(buttons, home) {
    this.#buttons = buttons;
    this.#home = home;
  }

  /** @param {object} row see docs/protocol.md */
  show(row) {
    const { rating = 0, comment = "" } = row;
    if (rating === 0) {
      this.#unsaved = this.#written || this.#unsaved;
    } else if (comment && comment !== this.#comment) {
      this.#unsaved = "";
    }
    this.#row = row;
    this.#comment = comment;
    for (const [name, value] of Object.entries(THUMBS)) {
      this.#buttons[name].setAttribute("aria-pressed", String(rating === value));
    }
    this.#buttons.comment.hidden = rating === 0;
    this.#buttons.comment.textContent = comment ? gettext("Edit comment") : gettext("Add a comment");
    if (rating === 0) {
      this.close();
    }
  }

  /**
   * @param {"good" | "bad"} name of the thumb that was pressed
   * @returns {number} the rating that it asks for: 0 takes it back
   */
  static asked(name, row) {
    return row.rating === THUMBS[name] ? 0 : THUMBS[name];
  }

  /**
   * @param {typeof import("./comment.js").Comment} Comment
   * @param {HTMLTemplateElement} template
   * @param {(comment: string) => string} save returns why not, or ""
   */
  open(Comment, template, save) {
    this.close();
    this.#form = new Comment(template, { save: (text) => this.#save(text, save), leave: () => this.#leave() });
    this.#form.open(this.#home, this.#unsaved || this.#comment);
  }

  close() {
    this.#form?.close();
    this.#form = null;
  }

  get #written() {
    return this.#form?.text ?? this.#comment;
  }

  #save(text, save) {
    const refusal = save(text);
    if (!refusal) {
      this.#unsaved = text; // it is on its way
      this.#leave();
    }
    return refusal;
  }

  #leave() {
    this.close();
    this.#buttons.comment.focus({ preventScroll: true });
  }
}
