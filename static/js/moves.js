// A wheel or a key that nothing else takes moves the transcript, wherever in the room the pointer and the focus are.

import { composes } from "./keys.js";

const LINE = 40; // pixels, as in browsers
const PAGE = 0.875; // of what is seen

const MOVES = {
  ArrowUp: (scroll) => scroll.by(-LINE),
  ArrowDown: (scroll) => scroll.by(LINE),
  PageUp: (scroll) => scroll.by(-PAGE * scroll.box.clientHeight),
  PageDown: (scroll) => scroll.by(PAGE * scroll.box.clientHeight),
  Home: (scroll) => scroll.toFirst(),
  End: (scroll) => scroll.follow(),
};

/**
 * What a key asks for, as the key that does it alone: Space is a page. The browser itself does the smaller moves where the
 * focus is in what scrolls; it knows nothing of messages that are not drawn, to which Home and End lead.
 * @param {KeyboardEvent} event
 * @param {object} focus where it is
 * @param {boolean} [focus.inside] in what scrolls
 * @param {boolean} [focus.nowhere] on nothing that has a use for Space
 * @param {{empty: boolean, scrolls: boolean}} [focus.field] in a text box
 * @returns {string} a key of `MOVES`, or ""
 */
export function moveOf({ key, shiftKey, ctrlKey, metaKey, altKey }, { inside = false, nowhere = false, field }) {
  const toAnEnd = key === "Home" || key === "End";
  const byPage = key === "PageUp" || key === "PageDown";
  if (altKey || metaKey || (ctrlKey && !toAnEnd)) {
    return "";
  }
  if (field) {
    return (field.empty && (toAnEnd || byPage)) || (byPage && !shiftKey && !field.scrolls) ? key : "";
  }
  if (key === " " && nowhere) {
    return shiftKey ? "PageUp" : "PageDown";
  }
  return key in MOVES && !shiftKey && (toAnEnd || !inside) ? key : "";
}

export class Moves {
  #room;
  #scroll;

  /**
   * @param {HTMLElement} room all but the list and the dialogs
   * @param {import("./scroll.js").Scroll} scroll
   */
  constructor(room, scroll) {
    this.#room = room;
    this.#scroll = scroll;
    room.addEventListener("wheel", (event) => this.#wheeled(event), { passive: true });
    document.addEventListener("keydown", (event) => this.#pressed(event));
  }

  #wheeled({ target, deltaY, deltaMode, ctrlKey }) {
    const isZoom = ctrlKey;
    const isIts = this.#scroll.box.contains(target) || target.closest("dialog, [popover]");
    if (!isZoom && !isIts && !this.#isTaken(target, deltaY)) {
      this.#scroll.by(deltaY * [1, LINE, this.#scroll.box.clientHeight][deltaMode]);
    }
  }

  #isTaken(target, deltaY) {
    for (let element = target; element !== this.#room; element = element.parentElement) {
      if (scrolls(element, deltaY)) {
        return true;
      }
    }
    return false;
  }

  #pressed(event) {
    const { target } = event;
    const nowhere = target === document.body || target === this.#room;
    const isHere = (nowhere || this.#room.contains(target)) && !target.closest("dialog, [popover], select");
    if (event.defaultPrevented || composes(event) || !isHere || this.#room.inert || document.querySelector("dialog:modal")) {
      return;
    }
    const move = moveOf(event, { nowhere, inside: this.#scroll.box.contains(target), field: fieldOf(target) });
    if (move) {
      event.preventDefault();
      MOVES[move](this.#scroll);
    }
  }
}

function fieldOf(target) {
  const field = target.closest("textarea, input");
  return field ? { empty: field.value === "", scrolls: field.scrollHeight > field.clientHeight } : undefined;
}

// Whether a wheel that turns this way moves what is in the element.
function scrolls(element, deltaY) {
  const room = element.scrollHeight - element.clientHeight;
  const isLeft = deltaY < 0 ? element.scrollTop > 0 : element.scrollTop < room - 1;
  return room > 0 && isLeft && /auto|scroll/.test(getComputedStyle(element).overflowY);
}
