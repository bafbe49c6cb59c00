import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Drafts } from "../../static/js/drafts.js";
import { Editing } from "../../static/js/editing.js";
import { Storage } from "./support/storage.js";

// An element of the editor, as far as editor.js knows it.
class Part extends EventTarget {
  value = "";

  focus() {}
}

let boxes;
let storage;
let desk;
let editing;

function form() {
  const parts = { text: new Part(), notice: new Part(), cancel: new Part() };
  boxes.push(parts.text);
  const find = (selector) => parts[/text|notice|cancel/.exec(selector)[0]];
  return Object.assign(new EventTarget(), { querySelector: find });
}

function type(text, box = boxes.at(-1)) {
  box.value = text;
  box.dispatchEvent(new Event("input"));
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  globalThis.CSS = { supports: () => true };
  globalThis.document = { activeElement: null };
  boxes = [];
  storage = new Storage();
  desk = { drafts: new Drafts(storage, "alice") };
  const template = { content: { querySelector: () => ({ cloneNode: form }) } };
  editing = new Editing(template, desk, { view: () => ({ edit() {} }), send: () => "", limit: () => 1_000 });
});

const kept = (id) => storage.getItem(`brook:draft:alice:edit:${id}`);

test("what is typed is stored a moment after the last key, not with every key", () => {
  editing.open({ id: "q", content: "Hi" });
  type("Hi t");
  mock.timers.tick(200);
  type("Hi th");
  mock.timers.tick(299);
  assert.equal(kept("q"), null);
  mock.timers.tick(1);
  assert.equal(kept("q"), "Hi th");
});

test("it is stored at once when the page is left, and when another message is written in", () => {
  editing.open({ id: "q", content: "Hi" });
  type("Hi there");
  editing.flush();
  assert.equal(kept("q"), "Hi there");
  type("Hi there, you");
  editing.open({ id: "r", content: "Ho" });
  type("Ho ho");
  assert.equal(kept("q"), "Hi there, you");
});

test("the last words go where they belong, whatever is shown by then", () => {
  editing.open({ id: "q", content: "Hi" });
  type("A secret");
  desk.drafts = new Drafts(new Storage(), "alice");
  mock.timers.tick(300);
  assert.equal(kept("q"), "A secret");
  editing.open({ id: "q", content: "Hi" });
  assert.equal(boxes.at(-1).value, "Hi");
});
