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

test("a choice holds through a new transcript, and until something newer is made beside it", () => {
  tree.add(row("a2b", "q2"));
  tree.choose("a2");
  tree.replace(tree.rows());
  assert.equal(ids(tree), "q1 a1 q2 a2");
  tree.add(row("a2c", "q2"));
  assert.equal(ids(tree), "q1 a1 q2 a2c");
});

test("a choice holds against what is made in branches that it does not touch", () => {
  tree.add(row("a2b", "q2"));
  tree.add(row("q1b"));
  tree.add(row("a1b", "q1b"));
  tree.choose("q1");
  tree.choose("a2");
  tree.add(row("q2b", "a1b"));
  assert.equal(ids(tree), "q1b a1b q2b");
  tree.choose("q1");
  assert.equal(ids(tree), "q1 a1 q2 a2");
});

test("what the server has as chosen is shown", () => {
  tree.replace([row("q1"), { ...row("a1", "q1"), chosen: true }, row("a1b", "q1")]);
  assert.equal(ids(tree), "q1 a1");
});

test("another tab's choice is shown at once", () => {
  tree.add(row("a2b", "q2"));
  tree.change(tree.get("a2"), { chosen: true });
  assert.equal(ids(tree), "q1 a1 q2 a2");
  tree.change(tree.get("a2"), { chosen: false });
  tree.change(tree.get("a2b"), { chosen: true });
  assert.equal(ids(tree), "q1 a1 q2 a2b");
});

test("turning on quickly does not flicker back when the server confirms the first turn", () => {
  tree.add(row("a2b", "q2"));
  tree.add(row("a2c", "q2"));
  tree.choose("a2b");
  tree.choose("a2");
  tree.change(tree.get("a2b"), { chosen: true });
  assert.equal(ids(tree), "q1 a1 q2 a2");
  assert.deepEqual(tree.unconfirmed, ["a2"]);
  tree.change(tree.get("a2b"), { chosen: false });
  tree.change(tree.get("a2"), { chosen: true });
  assert.deepEqual(tree.unconfirmed, []);
  tree.change(tree.get("a2"), { chosen: false });
  tree.change(tree.get("a2b"), { chosen: true });
  assert.equal(ids(tree), "q1 a1 q2 a2b", "then another tab turns");
});

test("a transcript that has the choice confirms it; one that has another does not", () => {
  tree.add(row("a2b", "q2"));
  tree.choose("a2");
  tree.replace([row("q1"), row("a1", "q1"), row("q2", "a1"), row("a2", "q2"), { ...row("a2b", "q2"), chosen: true }]);
  assert.deepEqual([ids(tree), ...tree.unconfirmed], ["q1 a1 q2 a2", "a2"]);
  tree.replace([row("q1"), row("a1", "q1"), row("q2", "a1"), { ...row("a2", "q2"), chosen: true }, row("a2b", "q2")]);
  assert.deepEqual([ids(tree), ...tree.unconfirmed], ["q1 a1 q2 a2"]);
});

test("a jump leads the path without a choice, until another tab chooses there or something new is made", () => {
  tree.add(row("a2b", "q2"));
  tree.lead("a2");
  assert.equal(ids(tree), "q1 a1 q2 a2");
  assert.deepEqual(tree.unconfirmed, []);
  tree.replace(tree.rows());
  assert.equal(ids(tree), "q1 a1 q2 a2", "it survives a reconnect");
  tree.change(tree.get("a2b"), { chosen: true });
  assert.equal(ids(tree), "q1 a1 q2 a2b");
  tree.lead("a2");
  tree.add(row("q3", "a2b"));
  assert.equal(ids(tree), "q1 a1 q2 a2b q3");
});

test("a jump to a message that is shown holds nothing fast", () => {
  tree.lead("a2");
  tree.replace([...tree.rows(), row("a2b", "q2")]);
  assert.equal(ids(tree), "q1 a1 q2 a2b");
});

test("what is made below another version is shown, though the server had one chosen", () => {
  tree.replace([row("q1"), { ...row("a1", "q1"), chosen: true }, row("a1b", "q1")]);
  tree.add(row("q2", "a1b"));
  assert.equal(ids(tree), "q1 a1b q2");
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

test("the path is walked once, until something changes", () => {
  assert.equal(tree.path(), tree.path());
  const before = tree.path();
  tree.add(row("q3", "a2"));
  assert.notEqual(tree.path(), before);
});

test("what is being sent is shown, and when it is taken back everything is as it was", () => {
  tree.replace([{ ...row("q1"), chosen: true }, row("q1b"), row("a1", "q1")]);
  tree.stage(row("mine"));
  assert.equal(ids(tree), "mine");
  tree.remove("mine");
  assert.equal(ids(tree), "q1 a1");
  tree.stage(row("mine"));
  tree.replace([{ ...row("q1"), chosen: true }, row("q1b"), row("a1", "q1")]);
  assert.equal(ids(tree), "q1 a1");
});
