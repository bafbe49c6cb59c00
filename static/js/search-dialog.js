// The search, by Ctrl+K: type, go through what was found with the arrow keys, Enter goes there. The focus stays in the box;
// `aria-activedescendant` says which result is meant. Loaded when it is first opened.

import { composes } from "./keys.js";
import { resultRow } from "./search-result.js";
import { SearchQuery } from "./search-query.js";
import { fill, gettext, ngettext } from "./words.js";

export class SearchDialog {
  #dialog;
  #parts = {};
  #address;
  #visit;
  #query;
  #at = -1;
  #words = ""; // whose results are shown
  #entered = null; // Enter, pressed before the answer to what stands in the box was there

  /**
   * @param {HTMLDialogElement} dialog
   * @param {string} address of the search
   * @param {(conversation: string, message: string | null, words: string) => void} visit goes there, in this page
   */
  constructor(dialog, address, visit) {
    this.#dialog = dialog;
    this.#address = address;
    this.#visit = visit;
    for (const part of ["box", "results", "words", "all"]) {
      this.#parts[part] = dialog.querySelector(`[data-part=${part}]`);
    }
    this.#parts.again = dialog.querySelector("[data-action=again]");
    this.#query = new SearchQuery(address, { found: (answer) => this.#found(answer), failed: (why) => this.#failed(why) });
    this.#parts.box.addEventListener("input", () => this.#typed());
    this.#parts.box.addEventListener("keydown", (event) => this.#pressed(event));
    this.#parts.results.addEventListener("click", (event) => this.#clicked(event));
    this.#parts.again.addEventListener("click", () => this.#again());
    dialog.addEventListener("close", () => this.#query.stop());
  }

  open() {
    this.#dialog.showModal();
    this.#parts.box.select();
    this.#query.clear(); // what was found last time may be old
    this.#typed();
  }

  #typed() {
    this.#entered = null;
    if (!this.#query.type(this.#parts.box.value)) {
      this.#show([], gettext("Type a word or two: your messages and the answers to them are searched."));
    }
  }

  #again() {
    this.#entered = null;
    this.#parts.box.focus();
    this.#show([], gettext("Searching…"));
    this.#query.again();
  }

  #found({ words, results }) {
    const count = fill(ngettext("{count} place found", "{count} places found", results.length), { count: results.length });
    this.#words = words;
    this.#show(results, results.length ? count : fill(gettext("Nothing was found for “{words}”."), { words }));
    this.#parts.all.href = `${this.#address}?${new URLSearchParams({ q: words })}`;
    this.#parts.all.hidden = results.length === 0;
    if (this.#entered) {
      this.#enter(this.#entered);
    }
  }

  #failed(why) {
    this.#entered = null;
    const words = {
      offline: gettext("Brook cannot be reached just now, so nothing was searched."),
      refused: gettext("The search does not work just now."),
    };
    this.#show([], words[why]);
    this.#parts.again.hidden = false;
  }

  #show(results, words) {
    const { results: list, box } = this.#parts;
    list.replaceChildren(...results.map((result, index) => resultRow(result, index, this.#words)));
    list.hidden = results.length === 0;
    list.scrollTop = 0;
    box.setAttribute("aria-expanded", String(results.length > 0));
    this.#parts.words.textContent = words;
    this.#parts.words.toggleAttribute("data-beside", results.length > 0);
    this.#parts.all.hidden = true;
    this.#parts.again.hidden = true;
    this.#mark(results.length > 0 ? 0 : -1);
  }

  #pressed(event) {
    const { length } = this.#rows;
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (composes(event)) {
      return;
    }
    if (event.key === "Enter") {
      event.preventDefault();
      this.#enter(event);
    } else if (event.key in moves && length > 0) {
      event.preventDefault();
      this.#mark((this.#at + moves[event.key] + length) % length);
    }
  }

  // Goes to what is marked, as soon as it was found by what stands in the box.
  #enter(event) {
    const isFound = this.#words === this.#parts.box.value.trim();
    const row = this.#rows[this.#at];
    this.#entered = isFound ? null : event;
    if (isFound && row) {
      this.#go(row, event);
    }
  }

  #clicked(event) {
    const row = event.target.closest("[data-conversation]");
    if (row && event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
      event.preventDefault();
      this.#go(row, event);
    }
  }

  #go(row, { metaKey, ctrlKey }) {
    if (metaKey || ctrlKey) {
      open(row.href, "_blank", "noopener");
      return;
    }
    this.#dialog.close();
    this.#visit(row.dataset.conversation, row.dataset.message || null, this.#words);
  }

  #mark(at) {
    this.#at = at;
    this.#rows.forEach((row, index) => row.setAttribute("aria-selected", String(index === at)));
    const row = this.#rows[at];
    row?.scrollIntoView({ block: "nearest" });
    row ? this.#parts.box.setAttribute("aria-activedescendant", row.id) : this.#parts.box.removeAttribute("aria-activedescendant");
  }

  get #rows() {
    return [...this.#parts.results.children];
  }
}
