// "Jump to latest", which counts the words that came while the reader was elsewhere.

import { put } from "./elements.js";
import { setHidden } from "./vanishing.js";
import { WordCount } from "./word-count.js";
import { figure, fill, gettext, ngettext } from "./words.js";

export class JumpPill {
  #button;
  #news = new WordCount();

  /**
   * @param {HTMLButtonElement} button
   * @param {() => void} jump
   */
  constructor(button, jump) {
    this.#button = button;
    button.addEventListener("click", jump);
  }

  /**
   * There is more to read.
   * @param {string} text
   * @param {boolean} whole not a part of something that grows
   */
  count(text, whole) {
    whole ? this.#news.addWhole(text) : this.#news.add(text);
  }

  /** All was seen. */
  reset() {
    this.#news.reset();
  }

  /** @param {boolean} isThere whether it leads anywhere */
  show(isThere) {
    setHidden(this.#button, !isThere);
    put(this.#button, wordsFor(this.#news.count));
  }
}

function wordsFor(count) {
  const latest = gettext("Jump to latest");
  const news = fill(ngettext("{count} new word", "{count} new words", count), { count: figure(count) });
  return count === 0 ? latest : `${latest} · ${news}`;
}
