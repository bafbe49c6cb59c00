// Listens for the shortcuts, wherever the focus is, and knows whether single characters are among them.

import { shortcutOf } from "./shortcuts.js";

const OFF = "brook:characters-off";

export const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

export class Keyboard {
  #storage;
  #characters;
  #on;

  /**
   * @param {Storage} storage
   * @param {Record<string, () => void>} on a function for each name of `SHORTCUTS`
   */
  constructor(storage, on) {
    this.#storage = storage;
    this.#characters = storage.getItem(OFF) === null;
    this.#on = on;
    document.addEventListener("keydown", (event) => this.#pressed(event));
  }

  /** @returns {boolean} do single characters do something? */
  get characters() {
    return this.#characters;
  }

  set characters(on) {
    this.#characters = on;
    try {
      on ? this.#storage.removeItem(OFF) : this.#storage.setItem(OFF, "1");
    } catch {
      // A full storage: it is so on this page alone.
    }
  }

  #pressed(event) {
    const name = shortcutOf(event, { mac: isMac, typing: isTyping(event.target), characters: this.#characters });
    if (!name || document.querySelector("dialog:modal")) {
      return; // a dialog has its own keys, and hides what a shortcut would show
    }
    if (name !== "stop") {
      event.preventDefault();
    }
    this.#on[name]();
  }
}

function isTyping(target) {
  return target.matches?.("input, textarea, select, [contenteditable]") ?? false;
}
