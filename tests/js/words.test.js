import assert from "node:assert/strict";
import { before, test } from "node:test";

import * as english from "../../static/js/words.js";

const CATALOGUE = { Send: "Senden", "{count} file": ["{count} Datei", "{count} Dateien"], Half: ["", ""], Empty: "" };
let german;

before(async () => {
  globalThis.document = { getElementById: (id) => (id === "words" ? { textContent: JSON.stringify(CATALOGUE) } : null) };
  german = await import("../../static/js/words.js?german");
  delete globalThis.document;
});

test("without a catalogue the words are those of the source", () => {
  assert.equal(english.gettext("Send"), "Send");
  assert.equal(english.ngettext("{count} file", "{count} files", 1), "{count} file");
  assert.equal(english.ngettext("{count} file", "{count} files", 0), "{count} files");
});

test("with a catalogue they are its own", () => {
  assert.equal(german.gettext("Send"), "Senden");
});

test("one and many have words of their own", () => {
  const words = (count) => german.ngettext("{count} file", "{count} files", count);
  assert.equal(words(1), "{count} Datei");
  assert.equal(words(0), "{count} Dateien");
  assert.equal(words(7), "{count} Dateien");
});

test("what a catalogue does not have stays English", () => {
  assert.equal(german.gettext("Stop"), "Stop");
  assert.equal(german.gettext("Empty"), "Empty");
  assert.equal(german.ngettext("a word", "words", 2), "words");
  assert.equal(german.ngettext("Half", "Halves", 2), "Halves");
});

test("names in braces are filled in, and what has no value stays", () => {
  assert.equal(english.fill("{count} of {most} {what}", { count: 0, most: "9" }), "0 of 9 {what}");
  assert.equal(english.fill("{a}", { a: "{b}", b: "no" }), "{b}");
  assert.equal(english.fill("{a}", { a: "$&" }), "$&");
});
