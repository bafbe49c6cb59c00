// The reasoning of one answer: a block that folds, named by how long it took. It is open while it is all there is, and
// folds when the answer begins, unless somebody is reading it.

import { duration } from "./durations.js";
import { Markdown } from "./markdown.js";
import { fill, gettext } from "./words.js";

const SECOND = 1_000;

export class Thinking {
  #element;
  #name;
  #text;
  #mayFold;
  #fold;
  #readers = false;
  #tick = 0;
  #began = 0; // 0: this tab has not seen it begin, and does not know how long it takes
  #late = false;
  #took = null;

  /**
   * @param {HTMLDetailsElement} element
   * @param {object} options
   * @param {() => boolean} options.mayFold whether it may be folded by itself: not under the eyes of a reader
   * @param {(work: () => void) => void} options.fold does it without moving what is being read
   */
  constructor(element, { mayFold, fold }) {
    this.#element = element;
    this.#name = element.querySelector("[data-part=thinking-name]");
    this.#text = new Markdown(element.querySelector("[data-part=reasoning]"));
    this.#mayFold = mayFold;
    this.#fold = fold;
    element.firstElementChild.addEventListener("click", () => {
      this.#readers = true;
    });
  }

  get text() {
    return this.#text.text;
  }

  /** @param {string} text all of it */
  set(text) {
    this.#text.set(text);
  }

  /** This tab comes when something is written already. */
  late() {
    this.#late = true;
  }

  /** @param {string} text more of it */
  append(text) {
    if (this.text === "" && !this.#late) {
      this.#began = Date.now();
    }
    this.#text.append(text);
  }

  /** Nothing more comes. */
  end() {
    this.#text.end();
  }

  /**
   * @param {object} now
   * @param {boolean} now.alone there is no answer yet
   * @param {boolean} now.live more text may come
   * @param {number | null} now.took milliseconds, by the server's clock
   */
  show({ alone, live, took }) {
    this.#element.hidden = this.text === "";
    this.#measure(alone, took);
    this.#count(alone && live && this.#began > 0);
    this.#call(alone && live);
    this.#open(alone);
  }

  #open(alone) {
    if (this.#element.open !== alone && !this.#readers && (alone || this.#mayFold())) {
      this.#fold(() => {
        this.#element.open = alone;
      });
    }
  }

  #measure(alone, took) {
    if (took !== null) {
      this.#took = took;
    } else if (!alone && this.#began > 0) {
      this.#took ??= Date.now() - this.#began;
    }
  }

  #count(running) {
    if (running && !this.#tick) {
      this.#tick = setInterval(() => (this.#element.isConnected ? this.#call(true) : this.#count(false)), SECOND);
    } else if (!running) {
      clearInterval(this.#tick);
      this.#tick = 0;
    }
  }

  #call(running) {
    const words = running ? underWay(this.#began) : over(this.#took);
    if (this.#name.textContent !== words) {
      this.#name.textContent = words;
    }
  }
}

function underWay(began) {
  const passed = Date.now() - began;
  return began > 0 && passed >= SECOND
    ? fill(gettext("Thinking… {duration}"), { duration: duration(passed) })
    : gettext("Thinking…");
}

function over(took) {
  return took === null ? gettext("Thoughts") : fill(gettext("Thought for {duration}"), { duration: duration(took) });
}
