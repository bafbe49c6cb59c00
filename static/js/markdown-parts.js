// The top-level elements of a long text, a hundred or so in a box. Beside nine thousand siblings one more word costs 13 ms of
// layout, in a small box less than one; but each box costs every frame a little. Which box a node is in follows from its number.

import { patch } from "./markdown-dom.js";

const SIZE = 128;

/**
 * @param {number} number of a node
 * @returns {number} that of the first one from there on which begins a box
 */
export function nextBox(number) {
  return Math.ceil(number / SIZE) * SIZE;
}

export class Parts {
  #element;
  #parts = [];

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element;
  }

  /**
   * @param {number} first the number of the first node
   * @param {object[]} before see `patch`
   * @param {object[]} after
   */
  patch(first, before, after) {
    const count = Math.max(before.length, after.length);
    for (let from = 0; from < count; ) {
      const part = Math.floor((first + from) / SIZE);
      const to = (part + 1) * SIZE - first;
      patch(this.#part(part), before.slice(from, to), after.slice(from, to));
      from = to;
    }
    while (this.#parts.at(-1)?.hasChildNodes() === false) {
      this.#parts.pop().remove();
    }
  }

  #part(number) {
    while (this.#parts.length <= number) {
      const part = document.createElement("div");
      part.className = "part";
      this.#element.append(part);
      this.#parts.push(part);
    }
    return this.#parts[number];
  }
}
