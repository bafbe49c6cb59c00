// Markdown on the page that only grows, like GrowingText. How it is drawn: markdown-stream.js; here stands when.

import { MarkdownStream } from "./markdown-stream.js";
import { slices } from "./slices.js";

const REST = 3; // times as long as drawing took: a quarter of the time is ours
const LATEST = 250; // milliseconds that what came waits, at most

export class Markdown {
  #element;
  #stream;
  #text = "";
  #isDrawn = true;
  #isEnded = false;
  #timer = 0;
  #restUntil = 0;
  #job = () => this.#work();

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element;
    this.#stream = new MarkdownStream(element);
    element.classList.add("prose");
  }

  get text() {
    return this.#text;
  }

  /** @param {string} text */
  append(text) {
    if (this.#isEnded && text) {
      const whole = this.#text + text;
      this.#clear();
      this.append(whole);
    } else if (text) {
      this.#text += text;
      this.#stream.take(text);
      this.#isDrawn = false;
      this.#request();
    }
  }

  /**
   * Makes it this text: appends if it begins with what is shown, draws anew if not.
   * @param {string} text
   */
  set(text) {
    if (!text.startsWith(this.#text)) {
      this.#clear();
    }
    this.append(text.slice(this.#text.length));
  }

  /** The text is whole, and what waited for that is settled: the colours of code, references to what is defined below. */
  end() {
    if (!this.#isEnded) {
      this.#isEnded = true;
      this.#isDrawn = false;
      this.#restUntil = 0;
      this.#request();
    }
  }

  #clear() {
    this.#element.replaceChildren();
    this.#stream = new MarkdownStream(this.#element);
    this.#text = "";
    this.#isEnded = false;
  }

  #request() {
    clearTimeout(this.#timer);
    const rest = this.#restUntil - performance.now();
    if (rest > 0) {
      this.#timer = setTimeout(() => this.#request(), rest);
    } else {
      slices.request(this.#job);
    }
  }

  #work() {
    if (this.#isDrawn) {
      return this.#isEnded && this.#stream.finish();
    }
    const start = performance.now();
    const more = this.#stream.step();
    const now = performance.now();
    this.#isDrawn = !more;
    this.#restUntil = now + Math.min(REST * (now - start), LATEST);
    return more || this.#isEnded;
  }
}
