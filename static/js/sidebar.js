// The list of conversations: which one is shown, which are being written, and the newest first.

export class Sidebar {
  #list;
  #empty;
  #template;

  /**
   * @param {HTMLElement} element
   * @param {HTMLTemplateElement} template one row
   * @param {(id: string) => void} open a link was followed in this page; other clicks are the browser's
   */
  constructor(element, template, open) {
    this.#list = element.querySelector("[data-conversations]");
    this.#empty = element.querySelector("[data-conversations-empty]");
    this.#template = template;
    this.#list.addEventListener("click", (event) => {
      const link = event.target.closest("[data-conversation-link]");
      if (link && isPlain(event)) {
        event.preventDefault();
        open(link.closest("[data-conversation]").dataset.conversation);
      }
    });
  }

  /**
   * Something about a conversation changed: it becomes the first of the list.
   * @param {{id: string, title: string, generating: boolean}} summary
   * @param {{raise: boolean}} options false: it was only looked at, and keeps its place
   */
  update({ id, title, generating }, { raise }) {
    const row = this.#row(id) ?? this.#add(id);
    row.toggleAttribute("data-generating", generating);
    row.querySelector("[data-part=title]").textContent = title || "Untitled";
    row.querySelector("[data-part=state]").hidden = !generating;
    if (raise && row !== this.#list.firstElementChild) {
      this.#raise(row);
    }
  }

  /** @param {string | null} id the shown conversation */
  set current(id) {
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

  #row(id) {
    return [...this.#list.children].find((row) => row.dataset.conversation === id);
  }

  #add(id) {
    const row = this.#template.content.querySelector("[data-conversation]").cloneNode(true);
    row.dataset.conversation = id;
    row.querySelector("[data-conversation-link]").setAttribute("href", `/c/${id}/`);
    this.#list.prepend(row);
    this.#empty.hidden = true;
    return row;
  }

  #raise(row) {
    const focused = row.contains(document.activeElement) ? document.activeElement : null;
    this.#list.prepend(row);
    focused?.focus({ preventScroll: true });
  }
}

function isPlain(event) {
  return (
    event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey && !event.defaultPrevented
  );
}
