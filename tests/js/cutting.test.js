import assert from "node:assert/strict";
import { test } from "node:test";

import { cutAt, cutAtLine } from "../../static/js/cutting.js";

test("a text is cut behind its last space", () => assert.equal(cutAt("one two thr"), 8));

test("a text without a space is cut at its end, but not in a character", () => {
  assert.equal(cutAt("onetwothree"), 11);
  assert.equal(cutAt("one\ud83d"), 3);
});

test("blocks are cut before the last line that is not indented", () => {
  assert.equal(cutAtLine("- a\n  b\n- c\n  d\n  e"), 8);
  assert.equal(cutAtLine("- a\n\n  b\n  c"), 9);
});

test("one line is cut at a space", () => assert.equal(cutAtLine("one two thr"), 8));

test("nothing is cut into nothing", () => {
  for (const text of ["\n", " ", "\na", "a\n", " a", "a", "\n\n", "  \n "]) {
    assert.ok(cutAtLine(text) > 0, JSON.stringify(text));
    assert.ok(cutAt(text) > 0, JSON.stringify(text));
  }
});
