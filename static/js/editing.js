// The messages that are being edited. What was typed in an open editor is kept in the browser, and the editor is open again
// after a reload.

import { openEditor } from "./editor.js";
import { WRITE_AFTER } from "./keeping.js";
import { wellFormed } from "./surrogates.js";

export class Editing {
  #template;
  #desk;
  #on;
  #typed = null; // what is not kept yet
  #timer = 0;

  /**
   * @param {HTMLTemplateElement} template
   * @param {import("./desk.js").Desk} desk whose drafts are those of the shown conversation
   * @param {object} on
   * @param {(row: object) => import("./message.js").MessageView} on.view
   * @param {(row: object, text: string) => string} on.send returns why not, or ""
   * @param {() => number} on.limit
   * @param {() => boolean} [on.enterSends] the person's setting
   */
  constructor(template, desk, on) {
    this.#template = template;
    this.#desk = desk;
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

  /** Stores what was typed by now. */
  flush() {
    clearTimeout(this.#timer);
    this.#typed?.drafts.write(this.#typed.key, this.#typed.text);
    this.#typed = null;
  }

  #open(row, options) {
    const { drafts } = this.#desk; // also of what is typed last, before another conversation is shown
    openEditor(this.#template, this.#on.view(row), {
      ...options,
      mayBeEmpty: (row.files?.length ?? 0) > 0,
      limit: this.#on.limit(),
      enterSends: this.#on.enterSends?.(),
      send: (text) => this.#on.send(row, wellFormed(text)),
      keep: (text) => this.#keep({ drafts, key: keyOf(row), text }),
    });
  }

  #keep(typed) {
    if (this.#typed?.key !== typed.key) {
      this.flush();
    }
    this.#typed = typed;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), typed.text === "" ? 0 : WRITE_AFTER);
  }

  #kept(row) {
    this.flush();
    return this.#desk.drafts.read(keyOf(row));
  }
}

function keyOf({ id }) {
  return `edit:${id}`;
}
