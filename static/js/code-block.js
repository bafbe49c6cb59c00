// A block of code: its language, a button that copies it, and the code, which scrolls inside. While it streams its text only
// grows; its colours come when it is closed.

import { copy } from "./clipboard.js";
import { highlighted } from "./code-highlight.js";
import { GrowingText } from "./growing-text.js";
import { reachable } from "./reachable.js";
import { keepingSelection } from "./selection.js";
import { gettext } from "./words.js";

const SAID_FOR = 2_000;

export class CodeBlock {
  #element = document.createElement("figure");
  #code = document.createElement("code");
  #language;
  #text = new GrowingText(this.#code);
  #isColoured = false;

  /** @param {{code: string, language: string}} node */
  constructor({ code, language }) {
    this.#language = language;
    this.#element.className = "code";
    this.#element.append(barOf(language, () => copy(this.#text.text.replace(/\n$/, ""))), this.#scroller());
    this.#text.append(code);
  }

  get element() {
    return this.#element;
  }

  /** @param {string} text */
  append(text) {
    this.#text.append(text);
  }

  /**
   * @param {{code: string, language: string}} node
   * @returns {boolean} whether it could become that
   */
  become({ code, language }) {
    const isSame = this.#text.text === code;
    if (language !== this.#language || (this.#isColoured && !isSame)) {
      return false;
    }
    this.#text.set(code);
    return true;
  }

  /** Its text is whole. */
  async settle() {
    const text = this.#text.text;
    this.#element.setAttribute("data-waiting", "");
    const colours = this.#isColoured ? null : await highlighted(text, this.#language);
    this.#element.removeAttribute("data-waiting");
    if (colours && !this.#isColoured && this.#text.text === text) {
      this.#isColoured = true;
      keepingSelection(this.#code, () => this.#code.replaceChildren(colours));
    }
  }

  #scroller() {
    const scroller = document.createElement("pre");
    scroller.className = "code-text";
    reachable(scroller, this.#language ? `${gettext("Code")}, ${this.#language}` : gettext("Code"));
    scroller.append(this.#code);
    return scroller;
  }
}

function barOf(language, copyIt) {
  const bar = document.createElement("figcaption");
  const name = document.createElement("span");
  const button = document.createElement("button");
  bar.className = "code-bar";
  name.textContent = language;
  button.type = "button";
  button.className = "button button-quiet code-copy";
  label(button, gettext("Copy"), gettext("Copy code"));
  button.addEventListener("click", async () => {
    const said = (await copyIt()) ? gettext("Copied") : gettext("Copying is not possible here");
    label(button, said, said);
    setTimeout(() => label(button, gettext("Copy"), gettext("Copy code")), SAID_FOR);
  });
  bar.append(name, button);
  return bar;
}

function label(button, text, name) {
  button.textContent = text;
  button.setAttribute("aria-label", name);
}
