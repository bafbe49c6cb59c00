// The view follows the text only while the reader is at the end. The first move upward ends it, and only the reader (or
// a message that he sends) begins it again. Nothing else here moves the view.

import { wayTo } from "./jump.js";
import { JumpPill } from "./jump-pill.js";
import { placeIn, restore } from "./place.js";
import { settle } from "./settling.js";

const AT_THE_END = 24;
const UPWARD = new Set(["ArrowUp", "PageUp"]); // the browser's own; the rest stands in moves.js

export class Scroll {
  #box;
  #text;
  #pill;
  #on;
  #following = true;
  #top = 0;
  #height = 0;
  #touch = 0;
  #held = false;
  #place = null; // what is being read, while the end is not followed
  #width = 0;
  #settling = null;
  #finding = null;

  /**
   * @param {HTMLElement} box what scrolls
   * @param {HTMLElement} column what grows in it
   * @param {HTMLButtonElement} jump "Jump to latest"
   * @param {object} on
   * @param {() => boolean} on.hasLater whether messages come behind the last one that is drawn
   * @param {() => void} on.latest draws them
   * @param {() => void} on.first draws the first messages
   */
  constructor(box, column, jump, on) {
    this.#box = box;
    this.#on = on;
    this.#text = column.querySelector("[data-transcript]");
    this.#pill = new JumpPill(jump, () => this.follow());
    const quietly = { passive: true };
    box.addEventListener("wheel", ({ deltaY }) => deltaY < 0 && this.#leave(), quietly);
    box.addEventListener("touchstart", ({ touches }) => this.#touched(touches[0].clientY), quietly);
    box.addEventListener("touchmove", ({ touches }) => this.#dragged(touches[0].clientY), quietly);
    box.addEventListener("keydown", (event) => this.#pressed(event));
    box.addEventListener("scroll", () => this.#scrolled(), quietly);
    box.addEventListener("pointerdown", (event) => this.#hold(isOnText(event, box)));
    for (const end of ["pointerup", "pointercancel", "contextmenu"]) {
      document.addEventListener(end, () => this.#hold(false)); // a menu of the browser's keeps the other two
    }
    const watcher = new ResizeObserver(() => this.#resized());
    watcher.observe(box);
    watcher.observe(column);
  }

  /** @returns {HTMLElement} what scrolls */
  get box() {
    return this.#box;
  }

  get following() {
    return this.#following;
  }

  /** Goes to the end, and stays there while the text grows. */
  follow() {
    this.#on.latest();
    this.#arrive();
    this.#toEnd();
    this.#offer();
  }

  /** The reader is taken somewhere else: the end is no longer followed. */
  stay() {
    this.#following = false;
    this.#remember();
    this.#notePlace();
    this.#offer();
  }

  /** @param {number} pixels that the reader moves on, back where they are negative */
  by(pixels) {
    if (pixels < 0) {
      this.#leave();
    }
    this.#box.scrollTop += pixels;
  }

  /** Goes to the very first message. */
  toFirst() {
    this.#leave();
    this.#on.first();
    this.#settle(() => {
      const isMoved = this.#box.scrollTop > 0;
      this.#box.scrollTop = 0;
      this.#remember();
      return isMoved;
    });
  }

  /**
   * Takes the reader to a message.
   * @param {HTMLElement} message
   * @param {string} [words] in it that were searched for
   */
  lead(message, words = "") {
    this.stay();
    this.#settle(wayTo(message, this.#box, words));
  }

  /**
   * There is more to read.
   * @param {string} text
   * @param {boolean} whole not a part of something that grows
   */
  news(text, whole) {
    if (!this.#following) {
      this.#pill.count(text, whole);
      this.#offer();
    }
  }

  #arrive() {
    this.#settling?.abort();
    this.#place = null;
    this.#following = true;
    this.#pill.reset();
  }

  #leave() {
    if (this.#following && this.#box.scrollHeight > this.#box.clientHeight) {
      this.#following = false;
      this.#notePlace();
      this.#offer();
    }
  }

  #touched(y) {
    this.#touch = y;
  }

  #dragged(y) {
    if (y > this.#touch) {
      this.#leave();
    }
    this.#touch = y;
  }

  #pressed({ key, shiftKey, target }) {
    const typing = target.closest("textarea, input");
    if (!typing && (UPWARD.has(key) || (key === " " && shiftKey))) {
      this.#leave();
    }
  }

  // The scroll bar has no event of its own: a smaller position in a text that did not shrink was the reader, but for one at
  // the very end, where the browser puts what has become higher than before.
  #scrolled() {
    const { scrollTop, scrollHeight } = this.#box;
    if (scrollTop < this.#top && scrollHeight >= this.#height && this.#below > 1) {
      this.#following = false;
    } else if (scrollTop > this.#top && this.#atEnd()) {
      this.#arrive();
    }
    this.#remember();
    this.#notePlace();
    this.#offer();
  }

  // While the pointer is down, or text is selected, somebody works with what is there: it must not move away.
  #hold(held) {
    const released = this.#held && !held;
    this.#held = held;
    const selection = document.getSelection();
    if (released && !selection.isCollapsed && this.#box.contains(selection.anchorNode)) {
      this.#leave();
    } else if (released && this.#following) {
      this.#toEnd();
    }
  }

  #resized() {
    const { clientWidth } = this.#box;
    const isReflowed = clientWidth !== this.#width;
    this.#width = clientWidth;
    if (this.#following && !this.#held) {
      this.#toEnd();
    } else if (isReflowed && this.#place) {
      this.#findPlace();
    } else {
      this.#notePlace();
    }
    this.#offer();
  }

  // From another width on until the place is found again, what is seen is not what is being read.
  #notePlace() {
    const isFinding = this.#finding !== null && !this.#finding.signal.aborted;
    if (!this.#following && !isFinding && this.#box.clientWidth === this.#width) {
      this.#place = placeIn(this.#box, this.#text);
    }
  }

  #findPlace() {
    const place = this.#place;
    this.#finding = this.#settle(() => {
      const isMoved = restore(this.#box, place);
      this.#remember();
      return isMoved;
    });
  }

  #settle(place) {
    this.#settling?.abort();
    this.#settling = settle(place);
    return this.#settling;
  }

  // Without a message there is only the welcome, which is read from its head.
  #toEnd() {
    this.#box.scrollTop = this.#text.firstElementChild ? this.#box.scrollHeight : 0;
    this.#remember();
  }

  #remember() {
    this.#top = this.#box.scrollTop;
    this.#height = this.#box.scrollHeight;
  }

  #atEnd() {
    return !this.#on.hasLater() && this.#below <= AT_THE_END;
  }

  get #below() {
    return this.#box.scrollHeight - this.#box.clientHeight - this.#box.scrollTop;
  }

  #offer() {
    this.#pill.show(!this.#following && !this.#atEnd());
  }
}

// Not another button than the first, nor on the scroll bar: of those a browser need not tell when they are let go.
function isOnText({ button, clientX }, box) {
  const from = box.getBoundingClientRect().left + box.clientLeft;
  return button === 0 && clientX >= from && clientX < from + box.clientWidth;
}
