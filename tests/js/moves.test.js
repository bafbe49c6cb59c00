import assert from "node:assert/strict";
import { test } from "node:test";
import { moveOf } from "../../static/js/moves.js";

function moved(key, held = {}, focus = {}) {
  return moveOf({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...held }, focus);
}

const KEYS = ["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"];
const empty = { field: { empty: true, scrolls: false } };
const text = { field: { empty: false, scrolls: false } };
const longText = { field: { empty: false, scrolls: true } };

test("while the focus is nowhere every key of reading moves, and Space is a page", () => {
  assert.deepEqual(KEYS.map((key) => moved(key, {}, { nowhere: true })), KEYS);
  assert.equal(moved(" ", {}, { nowhere: true }), "PageDown");
  assert.equal(moved(" ", { shiftKey: true }, { nowhere: true }), "PageUp");
  assert.equal(moved("a", {}, { nowhere: true }), "");
});

test("on a button Space is the button's", () => {
  assert.equal(moved(" "), "");
  assert.equal(moved("PageUp"), "PageUp");
});

test("in what scrolls the browser does all but what leads to an end", () => {
  assert.deepEqual(KEYS.filter((key) => moved(key, {}, { inside: true })), ["Home", "End"]);
});

test("an empty box leaves pages and ends, and keeps the arrows", () => {
  assert.deepEqual(KEYS.filter((key) => moved(key, {}, empty)), ["PageUp", "PageDown", "Home", "End"]);
  assert.equal(moved("Home", { ctrlKey: true }, empty), "Home");
  assert.equal(moved("PageUp", { shiftKey: true }, empty), "PageUp");
  assert.equal(moved(" ", {}, empty), "");
});

test("a box with a text leaves pages, unless it scrolls itself or selects", () => {
  assert.deepEqual(KEYS.filter((key) => moved(key, {}, text)), ["PageUp", "PageDown"]);
  assert.equal(moved("Home", { ctrlKey: true }, text), "");
  assert.equal(moved("PageUp", { shiftKey: true }, text), "");
  assert.deepEqual(KEYS.filter((key) => moved(key, {}, longText)), []);
});

test("what is held makes another key of it", () => {
  for (const held of [{ altKey: true }, { metaKey: true }]) {
    assert.deepEqual(KEYS.filter((key) => moved(key, held, { nowhere: true })), []);
  }
  assert.equal(moved("End", { shiftKey: true }, { nowhere: true }), "", "it selects");
  assert.equal(moved("PageUp", { ctrlKey: true }, { nowhere: true }), "", "the browser's tabs");
  assert.equal(moved("End", { ctrlKey: true }, { nowhere: true }), "End");
});
