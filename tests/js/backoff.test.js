import assert from "node:assert/strict";
import { test } from "node:test";

import { afterLoss, backoff, LOST, RESTARTING, SILENT, TOO_MANY } from "../../static/js/backoff.js";

const most = () => 1;
const least = () => 0;

test("the first wait is at most half a second", () => {
  assert.equal(backoff(0, most), 500);
});

test("waits double up to eight seconds, and stay there", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 1000].map((failures) => backoff(failures, most)), [
    1000, 2000, 4000, 8000, 8000, 8000,
  ]);
});

test("half of each wait is left to chance", () => {
  assert.equal(backoff(2, least), 1000);
});

for (const code of [RESTARTING, SILENT]) {
  test(`after ${code} the first try comes quickly, and nothing is said about it`, () => {
    assert.deepEqual(afterLoss(code, 0, most), { state: "connecting", wait: 300 });
    assert.deepEqual(afterLoss(code, 0, least), { state: "connecting", wait: 0 });
  });

  test(`after ${code} once more the tries come no quicker than after any other loss`, () => {
    assert.deepEqual(afterLoss(code, 1, most), { state: "offline", wait: 1000 });
  });
}

test("a server that has enough of this page is left alone for the longest wait", () => {
  assert.deepEqual(afterLoss(TOO_MANY, 0, most), { state: "limited", wait: 8000 });
});

test("a connection that was cut is said to be offline", () => {
  assert.deepEqual(afterLoss(LOST, 0, most), { state: "offline", wait: 500 });
});
