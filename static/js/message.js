// One message on the page: an article cloned from the template, kept in step with its row. Text is only ever appended.

import { GrowingText } from "./growing-text.js";
import { stateOf, statusOf } from "./states.js";

const NAMES = { user: "You", assistant: "Assistant" };

export class MessageView {
  #element;
  #parts = {};
  #buttons = {};
  #content;
  #reasoning;
  #row = null;
  #now = null;
  #thinkingIsReaders = false;
  #mayFold;

  /**
   * @param {HTMLTemplateElement} template
   * @param {() => boolean} mayFold whether the thinking may be folded by itself: not under the eyes of a reader
   */
  constructor(template, mayFold) {
    this.#element = template.content.querySelector(".message").cloneNode(true);
    this.#mayFold = mayFold;
    for (const part of this.#element.querySelectorAll("[data-part]")) {
      this.#parts[part.dataset.part] = part;
    }
    for (const button of this.#element.querySelectorAll("[data-action]")) {
      this.#buttons[button.dataset.action] = button;
    }
    this.#content = new GrowingText(this.#parts.content);
    this.#reasoning = new GrowingText(this.#parts.reasoning);
    this.#parts.thinking.firstElementChild.addEventListener("click", () => {
      this.#thinkingIsReaders = true;
    });
  }

  get element() {
    return this.#element;
  }

  get row() {
    return this.#row;
  }

  /**
   * @param {object} row see docs/protocol.md
   * @param {{online: boolean, stopping: boolean}} now
   */
  update(row, now) {
    this.#row = row;
    this.#now = now;
    const own = row.role === "user";
    this.#element.dataset.role = row.role;
    this.#element.dataset.status = statusOf(row);
    this.#element.setAttribute("aria-label", NAMES[row.role] ?? row.role);
    if (own) {
      this.#parts.thinking.remove();
    }
    this.#buttons.copy.hidden = !row.content;
    this.#buttons.edit.hidden = !own;
    this.#buttons.regenerate.hidden = own;
    this.#parts.actions.hidden = row.sending === true || row.generation?.status === "streaming";
    this.#reasoning.set(row.reasoning ?? "");
    this.#content.set(row.content ?? "");
    this.#fold();
    this.#state();
  }

  /**
   * @param {"content" | "reasoning"} kind
   * @param {string} text
   */
  append(kind, text) {
    (kind === "content" ? this.#content : this.#reasoning).append(text);
    this.#fold();
    this.#state();
  }

  /** @param {{index: number, count: number, previous: string | null, next: string | null}} siblings */
  versions({ index, count, previous, next }) {
    this.#parts.versions.hidden = count < 2;
    put(this.#parts.count, `${index} / ${count}`);
    this.#buttons.previous.disabled = previous === null;
    this.#buttons.next.disabled = next === null;
  }

  /** @param {"previous" | "next"} way the arrow that was pressed; at the last version it is the other one's turn */
  focusArrow(way) {
    const { previous, next } = this.#buttons;
    const arrow = this.#buttons[way].disabled ? (way === "next" ? previous : next) : this.#buttons[way];
    arrow.focus({ preventScroll: true });
  }

  /**
   * @param {boolean} busy an answer is under way: nothing that starts another
   * @param {boolean} online an edit can wait for the connection, another answer cannot
   */
  busy(busy, online) {
    this.#buttons.edit.disabled = busy;
    this.#buttons.regenerate.disabled = busy || !online;
    this.#buttons.retry.disabled = busy || !online;
  }

  /**
   * A word beside the buttons, for a moment.
   * @param {string} words
   */
  say(words) {
    put(this.#parts.said, words);
    this.#parts.said.hidden = false;
    setTimeout(() => {
      this.#parts.said.hidden = true;
    }, 2_000);
  }

  /**
   * Puts an editor in the place of the text; null brings the text back.
   * @param {HTMLElement | null} editor
   */
  edit(editor) {
    this.#element.querySelector("[data-editor]")?.remove();
    this.#element.toggleAttribute("data-editing", editor !== null);
    this.#parts.content.hidden = editor !== null;
    this.#parts.foot.hidden = editor !== null;
    if (editor) {
      this.#parts.content.after(editor);
    } else {
      this.#buttons.edit.focus({ preventScroll: true });
    }
  }

  // The thinking is open while it is all there is, and folds when the answer begins, unless somebody is reading it.
  #fold() {
    const { thinking } = this.#parts;
    const alone = this.#content.text === "";
    thinking.hidden = this.#reasoning.text === "";
    if (!this.#thinkingIsReaders && (alone || this.#mayFold())) {
      thinking.open = alone;
    }
  }

  #state() {
    const { words, retry, live } = stateOf(this.#row, this.#now);
    put(this.#parts.words, words);
    this.#parts.state.hidden = words === "";
    this.#parts.state.toggleAttribute("data-live", live);
    this.#buttons.retry.hidden = !retry;
  }
}

function put(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
