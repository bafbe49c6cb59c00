// An element whose text only grows. Text is appended to the last text node, never drawn again, so that a selection
// survives and a long answer stays cheap: past a few thousand characters a new block begins at the next line break, and
// only the last block is laid out anew. Where the blocks begin follows from the text, however it came.

const BLOCK = 6_000;

export class GrowingText {
  #element;
  #text = "";
  #block = null;
  #room = 0;

  /** @param {HTMLElement} element shown with its line breaks, as by `white-space: pre-wrap` */
  constructor(element) {
    this.#element = element;
  }

  get text() {
    return this.#text;
  }

  /** @param {string} text */
  append(text) {
    this.#text += text;
    let rest = text;
    while (rest) {
      const cut = this.#cut(rest);
      this.#write(rest.slice(0, cut));
      rest = rest.slice(cut);
    }
  }

  /**
   * Makes it this text: appends if it begins with what is shown, draws anew if not.
   * @param {string} text
   */
  set(text) {
    if (!text.startsWith(this.#text)) {
      this.#element.replaceChildren();
      this.#text = "";
      this.#block = null;
    }
    this.append(text.slice(this.#text.length));
  }

  #cut(text) {
    if (!this.#block) {
      this.#room = BLOCK;
    }
    const newline = text.indexOf("\n", Math.max(0, this.#room - 1));
    return newline < 0 ? text.length : newline + 1;
  }

  #write(text) {
    if (!this.#block) {
      this.#block = document.createElement("div");
      this.#block.append(document.createTextNode(""));
      this.#element.append(this.#block);
    }
    this.#block.firstChild.appendData(text);
    this.#room -= text.length;
    if (this.#room <= 0 && text.endsWith("\n")) {
      this.#block = null;
    }
  }
}
