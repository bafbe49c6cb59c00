// The list of conversations, shown and put away. On a narrow screen it is a drawer: it opens over the page, takes the focus,
// and gives it back. On a wide one it stands beside the page, and can be folded away.

import { fold } from "./folding.js";

export class Drawer {
  #shell;
  #panel;
  #rest;
  #storage;
  #opener;
  #wide = matchMedia("(width >= 56rem)");

  /**
   * @param {HTMLElement} shell carries `data-drawer` while the drawer is open
   * @param {HTMLElement} panel
   * @param {HTMLElement} rest what cannot be reached meanwhile
   * @param {Storage} storage
   */
  constructor(shell, panel, rest, storage) {
    this.#shell = shell;
    this.#panel = panel;
    this.#rest = rest;
    this.#storage = storage;
    this.#opener = shell.querySelector("[data-action=open-drawer]");
    this.#opener.addEventListener("click", () => this.open());
    for (const closer of shell.querySelectorAll("[data-action=close-drawer]")) {
      closer.addEventListener("click", () => this.putAway());
    }
    panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.isOpen) {
        event.stopPropagation();
        this.close();
      }
    });
    this.#wide.addEventListener("change", ({ matches }) => matches && this.close());
    this.#say();
  }

  /** @returns {boolean} does it lie over the page? */
  get isOpen() {
    return this.#shell.hasAttribute("data-drawer");
  }

  open() {
    if (this.#wide.matches) {
      this.#fold(false);
    } else {
      this.#mark(true);
    }
    const current = this.#panel.querySelector("[aria-current]") ?? this.#panel.querySelector("[data-action=new-chat]");
    current.focus();
  }

  /** The drawer, if it is open: somebody went where it leads. */
  close() {
    if (this.isOpen) {
      this.#mark(false);
      this.#opener.focus({ preventScroll: true });
    }
  }

  /** The list, however it is shown. */
  putAway() {
    this.close();
    if (this.#wide.matches) {
      this.#fold(true);
      this.#opener.focus({ preventScroll: true });
    }
  }

  toggle() {
    const shown = this.#wide.matches ? !this.#folded : this.isOpen;
    shown ? this.putAway() : this.open();
  }

  get #folded() {
    return document.documentElement.hasAttribute("data-folded");
  }

  #fold(folded) {
    fold(document.documentElement, this.#storage, folded);
    this.#say();
  }

  #mark(open) {
    this.#shell.toggleAttribute("data-drawer", open);
    this.#rest.inert = open;
    this.#say();
  }

  #say() {
    this.#opener.setAttribute("aria-expanded", String(this.isOpen || (this.#wide.matches && !this.#folded)));
  }
}
