// The list of conversations: which one is shown, which are being written, the newest first. What is asked of it is
// offered to `on`; what it shows changes only when the server says so.

import { openRenaming } from "./renaming.js";

export class Sidebar {
  #element;
  #list;
  #empty;
  #template;
  #on;
  #current = null;
  #giveUpRenaming = () => {};
  #told = new Set();

  /**
   * @param {HTMLElement} element
   * @param {HTMLTemplateElement} template one row
   * @param {object} on
   * @param {(id: string) => void} on.open a link was followed in this page; other clicks are the browser's
   * @param {(id: string, title: string) => void} on.rename
   * @param {(id: string, title: string) => void} on.remove
   */
  constructor(element, template, on) {
    this.#element = element;
    this.#list = element.querySelector("[data-conversations]");
    this.#empty = element.querySelector("[data-conversations-empty]");
    this.#template = template;
    this.#on = on;
    this.#list.addEventListener("click", (event) => this.#clicked(event));
  }

  /** @returns {boolean} whether an answer is being written in any of them */
  get busy() {
    return this.#list.querySelector("[data-generating]") !== null;
  }

  /** @param {string | null} id the shown conversation */
  set current(id) {
    this.#current = id;
    for (const link of this.#list.querySelectorAll("[aria-current]")) {
      link.removeAttribute("aria-current");
    }
    this.#row(id)?.querySelector("[data-conversation-link]").setAttribute("aria-current", "page");
  }

  /**
   * @param {string} id
   * @returns {string}
   */
  title(id) {
    return this.#row(id)?.querySelector("[data-part=title]").textContent ?? "";
  }

  /**
   * Something about a conversation may have changed.
   * @param {{id: string, title: string, updated: string, generating: boolean}} summary
   */
  update(summary) {
    const row = this.#row(summary.id) ?? this.#add(summary.id);
    this.#told.add(summary.id);
    row.dataset.updated = summary.updated;
    row.toggleAttribute("data-generating", summary.generating);
    row.querySelector("[data-part=title]").textContent = summary.title || "Untitled";
    row.querySelector("[data-part=state]").hidden = !summary.generating;
    if (!row.hasAttribute("data-renaming")) {
      this.#place(row);
    }
  }

  /** @param {string} id it is gone */
  remove(id) {
    const row = this.#row(id);
    this.#told.add(id);
    if (row?.hasAttribute("data-renaming")) {
      this.#giveUpRenaming();
    }
    const focused = row?.contains(document.activeElement);
    const neighbour = row?.nextElementSibling ?? row?.previousElementSibling;
    row?.remove();
    this.#empty.hidden = this.#list.childElementCount > 0;
    if (focused) {
      (neighbour?.querySelector("a") ?? this.#element.querySelector("[data-action=new-chat]")).focus();
    }
  }

  /** A whole list is being asked for: what is told from now on is newer than that list. */
  awaitList() {
    this.#told.clear();
  }

  /** @param {{id: string, title: string, updated: string, generating: boolean}[]} summaries every one there is */
  takeList(summaries) {
    const told = new Set(this.#told);
    const listed = new Set(summaries.map(({ id }) => id));
    for (const { dataset } of [...this.#list.children]) {
      if (!listed.has(dataset.conversation) && !told.has(dataset.conversation)) {
        this.remove(dataset.conversation);
      }
    }
    summaries.filter(({ id }) => !told.has(id)).forEach((summary) => this.update(summary));
    this.current = this.#current;
  }

  #clicked(event) {
    const row = event.target.closest("[data-conversation]");
    const id = row?.dataset.conversation;
    const action = event.target.closest("[data-action]")?.dataset.action;
    if (action === "rename") {
      this.#giveUpRenaming = openRenaming(row, (title) => this.#on.rename(id, title));
    } else if (action === "delete") {
      this.#on.remove(id, this.title(id));
    } else if (event.target.closest("[data-conversation-link]") && isPlain(event)) {
      event.preventDefault();
      this.#on.open(id);
    }
  }

  #row(id) {
    return [...this.#list.children].find((row) => row.dataset.conversation === id);
  }

  #add(id) {
    const row = this.#template.content.querySelector("[data-conversation]").cloneNode(true);
    const title = row.querySelector("[data-part=title]");
    row.dataset.conversation = id;
    title.id = `title-${id}`;
    row.querySelector("[data-conversation-link]").setAttribute("href", `/c/${id}/`);
    for (const button of row.querySelectorAll("[data-action]")) {
      button.setAttribute("aria-describedby", title.id);
    }
    this.#empty.hidden = true;
    return row;
  }

  #place(row) {
    const older = [...this.#list.children].find((other) => other !== row && age(other) > age(row)) ?? null;
    if (row.parentElement && row.nextElementSibling === older) {
      return;
    }
    const focused = row.contains(document.activeElement) ? document.activeElement : null;
    this.#list.insertBefore(row, older);
    focused?.focus({ preventScroll: true });
  }
}

function age(row) {
  return -Date.parse(row.dataset.updated);
}

function isPlain(event) {
  return (
    event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey && !event.defaultPrevented
  );
}
