// A fenced block of code that is not closed yet. Its lines are looked at once, and their text is only appended.

import { closingFence } from "./markdown-blocks.js";

const TAB = 4; // columns
const STEP = 32_768; // characters, which a browser lays out in a few milliseconds

export class OpenFence {
  #view;
  #language;
  #closing;
  #maybeClosing;
  #indent;
  #isNew = true; // the view may show some of the first text already
  #isInLine = false;

  /**
   * @param {import("./code-block.js").CodeBlock} view
   * @param {string} opening its first line
   * @param {{markup: string, language: string}} fence
   */
  constructor(view, opening, { markup, language }) {
    this.#view = view;
    this.#language = language;
    this.#closing = closingFence(markup);
    this.#maybeClosing = new RegExp(`^ {0,3}\\${markup[0]}*[ \\t]*$`);
    this.#indent = opening.search(/\S/);
  }

  /**
   * @param {string} text what follows what was eaten before
   * @returns {{eaten: number, isClosed: boolean, more: boolean}} `more`: it had enough for now
   */
  eat(text) {
    let eaten = 0;
    let code = "";
    while (eaten < STEP) {
      const end = text.indexOf("\n", eaten);
      if (end < 0) {
        break;
      }
      const line = text.slice(eaten, end);
      eaten = end + 1;
      if (!this.#isInLine && this.#closing.test(line)) {
        this.#show(code);
        return { eaten, isClosed: true, more: true };
      }
      code += `${this.#unindented(line)}\n`;
      this.#isInLine = false;
    }
    const rest = eaten < STEP ? text.slice(eaten) : "";
    if (rest && (this.#isInLine || !this.#maybeClosing.test(rest))) {
      code += this.#unindented(rest);
      eaten += rest.length;
      this.#isInLine = true;
    }
    this.#show(code);
    return { eaten, isClosed: false, more: eaten >= STEP };
  }

  /** @param {string} text what was not eaten, and is the end */
  finish(text) {
    if (!this.#closing.test(text)) {
      this.#show(this.#unindented(text));
    }
  }

  #unindented(line) {
    return this.#isInLine ? line : withoutIndent(line, this.#indent);
  }

  #show(code) {
    if (this.#isNew) {
      this.#view.become({ code, language: this.#language });
      this.#isNew = false;
    } else {
      this.#view.append(code);
    }
  }
}

// A tab that reaches beyond the indent leaves the rest of its columns as spaces, as markdown-it's getLines has it.
function withoutIndent(line, indent) {
  let [at, column] = [0, 0];
  while (column < indent && (line[at] === " " || line[at] === "\t")) {
    column += line[at] === "\t" ? TAB - (column % TAB) : 1;
    at += 1;
  }
  return " ".repeat(Math.max(0, column - indent)) + line.slice(at);
}
