// One message on the page: an article cloned from the template, kept in step with its row. Text is only ever appended.

import { showAttached } from "./attached.js";
import { put } from "./elements.js";
import { GrowingText } from "./growing-text.js";
import { Markdown } from "./markdown.js";
import { Rating } from "./rating.js";
import { stateOf, statusOf } from "./states.js";
import { Thinking } from "./thinking.js";
import { gettext } from "./words.js";

const SAID_FOR = 2_000;
const MARKED_FOR = 2_500;

export class MessageView {
  #element;
  #parts = {};
  #buttons = {};
  #content;
  #thinking;
  #rating;
  #row = null;
  #now = null;
  #stamp = "";
  #timers = {};

  /**
   * @param {HTMLTemplateElement} template
   * @param {object} on what `thinking.js` asks for
   */
  constructor(template, on) {
    this.#element = template.content.querySelector(".message").cloneNode(true);
    for (const part of this.#element.querySelectorAll("[data-part]")) {
      this.#parts[part.dataset.part] = part;
    }
    for (const button of this.#element.querySelectorAll("[data-action]")) {
      this.#buttons[button.dataset.action] = button;
    }
    this.#thinking = new Thinking(this.#parts.thinking, on);
    this.#rating = new Rating(this.#buttons, this.#parts.foot);
  }

  get element() {
    return this.#element;
  }

  get row() {
    return this.#row;
  }

  get rating() {
    return this.#rating;
  }

  /** @returns {boolean} whether its text is open in an editor */
  get editing() {
    return this.#element.hasAttribute("data-editing");
  }

  /**
   * Does nothing where nothing is another than before: a long conversation is drawn anew with every event.
   * @param {object} row see docs/protocol.md
   * @param {{online: boolean, stopping: boolean}} now
   */
  update(row, now) {
    const stamp = stampOf(row, now);
    if (row === this.#row && stamp === this.#stamp) {
      return;
    }
    this.#become(row);
    this.#now = now;
    this.#stamp = stamp;
    this.#offer();
    this.#thinking.set(row.reasoning ?? "");
    this.#content.set(row.content ?? "");
    this.#rating.show(row);
    this.#show();
    if (!isLive(row)) {
      this.#thinking.end();
      this.#content.end?.();
    }
  }

  /**
   * Before it is drawn it shows nothing: its row has all of the text by then.
   * @param {"content" | "reasoning"} kind
   * @param {string} text
   */
  append(kind, text) {
    if (this.#row === null) {
      return;
    }
    (kind === "content" ? this.#content : this.#thinking).append(text);
    this.#show();
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
   * A word beside the buttons, for a moment.
   * @param {string} words
   */
  say(words) {
    put(this.#parts.said, words);
    this.#parts.said.hidden = false;
    clearTimeout(this.#timers.said);
    this.#timers.said = setTimeout(() => {
      this.#parts.said.hidden = true;
    }, SAID_FOR);
  }

  /** It was looked for: it takes the focus, and is marked for a moment. */
  mark() {
    this.#element.focus({ preventScroll: true });
    this.#element.setAttribute("data-marked", "");
    clearTimeout(this.#timers.marked);
    this.#timers.marked = setTimeout(() => this.#element.removeAttribute("data-marked"), MARKED_FOR);
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

  #become(row) {
    if (this.#row === null) {
      this.#be(row.role);
    }
    if (this.#row === null && isLive(row) && row.generation.phase === "writing") {
      this.#thinking.late();
    }
    this.#row = row;
    this.#element.dataset.status = statusOf(row);
    showAttached(this.#parts.files, row.files ?? []);
    this.#parts.content.toggleAttribute("data-empty", !row.content && row.role === "user"); // files alone
  }

  #be(role) {
    this.#element.dataset.role = role;
    this.#element.setAttribute("aria-label", role === "user" ? gettext("You") : gettext("Assistant"));
    this.#content = new (role === "user" ? GrowingText : Markdown)(this.#parts.content);
    if (role === "user") {
      this.#parts.thinking.remove();
    }
    for (const button of this.#element.querySelectorAll("[data-for]")) {
      button.hidden = button.dataset.for !== role;
    }
  }

  #offer() {
    const unfinished = this.#row.sending === true || isLive(this.#row);
    this.#parts.actions.hidden = unfinished;
    this.#buttons.copy.hidden = !this.#row.content;
  }

  #show() {
    const alone = this.#content.text === "";
    const took = this.#row.generation?.thinking_ms ?? null;
    this.#thinking.show({ alone, live: isLive(this.#row), took });
    const { words, retry, resume, live } = stateOf(this.#row, this.#now);
    const model = this.#row.generation?.model ?? "";
    put(this.#parts.model, model);
    this.#parts.model.title = [model, moment(this.#row.created)].filter(Boolean).join(" · "); // a long name is cut on a phone
    put(this.#parts.words, words);
    this.#parts.state.hidden = words === "";
    this.#parts.state.toggleAttribute("data-live", live);
    this.#buttons.retry.hidden = !retry;
    this.#buttons.continue.hidden = !resume;
  }
}

// When it was begun, as people of this page write it.
function moment(created) {
  const format = { dateStyle: "medium", timeStyle: "short" };
  return created ? new Date(created).toLocaleString(document.documentElement.lang, format) : "";
}

function isLive(row) {
  return row.generation?.status === "streaming";
}

// All that is shown of a row besides its text, which only an answer under way changes.
function stampOf({ role, sending, rating, comment, generation, files }, { online, stopping }) {
  const waits = sending || generation?.status === "streaming";
  return JSON.stringify([role, sending, rating, comment, generation, files?.length, waits && online, waits && stopping]);
}
