import assert from "node:assert/strict";
import { test } from "node:test";

import { givesUp, looksBack, sends } from "../../static/js/keys.js";

const enter = { key: "Enter", shiftKey: false, isComposing: false, keyCode: 13 };
const up = { key: "ArrowUp" };

test("Enter sends, and Shift+Enter breaks the line", () => {
  assert.equal(sends(enter), true);
  assert.equal(sends({ ...enter, shiftKey: true }), false);
  assert.equal(sends({ ...enter, key: "a" }), false);
});

test("Enter that ends a composed word does not send, in Safari either", () => {
  assert.equal(sends({ ...enter, isComposing: true }), false);
  assert.equal(sends({ ...enter, keyCode: 229 }), false);
});

test("Escape gives up, unless it takes back a word that is being composed", () => {
  const escape = { key: "Escape", isComposing: false, keyCode: 27 };
  assert.equal(givesUp(escape), true);
  assert.equal(givesUp({ ...escape, key: "a" }), false);
  assert.equal(givesUp({ ...escape, isComposing: true }), false);
  assert.equal(givesUp({ ...escape, keyCode: 229 }), false);
});

test("where Enter breaks the line, Ctrl+Enter and Cmd+Enter send", () => {
  assert.equal(sends(enter, false), false);
  assert.equal(sends({ ...enter, ctrlKey: true }, false), true);
  assert.equal(sends({ ...enter, metaKey: true }, false), true);
  assert.equal(sends({ ...enter, ctrlKey: true }, true), true);
});

test("only the bare arrow looks back", () => {
  assert.equal(looksBack(up), true);
  for (const modifier of ["shiftKey", "ctrlKey", "metaKey", "altKey", "isComposing"]) {
    assert.equal(looksBack({ ...up, [modifier]: true }), false);
  }
});
