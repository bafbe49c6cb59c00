// The box at the foot of the page: text, one button that is Send or Stop, a counter near the limit, and a line for
// words. Decides nothing about conversations: sending is offered to `on.send`, which may refuse with words.

import { fit } from "./growing-box.js";
import { looksBack, sends } from "./keys.js";
import { room } from "./lengths.js";
import { setHidden } from "./vanishing.js";
import { fill, gettext } from "./words.js";

export class Composer {
  #box;
  #button;
  #next;
  #count;
  #notice;
  #limit;
  #enterSends;
  #mode = "send";
  #hasFiles = false;
  #on;

  /**
   * @param {HTMLElement} element
   * @param {object} options
   * @param {number} options.limit code points of one message
   * @param {boolean} [options.enterSends] the person's setting
   * @param {object} options.on
   * @param {(text: string) => string} options.on.send returns why not, or "" once it has taken the text
   * @param {() => void} options.on.stop
   * @param {(text: string) => void} options.on.input
   * @param {() => boolean} options.on.lookBack edits one's last message; false if there is none to edit
   * @param {(files: File[]) => void} options.on.files were pasted
   */
  constructor(element, { limit, enterSends = true, on }) {
    const frame = element.querySelector("[data-part=box]");
    this.#box = frame.querySelector("[data-part=text]");
    this.#button = frame.querySelector("[data-part=button]");
    this.#button.disabled = false; // until now a press would have done nothing
    this.#next = frame.querySelector("[data-part=next]");
    this.#count = frame.querySelector("[data-part=count]");
    this.#notice = element.querySelector("[data-part=notice]");
    this.#limit = limit;
    this.#enterSends = enterSends;
    this.#on = on;
    this.#box.enterKeyHint = enterSends ? "send" : "enter";
    element.addEventListener("submit", (event) => event.preventDefault());
    this.#box.addEventListener("input", () => this.#typed());
    this.#box.addEventListener("keydown", (event) => this.#pressed(event));
    this.#box.addEventListener("paste", (event) => this.#pasted(event));
    this.#button.addEventListener("click", (event) => this.#clicked(event));
    this.#next.addEventListener("click", () => this.#queued());
    frame.addEventListener("click", ({ target }) => target.closest("button, li") ?? this.#box.focus());
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

  /** @param {boolean} hasFiles whether something may be sent without a word */
  set hasFiles(hasFiles) {
    this.#hasFiles = hasFiles;
    this.#show();
  }

  /** @param {"send" | "stop" | "waiting"} mode */
  set mode(mode) {
    if (mode === this.#mode) {
      return;
    }
    this.#mode = mode;
    this.#button.dataset.mode = mode;
    this.#button.textContent = mode === "stop" ? gettext("Stop") : gettext("Send");
    this.say("");
    this.#show();
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
    this.text = [text, this.text].filter(Boolean).join("\n\n");
    this.#on.input(this.text);
  }

  /** @returns {boolean} whether there is nothing to send */
  get isEmpty() {
    return !this.#hasFiles && this.text.trim() === "";
  }

  /** @returns {boolean} whether an answer is asked for or under way */
  get isBusy() {
    return this.#mode !== "send";
  }

  /** Sends what is in the box. */
  submit() {
    const text = this.text;
    if (this.isEmpty) {
      return;
    }
    const { over, words } = room(text, this.#limit);
    const refusal = over ? fill(gettext("This message is too long: {words}. Please shorten it."), { words }) : this.#on.send(text);
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
    if (sends(event, this.#enterSends)) {
      event.preventDefault();
      if (!event.repeat) {
        this.submit();
      }
    } else if (looksBack(event) && this.text === "" && this.#on.lookBack()) {
      event.preventDefault();
    }
  }

  // A table comes as text and as its picture: the text is meant.
  #pasted(event) {
    const { files, types } = event.clipboardData;
    if (files.length > 0 && !types.includes("text/plain")) {
      event.preventDefault();
      this.#on.files([...files]);
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

  #queued() {
    this.submit();
    this.focus();
  }

  #measure() {
    const { over, words } = room(this.text, this.#limit);
    this.#count.textContent = words;
    this.#count.hidden = words === "";
    this.#count.toggleAttribute("data-over", over);
    this.#show();
    fit(this.#box);
  }

  #show() {
    const empty = this.isEmpty;
    this.#button.toggleAttribute("data-idle", empty);
    setHidden(this.#next, empty || this.#mode !== "stop");
  }
}
