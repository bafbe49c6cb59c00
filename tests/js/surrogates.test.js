import assert from "node:assert/strict";
import { test } from "node:test";

import { wellFormed } from "../../static/js/surrogates.js";

test("half a pair becomes the replacement character", () => {
  assert.equal(wellFormed("a\ud83d"), "a\ufffd");
  assert.equal(wellFormed("\ude00\ud83d b"), "\ufffd\ufffd b");
});

test("whole pairs and everything else stay as they are", () => {
  const text = "\ufeff a\n👩‍👧 مرحبا \u0000";
  assert.equal(wellFormed(text), text);
});
