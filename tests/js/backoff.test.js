import assert from "node:assert/strict";
import { test } from "node:test";

import { backoff } from "../../static/js/backoff.js";

const most = () => 1;
const least = () => 0;

test("the first wait is at most half a second", () => {
  assert.equal(backoff(0, most), 500);
});

test("waits double up to fifteen seconds, and stay there", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6, 1000].map((failures) => backoff(failures, most)), [
    1000, 2000, 4000, 8000, 15000, 15000, 15000,
  ]);
});

test("half of each wait is left to chance", () => {
  assert.equal(backoff(2, least), 1000);
});
