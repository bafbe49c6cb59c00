import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Opener } from "../../static/js/opener.js";

let asked;
let opener;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  asked = 0;
  opener = new Opener(() => (asked += 1));
});

test("a hole is asked about at once when nothing was asked lately", () => {
  opener.reopen();
  mock.timers.tick(0);
  assert.equal(asked, 1);
});

test("holes soon after a question wait for two seconds, and are one question", () => {
  opener.open();
  opener.reopen();
  opener.reopen();
  mock.timers.tick(1_999);
  assert.equal(asked, 1);
  mock.timers.tick(1);
  assert.equal(asked, 2);
});

test("the answer takes the question back", () => {
  opener.open();
  opener.reopen();
  opener.answered();
  mock.timers.tick(10_000);
  assert.equal(asked, 1);
});
