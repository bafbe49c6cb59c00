// The list of conversations: which one is shown, which are being written, which are pinned. What is asked of it is offered
// to `on`; what it shows changes only when the server says so.

import { GroupedList } from "./grouped-list.js";
import { openerOf } from "./menu.js";
import { openRenaming } from "./renaming.js";
import { gettext } from "./words.js";

export class Sidebar {
  #element;
  #list;
  #empty;
  #template;
  #menu;
  #on;
  #current = null;
  #renamed = null;
  #giveUpRenaming = () => {};
  #told = new Set();

  /**
   * @param {HTMLElement} element
   * @param {HTMLTemplateElement} template one row
   * @param {object} on
   * @param {(id: string) => void} on.open a link was followed in this page; other clicks are the browser's
   * @param {(id: string, title: string) => void} on.rename
   * @param {(id: string, pinned: boolean) => void} on.pin
   * @param {(id: string) => void} on.archive
   * @param {(id: string) => void} on.remove
   */
  constructor(element, template, on) {
    this.#element = element;
    this.#list = new GroupedList(element.querySelector("[data-conversations]"));
    this.#empty = element.querySelector("[data-conversations-empty]");
    this.#menu = element.querySelector("[data-conversation-menu]");
    this.#template = template;
    this.#on = on;
    element.querySelector("[data-conversations]").addEventListener("click", (event) => this.#clicked(event));
    this.#menu.addEventListener("menu-open", () => this.#prepareMenu());
    this.#menu.addEventListener("menu-close", () => this.#renamed === null && this.#list.release());
    this.#menu.addEventListener("click", ({ target }) => this.#chosen(target.closest("[data-action]")?.dataset.action));
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
   * Something about a conversation may have changed.
   * @param {{id: string, title: string, updated: string, generating: boolean, pinned: boolean, archived: boolean}} summary
   */
  update(summary) {
    this.#told.add(summary.id);
    if (summary.archived) {
      this.#takeAway(summary.id);
    } else {
      this.#show(summary);
      this.#list.arrange();
    }
  }

  /** @param {string} id it is gone */
  remove(id) {
    this.#told.add(id);
    this.#takeAway(id);
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
    if (row === this.#renamed) {
      this.#giveUpRenaming();
    }
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

  // One menu for all rows: before it opens, it is made that of its row.
  #prepareMenu() {
    this.#list.hold();
    const { conversation, pinned } = this.#row.dataset;
    this.#menu.querySelector("[data-part=pin]").textContent = pinned === undefined ? gettext("Pin") : gettext("Unpin");
    for (const link of this.#menu.querySelectorAll("[data-export]")) {
      link.href = link.dataset.export.replace(NO_ID, conversation);
    }
  }

  #chosen(action) {
    const { conversation, pinned } = this.#row.dataset;
    const actions = {
      rename: () => this.#rename(this.#row),
      pin: () => this.#on.pin(conversation, pinned === undefined),
      archive: () => this.#on.archive(conversation),
      delete: () => this.#on.remove(conversation),
    };
    actions[action]?.();
  }

  get #row() {
    return openerOf(this.#menu).closest("[data-conversation]");
  }

  #rename(row) {
    this.#giveUpRenaming(); // a box with a title that is too long is still open
    this.#list.hold();
    this.#renamed = row;
    this.#giveUpRenaming = openRenaming(row, {
      save: (title) => this.#on.rename(row.dataset.conversation, title),
      ended: () => {
        this.#renamed = null;
        this.#list.release();
      },
    });
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

const NO_ID = "00000000-0000-0000-0000-000000000000"; // stands in an address for the conversation's

function isPlain(event) {
  return (
    event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey && !event.defaultPrevented
  );
}
