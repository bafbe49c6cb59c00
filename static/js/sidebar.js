// The list of conversations: which one is shown, which are being written, which are pinned. What it shows changes only when
// the server says so. The menu of its rows is in conversation-menu.js.

import { GroupedList } from "./grouped-list.js";
import { gettext } from "./words.js";

export class Sidebar {
  #element;
  #list;
  #empty;
  #template;
  #on;
  #current = null;
  #told = new Set();

  /**
   * @param {HTMLElement} element
   * @param {HTMLTemplateElement} template one row
   * @param {object} on
   * @param {(id: string) => void} on.open a link was followed in this page; other clicks are the browser's
   * @param {(row: HTMLElement) => void} on.left a row is about to go
   */
  constructor(element, template, on) {
    this.#element = element;
    this.#list = new GroupedList(element.querySelector("[data-conversations]"));
    this.#empty = element.querySelector("[data-conversations-empty]");
    this.#template = template;
    this.#on = on;
    element.querySelector("[data-conversations]").addEventListener("click", (event) => this.#clicked(event));
  }

  /** @returns {boolean} whether an answer is being written in any of them */
  get busy() {
    return this.#list.rows.some((row) => row.hasAttribute("data-generating"));
  }

  /** @param {string | null} id the shown conversation */
  set current(id) {
    this.#current = id;
    for (const link of this.#element.querySelectorAll("[aria-current]")) {
      link.removeAttribute("aria-current");
    }
    this.#list.row(id)?.querySelector("[data-conversation-link]").setAttribute("aria-current", "page");
  }

  /**
   * @param {string} id
   * @returns {string}
   */
  title(id) {
    return this.#list.row(id)?.querySelector("[data-part=title]").textContent ?? "";
  }

  /**
   * @param {string} id
   * @returns {boolean}
   */
  lists(id) {
    return this.#list.row(id) !== undefined;
  }

  /**
   * @param {string} id
   * @returns {boolean}
   */
  pinned(id) {
    return this.#list.row(id)?.hasAttribute("data-pinned") ?? false;
  }

  /** Nothing moves until `release`: somebody is at work on a row. */
  hold() {
    this.#list.hold();
  }

  release() {
    this.#list.release();
  }

  /**
   * Something about a conversation may have changed.
   * @param {{id: string, title: string, updated: string, generating: boolean, pinned: boolean, archived: boolean}} summary
   */
  update(summary) {
    this.#told.add(summary.id);
    if (summary.archived) {
      this.#takeAway(summary.id);
    } else {
      this.#show(summary);
    }
    this.#list.arrange();
  }

  /** @param {string} id it is gone */
  remove(id) {
    this.#told.add(id);
    this.#takeAway(id);
    this.#list.arrange();
  }

  /** A whole list is being asked for: what is told from now on is newer than that list. */
  awaitList() {
    this.#told.clear();
  }

  /** @param {object[]} summaries every one there is to list */
  takeList(summaries) {
    const told = new Set(this.#told);
    const listed = new Set(summaries.map(({ id }) => id));
    for (const { dataset } of this.#list.rows) {
      if (!listed.has(dataset.conversation) && !told.has(dataset.conversation)) {
        this.#takeAway(dataset.conversation);
      }
    }
    summaries.filter(({ id }) => !told.has(id)).forEach((summary) => this.#show(summary));
    this.#list.arrange();
    this.current = this.#current;
  }

  #show({ id, title, updated, generating, pinned }) {
    const row = this.#list.row(id) ?? this.#add(id);
    row.dataset.updated = updated;
    row.toggleAttribute("data-pinned", Boolean(pinned));
    row.toggleAttribute("data-generating", generating);
    row.querySelector("[data-part=title]").textContent = title || gettext("Untitled");
    row.querySelector("[data-part=state]").hidden = !generating;
  }

  #takeAway(id) {
    const row = this.#list.row(id);
    if (!row) {
      return;
    }
    this.#on.left(row);
    const focused = row.contains(document.activeElement);
    const neighbour = this.#list.remove(row);
    this.#empty.hidden = this.#list.rows.length > 0;
    if (focused) {
      (neighbour?.querySelector("a") ?? this.#element.querySelector("[data-action=new-chat]")).focus();
    }
  }

  #clicked(event) {
    const row = event.target.closest("[data-conversation]");
    if (event.target.closest("[data-conversation-link]") && isPlain(event)) {
      event.preventDefault();
      this.#on.open(row.dataset.conversation);
    }
  }

  #add(id) {
    const row = this.#template.content.querySelector("[data-conversation]").cloneNode(true);
    const title = row.querySelector("[data-part=title]");
    row.dataset.conversation = id;
    title.id = `title-${id}`;
    row.querySelector("[data-conversation-link]").setAttribute("href", `/c/${id}/`);
    row.querySelector("[data-menu]").setAttribute("aria-describedby", title.id);
    this.#list.add(row);
    this.#empty.hidden = true;
    return row;
  }
}

function isPlain(event) {
  return (
    event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey && !event.defaultPrevented
  );
}
