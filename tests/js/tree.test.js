import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Tree } from "../../static/js/tree.js";

const row = (id, parent = null) => ({ id, parent, role: "user" });
const ids = (tree) => tree.path().map(({ id }) => id).join(" ");

let tree;

beforeEach(() => {
  tree = new Tree();
  tree.replace([row("q1"), row("a1", "q1"), row("q2", "a1"), row("a2", "q2")]);
});

test("an empty tree has an empty path", () => {
  assert.deepEqual(new Tree().path(), []);
});

test("the path of a conversation without forks is all of it", () => {
  assert.equal(ids(tree), "q1 a1 q2 a2");
});

test("a new sibling is shown, because it leads to the newest message", () => {
  tree.add(row("a2b", "q2"));
  assert.equal(ids(tree), "q1 a1 q2 a2b");
});

test("an edit of the first message begins another branch", () => {
  tree.add(row("q1b"));
  tree.add(row("a1b", "q1b"));
  assert.equal(ids(tree), "q1b a1b");
});

test("a message in an older branch makes that branch the newest", () => {
  tree.add(row("q1b"));
  tree.add(row("q3", "a2"));
  assert.equal(ids(tree), "q1 a1 q2 a2 q3");
});

test("siblings are counted from one, and name their neighbours", () => {
  tree.add(row("a2b", "q2"));
  tree.add(row("a2c", "q2"));
  assert.deepEqual(tree.siblings("a2b"), { index: 2, count: 3, previous: "a2", next: "a2c" });
  assert.deepEqual(tree.siblings("q1"), { index: 1, count: 1, previous: null, next: null });
});

test("what the reader chose is shown, down to the newest message below it", () => {
  tree.add(row("q1b"));
  tree.add(row("a1b", "q1b"));
  tree.choose("q1");
  assert.equal(ids(tree), "q1 a1 q2 a2");
});

test("a choice holds against newer messages elsewhere, and through a new transcript", () => {
  tree.add(row("a2b", "q2"));
  tree.choose("a2");
  tree.add(row("a2c", "q2"));
  assert.equal(ids(tree), "q1 a1 q2 a2");
  tree.replace(tree.rows());
  assert.equal(ids(tree), "q1 a1 q2 a2");
});

test("what the reader just made is shown, whatever was chosen before", () => {
  tree.add(row("a2b", "q2"));
  tree.choose("a2");
  tree.add(row("a2c", "q2"));
  tree.show("a2c");
  assert.equal(ids(tree), "q1 a1 q2 a2c");
});

test("every message can be reached by choosing versions", () => {
  tree.add(row("a1b", "q1"));
  tree.add(row("q2b", "a1"));
  tree.add(row("q1b"));
  const seen = new Set();
  for (const first of ["q1", "q1b"]) {
    for (const second of ["a1", "a1b"]) {
      for (const third of ["q2", "q2b"]) {
        [first, second, third].forEach((id) => tree.choose(id));
        tree.path().forEach(({ id }) => seen.add(id));
      }
    }
  }
  assert.deepEqual([...seen].sort(), tree.rows().map(({ id }) => id).sort());
});

test("a removed row leaves the path", () => {
  tree.remove("a2");
  assert.equal(ids(tree), "q1 a1 q2");
});

test("a row whose parent is not here stands at the root rather than vanish", () => {
  const pending = new Tree();
  pending.add(row("p", "not loaded"));
  assert.equal(ids(pending), "p");
});

test("a long conversation is one pass", () => {
  const rows = Array.from({ length: 20_000 }, (_, index) => row(`m${index}`, index ? `m${index - 1}` : null));
  tree.replace(rows);
  assert.equal(tree.path().length, 20_000);
});
