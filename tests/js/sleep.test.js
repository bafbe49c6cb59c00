import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { watchSleep } from "../../static/js/sleep.js";

let woken;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setInterval", "Date"] });
  woken = 0;
  watchSleep(() => (woken += 1));
});

test("a machine that is awake is left alone", () => {
  for (let beat = 0; beat < 100; beat += 1) {
    mock.timers.tick(5_000);
  }
  assert.equal(woken, 0);
});

test("a timer that comes far too late tells of a sleep, once", () => {
  mock.timers.tick(5_000);
  const real = Date.now;
  Date.now = () => real() + 3_600_000; // the clock on the wall goes on in a sleep, the timers do not
  mock.timers.tick(5_000);
  mock.timers.tick(5_000);
  Date.now = real;
  assert.equal(woken, 1);
});
