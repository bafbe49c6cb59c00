// Every shortcut of the chat page, in one table: what the keyboard is listened for, and what the dialog under "?" lists. Pure.
//
// A shortcut with Ctrl (⌘ on a Mac) works everywhere, in the message box as well. A single character works only where
// nothing is being typed, and can be switched off (WCAG 2.1.4): speech input would press it by saying it. Ctrl+Shift+O, S and C
// are the browser's where the page has not the focus; other chats use the same, and none of them is a screen reader's.

import { composes } from "./keys.js";
import { gettext } from "./words.js";

/**
 * `name`: what is done, `key`: as KeyboardEvent says it, in lower case, `ctrl`, `shift`: with these held. `either`: Ctrl and ⌘ both
 * do it, on every system. `elsewhere`: another part of the page hears it, where it has the focus.
 */
export const SHORTCUTS = [
  { name: "search", ctrl: true, either: true, key: "k", words: () => gettext("Search everything that was said") },
  { name: "new", ctrl: true, shift: true, key: "o", words: () => gettext("New chat") },
  { name: "list", ctrl: true, shift: true, key: "s", words: () => gettext("Show or hide the list of conversations") },
  { name: "write", key: "/", words: () => gettext("Go to the message box") },
  { name: "send", elsewhere: true, ctrl: true, key: "Enter", words: () => gettext("Send the message, however Enter is set") },
  { name: "edit", elsewhere: true, key: "ArrowUp", words: () => gettext("Edit the last message, from an empty message box") },
  { name: "copy", ctrl: true, shift: true, key: "c", words: () => gettext("Copy the last answer") },
  { name: "stop", key: "Escape", words: () => gettext("Stop the answer") },
  { name: "undo", ctrl: true, key: "z", notTyping: true, words: () => gettext("Undo deleting, while its notice is there") },
  { name: "help", key: "?", words: () => gettext("These shortcuts") },
];

/**
 * @param {KeyboardEvent} event
 * @param {{mac: boolean, typing: boolean, characters: boolean}} now `typing`: into a text box; `characters`: single ones are on
 * @returns {string} the name of the shortcut that was pressed, or ""
 */
export function shortcutOf(event, { mac, typing, characters }) {
  if (composes(event) || event.altKey || event.defaultPrevented) {
    return ""; // AltGr is Ctrl+Alt to some browsers
  }
  const held = mac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
  const bare = !event.metaKey && !event.ctrlKey;
  const one = event.metaKey !== event.ctrlKey;
  const isHeld = ({ ctrl, either }) => (either ? one : ctrl ? held : bare);
  const found = SHORTCUTS.find((shortcut) => !shortcut.elsewhere && isHeld(shortcut) && isPressed(shortcut, event));
  if (!found || (isCharacter(found) && (typing || !characters)) || (found.notTyping && typing)) {
    return "";
  }
  return found.name;
}

/**
 * @param {object} shortcut of `SHORTCUTS`
 * @param {boolean} mac
 * @returns {string[]} the keys, as they are printed on them
 */
export function keysOf({ ctrl, shift, key }, mac) {
  const names = { Escape: "Esc", ArrowUp: "↑", Enter: mac ? "↩" : "Enter" };
  return [ctrl && (mac ? "⌘" : "Ctrl"), shift && (mac ? "⇧" : "Shift"), names[key] ?? key.toUpperCase()].filter(Boolean);
}

/**
 * @param {object} shortcut of `SHORTCUTS`
 * @returns {boolean} is it one character, without Ctrl?
 */
export function isCharacter({ ctrl, key }) {
  return !ctrl && key.length === 1;
}

// "?" and "/" stand behind Shift on some keyboards; where letters are not Latin ones, the place of the key decides.
function isPressed({ ctrl, shift = false, key }, event) {
  if (!ctrl) {
    return event.key === key;
  }
  const pressed = event.key.toLowerCase();
  const letter = pressed > "\x7f" ? event.code.replace(/^Key/, "").toLowerCase() : pressed;
  return letter === key && event.shiftKey === shift;
}
