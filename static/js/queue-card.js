// The message that waits for the end of the answer, as a quiet card above the box. Draws; queue.js decides.

import { put } from "./elements.js";
import { setHidden } from "./vanishing.js";
import { fill, gettext, ngettext } from "./words.js";

const PREVIEW = 300; // characters; the style cuts them to two lines

export class QueueCard {
  #element;
  #parts = {};

  /**
   * @param {HTMLElement} element
   * @param {{edit: () => void, send: () => void, remove: () => void}} on
   */
  constructor(element, on) {
    this.#element = element;
    for (const part of element.querySelectorAll("[data-part]")) {
      this.#parts[part.dataset.part] = part;
    }
    for (const name of ["edit", "send", "remove"]) {
      this.#parts[name].addEventListener("click", () => on[name]());
    }
  }

  /**
   * @param {import("./queue.js").Queued | undefined} item
   * @param {{fate: "" | "wait" | "send" | "offer", stoppable: boolean}} now `stoppable`: an answer is under way
   */
  show(item, { fate, stoppable }) {
    setHidden(this.#element, !item);
    if (!item) {
      put(this.#parts.words, "");
      return;
    }
    const offered = fate === "offer";
    put(this.#parts.words, wordsOf(item, offered));
    put(this.#parts.text, preview(item));
    put(this.#parts.send, offered ? gettext("Send") : gettext("Stop and send"));
    setHidden(this.#parts.send, item.now || !(offered || stoppable));
  }
}

function wordsOf({ now }, offered) {
  if (offered) {
    return gettext("Not sent yet: the answer before it did not end by itself.");
  }
  return now ? gettext("Will be sent as soon as the answer has stopped.") : gettext("Will be sent when the answer ends.");
}

function preview({ text, files }) {
  const count = files.length > 0 ? fill(ngettext("{count} file", "{count} files", files.length), { count: files.length }) : "";
  return [text.slice(0, PREVIEW).trim(), count].filter(Boolean).join(" · ");
}
