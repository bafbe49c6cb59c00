import assert from "node:assert/strict";
import { test } from "node:test";

import { moved, needsBox, offered } from "../../static/js/model-list.js";

const models = (...ids) => ids.map((id) => ({ id, images: null }));
const ids = (list) => list.map(({ id }) => id);

test("a short list needs no search, a long one and none at all need a box", () => {
  assert.equal(needsBox(models("a", "b")), false);
  assert.equal(needsBox(models(..."abcdefghi")), true);
  assert.equal(needsBox([]), true);
  assert.equal(needsBox(null), false);
});

test("every typed word must be in the name, wherever", () => {
  const all = models("qwen3-4b-instruct", "Llama-3-8B", "qwen3-30b");
  assert.deepEqual(ids(offered(all, "30 QWEN")), ["qwen3-30b"]);
  assert.deepEqual(ids(offered(all, "")), ids(all));
  assert.deepEqual(ids(offered(all, "gpt")), []);
});

test("where there is no list, a typed name is taken as it is", () => {
  assert.deepEqual(ids(offered([], "  My-Model ")), ["My-Model"]);
  assert.deepEqual(offered([], " "), []);
});

test("the arrow keys stay within the list", () => {
  assert.equal(moved(-1, "ArrowDown", 3), 0);
  assert.equal(moved(2, "ArrowDown", 3), 2);
  assert.equal(moved(0, "ArrowUp", 3), 0);
  assert.equal(moved(0, "End", 3), 2);
  assert.equal(moved(2, "Home", 3), 0);
  assert.equal(moved(-1, "ArrowDown", 0), -1);
});
