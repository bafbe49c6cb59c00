// The menu of a conversation: one for all rows of the list and for the bar above the text. Before it opens, it is made that of
// the place where it was opened, which carries `data-conversation`, `data-pinned` and `data-archived`.

import { openerOf } from "./menu.js";
import { onDemand } from "./on-demand.js";
import { gettext } from "./words.js";

const NO_ID = "00000000-0000-0000-0000-000000000000"; // stands in an address for the conversation's

export class ConversationMenu {
  #menu;
  #on;
  #renamed = null;
  #giveUp = () => {};

  /**
   * @param {HTMLElement} menu
   * @param {object} on
   * @param {(id: string, title: string) => void} on.rename
   * @param {(id: string, pinned: boolean) => void} on.pin
   * @param {(id: string, archived: boolean) => void} on.archive
   * @param {(id: string) => void} on.remove
   * @param {() => void} on.hold somebody is at work in one of the places: none of them may move,
   * @param {() => void} on.release until now
   * @param {(words: string) => void} on.say why something was not done
   */
  constructor(menu, on) {
    this.#menu = menu;
    this.#on = on;
    menu.addEventListener("menu-open", () => this.#prepare());
    menu.addEventListener("menu-close", () => this.#renamed === null && on.release());
    menu.addEventListener("click", ({ target }) => this.#chosen(target.closest("[data-action]")?.dataset.action));
  }

  /** @param {HTMLElement} place that goes, or becomes another conversation's: a title that is being typed there is given up */
  giveUp(place) {
    if (place === this.#renamed) {
      this.#giveUp();
    }
  }

  /** There is a connection: what renaming needs is loaded, and is there without one, too. */
  connected() {
    load().catch(() => {});
  }

  get #place() {
    return openerOf(this.#menu).closest("[data-conversation]");
  }

  // It stands in the part of the page in which its button does, which may be all of it that is seen, or within reach.
  #prepare() {
    this.#on.hold();
    const { conversation, pinned, archived } = this.#place.dataset;
    this.#place.closest("nav, main").append(this.#menu);
    this.#name("pin", pinned === undefined ? gettext("Pin") : gettext("Unpin"));
    this.#name("archive", archived === undefined ? gettext("Archive") : gettext("Unarchive"));
    for (const link of this.#menu.querySelectorAll("[data-export]")) {
      link.href = link.dataset.export.replace(NO_ID, conversation);
    }
  }

  #name(part, words) {
    this.#menu.querySelector(`[data-part=${part}]`).textContent = words;
  }

  #chosen(action) {
    const { conversation, pinned, archived } = this.#place.dataset;
    const actions = {
      rename: () => this.#rename(this.#place),
      pin: () => this.#on.pin(conversation, pinned === undefined),
      archive: () => this.#on.archive(conversation, archived === undefined),
      delete: () => this.#on.remove(conversation),
    };
    actions[action]?.();
  }

  #rename(place) {
    this.#giveUp(); // a box with a title that is too long is still open
    this.#on.hold();
    this.#renamed = place;
    this.#giveUp = () => this.#ended();
    onDemand(load, ({ openRenaming }) => place === this.#renamed && this.#open(openRenaming, place), (words) => {
      this.#ended();
      this.#on.say(words);
    });
  }

  #open(openRenaming, place) {
    const { conversation } = place.dataset;
    this.#giveUp = openRenaming(place, {
      save: (title) => this.#on.rename(conversation, title),
      ended: () => this.#ended(),
    });
  }

  #ended() {
    this.#renamed = null;
    this.#giveUp = () => {};
    this.#on.release();
  }
}

function load() {
  return import("./renaming.js");
}
