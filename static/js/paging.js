// The ends of what is drawn of a long conversation: a button at each, for keyboards, which presses itself when the
// reader comes near.

import { fill, gettext } from "./words.js";

const NEAR = "600px";

export class Paging {
  #earlier;
  #later;

  /**
   * @param {HTMLElement} column holds the two buttons, and the transcript between them
   * @param {HTMLElement} box what scrolls
   * @param {object} on
   * @param {() => void} on.earlier draws more
   * @param {() => void} on.later
   * @param {() => void} on.leave the reader is no longer at the end
   */
  constructor(column, box, on) {
    this.#earlier = column.querySelector("[data-action=earlier]");
    this.#later = column.querySelector("[data-action=later]");
    this.#earlier.addEventListener("click", () => {
      on.leave();
      this.#pressed(this.#earlier, on.earlier);
    });
    this.#later.addEventListener("click", () => this.#pressed(this.#later, on.later));
    const watcher = new IntersectionObserver((seen) => this.#near(seen, on), { root: box, rootMargin: `${NEAR} 0px` });
    watcher.observe(this.#earlier);
    watcher.observe(this.#later);
  }

  /**
   * @param {number} before as many messages stand before what is drawn
   * @param {boolean} hasLater
   */
  show(before, hasLater) {
    this.#earlier.hidden = before === 0;
    this.#later.hidden = !hasLater;
    this.#earlier.textContent = fill(gettext("Show earlier messages ({count})"), { count: before });
  }

  #near(seen, on) {
    for (const { isIntersecting, target } of seen) {
      if (isIntersecting && !target.hidden) {
        target === this.#earlier ? on.earlier() : on.later();
      }
    }
  }

  // A button that has gone takes the focus with it: the reader goes on at the message beside it.
  #pressed(button, more) {
    button.scrollIntoView({ block: "nearest" }); // pressed again, it is far from what is read
    const focused = document.activeElement === button;
    more();
    if (focused && button.hidden) {
      const list = this.#earlier.parentElement.querySelector("[data-transcript]");
      const end = button === this.#earlier ? list.firstElementChild : list.lastElementChild;
      end?.focus({ preventScroll: true });
    }
  }
}
