// The menu of models that may write another answer. The list is asked for when the menu is opened, and kept.

import { closeMenu, openerOf } from "./menu.js";
import { gettext } from "./words.js";

export class ModelMenu {
  #menu;
  #models = null;

  /**
   * @param {HTMLElement} menu
   * @param {object} on
   * @param {() => {id: string}[] | null} on.known the models, if something else has asked for them already
   * @param {() => boolean} on.ask asks for `models`; whether it could
   * @param {(model: string, opener: HTMLElement) => void} on.choose
   */
  constructor(menu, on) {
    this.#menu = menu;
    menu.addEventListener("menu-open", () => {
      this.#models = on.known() ?? this.#models;
      const asked = on.ask();
      this.#models?.length ? this.#list() : this.#say(asked ? gettext("Asking for the models…") : gettext("Not connected just now."));
    });
    menu.addEventListener("click", ({ target }) => {
      const item = target.closest("[data-model]");
      if (item) {
        on.choose(item.dataset.model, openerOf(menu));
      }
    });
  }

  /** @param {{id: string}[]} models */
  take(models) {
    const same = JSON.stringify(models) === JSON.stringify(this.#models);
    this.#models = models;
    if (this.#menu.matches(":popover-open") && !same) {
      const opener = openerOf(this.#menu);
      closeMenu();
      opener.click(); // again, at the place where it has room
    }
  }

  #list() {
    this.#menu.replaceChildren(
      named(gettext("Answer again with")),
      ...this.#models.map(({ id }) => {
        const item = document.createElement("button");
        item.type = "button";
        item.className = "menu-item";
        item.dataset.model = id;
        item.textContent = id;
        return item;
      }),
    );
  }

  #say(words) {
    this.#menu.replaceChildren(named(this.#models ? gettext("This server names no models to choose from.") : words));
  }
}

function named(words) {
  const line = document.createElement("p");
  line.className = "menu-name";
  line.textContent = words;
  return line;
}
