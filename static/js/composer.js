// The box at the foot of the page: text, one button that is Send or Stop, a counter near the limit, and a line for
// words. Decides nothing about conversations: sending is offered to `on.send`, which may refuse with words.

import { fit } from "./growing-box.js";
import { sends } from "./keys.js";
import { room } from "./lengths.js";

export class Composer {
  #box;
  #button;
  #count;
  #notice;
  #limit;
  #mode = "send";
  #on;

  /**
   * @param {HTMLElement} element
   * @param {object} options
   * @param {number} options.limit code points of one message
   * @param {object} options.on
   * @param {(text: string) => string} options.on.send returns why not, or "" once it has taken the text
   * @param {() => void} options.on.stop
   * @param {(text: string) => void} options.on.input
   */
  constructor(element, { limit, on }) {
    this.#box = element.querySelector("[data-part=text]");
    this.#button = element.querySelector("[data-part=button]");
    this.#count = element.querySelector("[data-part=count]");
    this.#notice = element.querySelector("[data-part=notice]");
    this.#limit = limit;
    this.#on = on;
    element.addEventListener("submit", (event) => event.preventDefault());
    this.#box.addEventListener("input", () => this.#typed());
    this.#box.addEventListener("keydown", (event) => this.#pressed(event));
    this.#button.addEventListener("click", (event) => this.#clicked(event));
    element.addEventListener("click", ({ target }) => target.closest("button") ?? this.#box.focus());
    this.#measure();
  }

  get text() {
    return this.#box.value;
  }

  set text(text) {
    this.#box.value = text;
    this.say("");
    this.#measure();
  }

  /** @param {number} limit */
  set limit(limit) {
    this.#limit = limit;
    this.#measure();
  }

  /** @param {"send" | "stop" | "waiting"} mode */
  set mode(mode) {
    if (mode === this.#mode) {
      return;
    }
    this.#mode = mode;
    this.#button.dataset.mode = mode;
    this.#button.textContent = mode === "stop" ? "Stop" : "Send";
    this.say("");
  }

  /**
   * A line above the box, until the next key.
   * @param {string} words "" takes it away
   */
  say(words) {
    this.#notice.textContent = words;
    this.#notice.hidden = words === "";
  }

  focus() {
    this.#box.focus();
  }

  /**
   * Brings a text back that could not be sent, before what was typed since.
   * @param {string} text
   */
  giveBack(text) {
    this.text = this.text ? `${text}\n\n${this.text}` : text;
    this.#on.input(this.text);
  }

  /** Sends what is in the box. */
  submit() {
    const text = this.text;
    if (text.trim() === "") {
      return;
    }
    const { over, words } = room(text, this.#limit);
    const refusal = over ? `This message is too long: ${words}. Please shorten it.` : this.#on.send(text);
    if (refusal) {
      this.say(refusal);
    } else {
      this.text = "";
    }
  }

  #typed() {
    this.say("");
    this.#measure();
    this.#on.input(this.text);
  }

  #pressed(event) {
    if (sends(event)) {
      event.preventDefault();
      if (!event.repeat) {
        this.submit();
      }
    }
  }

  // The second click of a double click may meet Stop where the first met Send: it means neither.
  #clicked(event) {
    if (event.detail > 1) {
      return;
    }
    if (this.#mode === "stop") {
      this.#on.stop();
    } else {
      this.submit();
    }
  }

  #measure() {
    const { over, words } = room(this.text, this.#limit);
    this.#count.textContent = words;
    this.#count.hidden = words === "";
    this.#count.toggleAttribute("data-over", over);
    this.#button.toggleAttribute("data-idle", this.text.trim() === "");
    fit(this.#box);
  }
}
