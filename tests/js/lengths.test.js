import assert from "node:assert/strict";
import { test } from "node:test";

import { codePoints, room } from "../../static/js/lengths.js";

test("a character outside the basic plane counts once, as on the server", () => {
  assert.equal(codePoints("a😀b"), 3);
  assert.equal(codePoints("😀😀"), 2);
});

test("half a pair counts once", () => {
  assert.equal(codePoints("\ud83d"), 1);
  assert.equal(codePoints("\ude00\ud83d"), 2);
});

test("the counter is silent until a tenth of the limit is left", () => {
  assert.deepEqual(room("x".repeat(89), 100), { over: false, words: "" });
  assert.deepEqual(room("x".repeat(95), 100), { over: false, words: "5 characters left" });
});

test("the limit itself still fits, one more does not", () => {
  assert.equal(room("x".repeat(100), 100).over, false);
  assert.deepEqual(room("x".repeat(101), 100), { over: true, words: "1 character too many" });
});

test("emoji are not counted twice against the limit", () => {
  assert.equal(room("😀".repeat(100), 100).over, false);
});
