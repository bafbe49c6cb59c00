import assert from "node:assert/strict";
import { test } from "node:test";
import { isCharacter, keysOf, SHORTCUTS, shortcutOf } from "../../static/js/shortcuts.js";

const idle = { mac: false, typing: false, characters: true };

function press(key, held = {}, now = {}) {
  const event = { key, code: "", ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...held };
  return shortcutOf(event, { ...idle, ...now });
}

test("every shortcut is heard by its own keys, and by no other's", () => {
  const heard = SHORTCUTS.filter(({ elsewhere }) => !elsewhere);
  const names = heard.map(({ key, ctrl = false, shift = false }) => press(key, { ctrlKey: ctrl, shiftKey: shift }));
  assert.deepEqual(names, heard.map(({ name }) => name));
  assert.equal(new Set(names).size, names.length);
});

test("Ctrl is Cmd on a Mac, and only there", () => {
  const shiftKey = true;
  assert.equal(press("O", { metaKey: true, shiftKey }, { mac: true }), "new");
  assert.equal(press("O", { ctrlKey: true, shiftKey }, { mac: true }), "");
  assert.equal(press("O", { metaKey: true, shiftKey }), "");
  assert.equal(press("O", { ctrlKey: true, metaKey: true, shiftKey }), "");
});

test("both open the search, on every system", () => {
  for (const mac of [true, false]) {
    assert.equal(press("k", { metaKey: true }, { mac }), "search");
    assert.equal(press("k", { ctrlKey: true }, { mac }), "search");
    assert.equal(press("k", { ctrlKey: true, metaKey: true }, { mac }), "");
  }
});

test("Shift makes letters large, and makes another shortcut of them", () => {
  assert.equal(press("O", { ctrlKey: true, shiftKey: true }), "new");
  assert.equal(press("o", { ctrlKey: true }), "");
  assert.equal(press("K", { ctrlKey: true, shiftKey: true }), "");
});

test("on a keyboard without Latin letters the place of the key decides", () => {
  assert.equal(press("л", { ctrlKey: true, code: "KeyK" }), "search");
  assert.equal(press("k", { ctrlKey: true, code: "KeyV" }), "search"); // Dvorak: the letter does
});

test("a single character does nothing while something is typed, or when it is switched off", () => {
  for (const key of ["/", "?"]) {
    assert.notEqual(press(key), "");
    assert.equal(press(key, {}, { typing: true }), "");
    assert.equal(press(key, {}, { characters: false }), "");
  }
  assert.equal(press("k", { ctrlKey: true }, { typing: true, characters: false }), "search");
  assert.equal(press("Escape", {}, { typing: true, characters: false }), "stop");
});

test("undo is the text box's own while something is typed", () => {
  assert.equal(press("z", { ctrlKey: true }), "undo");
  assert.equal(press("z", { ctrlKey: true }, { typing: true }), "");
});

test("a word that is being composed, AltGr, and what was used already are no shortcuts", () => {
  assert.equal(press("Escape", { isComposing: true }), "");
  assert.equal(press("Escape", { keyCode: 229 }), "");
  assert.equal(press("k", { ctrlKey: true, altKey: true }), "");
  assert.equal(press("/", { altKey: true }), "");
  assert.equal(press("Escape", { defaultPrevented: true }), "");
});

test("the keys are named as they are printed, and every shortcut has words", () => {
  const search = SHORTCUTS.find(({ name }) => name === "search");
  const start = SHORTCUTS.find(({ name }) => name === "new");
  assert.deepEqual(keysOf(search, false), ["Ctrl", "K"]);
  assert.deepEqual(keysOf(start, true), ["⌘", "⇧", "O"]);
  assert.deepEqual(SHORTCUTS.filter(isCharacter).map(({ key }) => key), ["/", "?"]);
  assert.ok(SHORTCUTS.every(({ words }) => words().length > 0));
});
