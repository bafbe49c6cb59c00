import assert from "node:assert/strict";
import { test } from "node:test";

import { decide } from "../../static/js/cursor.js";

test("a delta that begins at the cursor is accepted", () => {
  assert.equal(decide(10, { from: 10, to: 15 }), "accept");
});

test("a delta that brings nothing new is dropped", () => {
  assert.equal(decide(10, { from: 0, to: 10 }), "drop");
  assert.equal(decide(10, { from: 3, to: 7 }), "drop");
});

test("a delta beyond the cursor leaves a hole", () => {
  assert.equal(decide(10, { from: 12, to: 15 }), "hole");
});

test("a delta that overlaps the cursor cannot be cut by the browser: it counts as a hole", () => {
  assert.equal(decide(10, { from: 8, to: 15 }), "hole");
});

test("whatever is lost, repeated or late, what is shown is a prefix of the text", () => {
  const text = "abcdefghijklmnopqrstuvwxyz";
  let seed = 7;
  const random = (below) => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  for (let round = 0; round < 300; round += 1) {
    let shown = "";
    for (let step = 0; step < 30; step += 1) {
      const from = random(text.length);
      const to = from + random(text.length - from + 1);
      if (decide(shown.length, { from, to }) === "accept") {
        shown += text.slice(from, to);
      }
      assert.ok(text.startsWith(shown));
    }
  }
});
