import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Desk } from "../../static/js/desk.js";
import { Drafts } from "../../static/js/drafts.js";
import { Storage } from "./support/storage.js";

class Composer {
  text = "";
  words = "";

  say(words) {
    this.words = words;
  }

  giveBack(text) {
    this.text = text + this.text;
  }
}

let composer;
let drafts;
let edited;
let desk;
const shown = { id: "c", row: (id) => (id === "q" ? { id } : undefined) };
const item = (conversation, command) => ({ conversation, command: { content: "Hi", ...command } });

beforeEach(() => {
  composer = new Composer();
  drafts = new Drafts(new Storage(), "alice");
  edited = [];
  desk = new Desk({ composer, drafts, page: { editor: (...editor) => edited.push(editor) } });
});

test("showing a conversation brings its draft", () => {
  drafts.write("c", "Half a thought");
  desk.show("c");
  assert.equal(composer.text, "Half a thought");
});

test("what was typed while a new chat became a conversation belongs to that conversation", () => {
  composer.text = "And then";
  drafts.write(null, "And");
  desk.adopt("c");
  assert.equal(drafts.read(null), "");
  assert.equal(drafts.read("c"), "And then");
});

test("a refused message comes back, with the words why", () => {
  desk.giveBack(item("c", { type: "send" }), "Busy.", shown);
  assert.equal(composer.text, "Hi");
  assert.equal(composer.words, "Busy.");
});

test("a refused edit comes back to its editor, or to the composer where the message is gone", () => {
  desk.giveBack(item("c", { type: "edit", message: "q" }), "Busy.", shown);
  assert.deepEqual(edited, [[{ id: "q" }, "Hi", "Busy."]]);
  desk.giveBack(item("c", { type: "edit", message: "gone" }), "", shown);
  assert.equal(composer.text, "Hi");
});

test("a refused message of another conversation waits there, before what was typed since", () => {
  drafts.write("d", "Later");
  desk.giveBack(item("d", { type: "send" }), "Busy.", shown);
  assert.equal(drafts.read("d"), "Hi\n\nLater");
  assert.equal(composer.text, "");
});

test("a refusal of what carried no text is told", () => {
  desk.giveBack(undefined, "There is no such conversation.", shown);
  assert.equal(composer.words, "There is no such conversation.");
});
