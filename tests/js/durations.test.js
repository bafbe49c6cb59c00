import assert from "node:assert/strict";
import { test } from "node:test";

import { duration } from "../../static/js/durations.js";

for (const [milliseconds, words] of [
  [0, "1 s"],
  [400, "1 s"],
  [1_600, "2 s"],
  [12_000, "12 s"],
  [59_600, "1 min 0 s"],
  [125_000, "2 min 5 s"],
]) {
  test(`${milliseconds} ms are "${words}"`, () => assert.equal(duration(milliseconds), words));
}
