// The list of shortcuts, under "?" and behind a button; made when it is first asked for.

import { make } from "./elements.js";
import { isMac } from "./keyboard.js";
import { isCharacter, keysOf, SHORTCUTS } from "./shortcuts.js";

/**
 * @param {HTMLDialogElement} dialog
 * @param {import("./keyboard.js").Keyboard} keyboard
 */
export function showShortcuts(dialog, keyboard) {
  const list = dialog.querySelector("[data-part=list]");
  if (list.childElementCount === 0) {
    list.append(...SHORTCUTS.map(rowOf));
    mark(dialog, keyboard.characters);
    const box = dialog.querySelector("[data-part=characters]");
    box.addEventListener("change", () => mark(dialog, (keyboard.characters = box.checked)));
  }
  dialog.showModal();
}

function rowOf(shortcut) {
  const row = make("div", "shortcut");
  const keys = make("dd", "shortcut-keys");
  const words = make("dt", "shortcut-words", shortcut.words());
  keys.append(...keysOf(shortcut, isMac).map((key) => make("kbd", "key", key)));
  row.toggleAttribute("data-character", isCharacter(shortcut));
  row.append(words, keys);
  return row;
}

function mark(dialog, characters) {
  dialog.querySelector("[data-part=characters]").checked = characters;
  dialog.toggleAttribute("data-characters-off", !characters);
}
