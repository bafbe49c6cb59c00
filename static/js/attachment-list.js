// The files of a draft as small chips above the text. Draws; what is decided is in attachments.js. A name is always text.

import { put } from "./elements.js";
import { sizeOf } from "./file-kinds.js";
import { fill, gettext } from "./words.js";

export class AttachmentList {
  #element;
  #template;
  #on;
  #chips = new Map();

  /**
   * @param {HTMLElement} element a list
   * @param {HTMLTemplateElement} template one chip
   * @param {object} on
   * @param {(item: import("./attachments.js").Attachment) => void} on.remove
   * @param {(item: import("./attachments.js").Attachment) => void} on.again
   */
  constructor(element, template, on) {
    this.#element = element;
    this.#template = template;
    this.#on = on;
  }

  /** @param {import("./attachments.js").Attachment[]} items */
  show(items) {
    for (const [item, chip] of this.#chips) {
      if (!items.includes(item)) {
        chip.remove();
        this.#chips.delete(item);
      }
    }
    items.forEach((item, place) => this.#place(this.#chip(item), place));
    items.forEach((item) => draw(this.#chips.get(item), item));
    this.#element.hidden = items.length === 0;
  }

  /** Brings the first one into view that failed: a long list scrolls. */
  point() {
    this.#element.querySelector("[data-state=failed]")?.scrollIntoView({ block: "nearest" });
  }

  #place(chip, place) {
    if (this.#element.children[place] !== chip) {
      this.#element.insertBefore(chip, this.#element.children[place] ?? null);
    }
  }

  #chip(item) {
    if (!this.#chips.has(item)) {
      const chip = this.#template.content.querySelector("[data-attachment]").cloneNode(true);
      const remove = chip.querySelector("[data-action=remove]");
      remove.addEventListener("click", () => this.#remove(item, chip));
      chip.querySelector("[data-action=again]").addEventListener("click", () => this.#on.again(item));
      this.#chips.set(item, chip);
    }
    return this.#chips.get(item);
  }

  // The keyboard goes on to the next chip, or to the text.
  #remove(item, chip) {
    const next = (chip.nextElementSibling ?? chip.previousElementSibling)?.querySelector("[data-action=remove]");
    this.#on.remove(item);
    next?.focus();
  }
}

function draw(chip, item) {
  const { state, words, again, progress } = item;
  const bar = chip.querySelector("[data-part=progress]");
  chip.dataset.state = state;
  name(chip, item);
  put(chip.querySelector("[data-part=state]"), wordsOf(item));
  chip.querySelector("[data-action=again]").hidden = !(state === "failed" && again);
  bar.hidden = state !== "uploading";
  bar.value = progress;
  chip.querySelector("[data-part=state]").toggleAttribute("data-trouble", state === "failed" && words !== "");
  picture(chip, item);
}

// It may change: a picture that is made to fit can become one of another kind.
function name(chip, item) {
  if (chip.title !== item.name) {
    chip.title = item.name;
    put(chip.querySelector("[data-part=name]"), item.name);
    chip.querySelector("[data-action=remove]").setAttribute("aria-label", fill(gettext("Remove {name}"), { name: item.name }));
  }
}

function wordsOf({ state, words, size }) {
  switch (state) {
    case "waiting":
      return gettext("Uploads when connected");
    case "failed":
      return words;
    default:
      return sizeOf(size);
  }
}

function picture(chip, { kind, id }) {
  const image = chip.querySelector("[data-part=picture]");
  const shown = kind === "image" && id !== null;
  image.hidden = !shown;
  chip.querySelector("[data-part=icon]").toggleAttribute("hidden", shown);
  if (shown && !image.getAttribute("src")) {
    image.src = `/files/${id}/`;
  }
}
