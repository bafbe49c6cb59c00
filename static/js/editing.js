// The messages that are being edited. What was typed in an open editor is kept in the browser, and the editor is open again
// after a reload.

import { openEditor } from "./editor.js";
import { wellFormed } from "./surrogates.js";

export class Editing {
  #template;
  #drafts;
  #on;

  /**
   * @param {HTMLTemplateElement} template
   * @param {import("./drafts.js").Drafts} drafts
   * @param {object} on
   * @param {(row: object) => import("./message.js").MessageView} on.view
   * @param {(row: object, text: string) => string} on.send returns why not, or ""
   * @param {() => number} on.limit
   * @param {() => boolean} [on.enterSends] the person's setting
   */
  constructor(template, drafts, on) {
    this.#template = template;
    this.#drafts = drafts;
    this.#on = on;
  }

  /**
   * @param {object} row a message of one's own
   * @param {string} [text] another one than stands there
   * @param {string} [notice] why it is open again
   */
  open(row, text = this.#kept(row) || row.content, notice = "") {
    this.#open(row, { text, notice });
  }

  /** @param {object} row a message that is drawn: was it being edited when the page was left? */
  resume(row) {
    const text = row.role === "user" && !row.sending ? this.#kept(row) : "";
    if (text) {
      this.#open(row, { text, focus: false });
    }
  }

  #open(row, options) {
    openEditor(this.#template, this.#on.view(row), {
      ...options,
      mayBeEmpty: (row.files?.length ?? 0) > 0,
      limit: this.#on.limit(),
      enterSends: this.#on.enterSends?.(),
      send: (text) => this.#on.send(row, wellFormed(text)),
      keep: (text) => this.#drafts.write(`edit:${row.id}`, text),
    });
  }

  #kept(row) {
    return this.#drafts.read(`edit:${row.id}`);
  }
}
