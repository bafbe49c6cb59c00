// On a narrow screen the list of conversations is a drawer: it opens over the page, takes the focus, and gives it back.

export class Drawer {
  #shell;
  #panel;
  #rest;
  #opener;

  /**
   * @param {HTMLElement} shell carries `data-drawer` while it is open
   * @param {HTMLElement} panel
   * @param {HTMLElement} rest what cannot be reached meanwhile
   */
  constructor(shell, panel, rest) {
    this.#shell = shell;
    this.#panel = panel;
    this.#rest = rest;
    this.#opener = shell.querySelector("[data-action=open-drawer]");
    this.#opener.addEventListener("click", () => this.open());
    for (const closer of shell.querySelectorAll("[data-action=close-drawer]")) {
      closer.addEventListener("click", () => this.close());
    }
    panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.isOpen) {
        event.stopPropagation();
        this.close();
      }
    });
    matchMedia("(width >= 56rem)").addEventListener("change", ({ matches }) => matches && this.close());
  }

  get isOpen() {
    return this.#shell.hasAttribute("data-drawer");
  }

  open() {
    this.#mark(true);
    const current = this.#panel.querySelector("[aria-current]") ?? this.#panel.querySelector("[data-action=new-chat]");
    current.focus();
  }

  close() {
    if (this.isOpen) {
      this.#mark(false);
      this.#opener.focus({ preventScroll: true });
    }
  }

  #mark(open) {
    this.#shell.toggleAttribute("data-drawer", open);
    this.#rest.inert = open;
    this.#opener.setAttribute("aria-expanded", String(open));
  }
}
