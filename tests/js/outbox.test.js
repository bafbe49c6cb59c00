import assert from "node:assert/strict";
import { test } from "node:test";

import { Outbox } from "../../static/js/outbox.js";
import { Storage } from "./support/storage.js";

const item = (id, conversation = null) => ({ conversation, command: { type: "send", client_id: id, content: id } });

test("what was added can be taken once, by its client_id", () => {
  const outbox = new Outbox(new Storage(), "alice");
  outbox.add(item("one"));
  assert.equal(outbox.take("one").command.content, "one");
  assert.equal(outbox.take("one"), undefined);
  assert.equal(outbox.take(null), undefined);
});

test("it survives a reload", () => {
  const storage = new Storage();
  new Outbox(storage, "alice").add(item("one", "c"));
  assert.equal(new Outbox(storage, "alice").of("c").length, 1);
});

test("an acknowledged message does not come back after a reload", () => {
  const storage = new Storage();
  const outbox = new Outbox(storage, "alice");
  outbox.add(item("one"));
  outbox.take("one");
  assert.equal(new Outbox(storage, "alice").of(null).length, 0);
});

test("another account on this browser never sees it", () => {
  const storage = new Storage();
  new Outbox(storage, "alice").add(item("one"));
  assert.equal(new Outbox(storage, "bob").of(null).length, 0);
});

test("it tells the shown conversation from the others", () => {
  const outbox = new Outbox(new Storage(), "alice");
  outbox.add(item("one", "c"));
  outbox.add(item("two", "d"));
  assert.deepEqual(outbox.of("c").map(({ command }) => command.client_id), ["one"]);
  assert.deepEqual(outbox.besides("c").map(({ command }) => command.client_id), ["two"]);
});

test("a full storage costs the reload, not the message", () => {
  const storage = new Storage();
  storage.full = true;
  const outbox = new Outbox(storage, "alice");
  outbox.add(item("one"));
  assert.equal(outbox.of(null).length, 1);
});

test("nonsense in the storage is an empty outbox", () => {
  for (const nonsense of ["{", '"text"', "null"]) {
    const storage = new Storage();
    storage.setItem("brook:outbox:alice", nonsense);
    assert.deepEqual(new Outbox(storage, "alice").of(null), []);
  }
});
