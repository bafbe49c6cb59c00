import assert from "node:assert/strict";
import { test } from "node:test";

import { fateOf, Queue } from "../../static/js/queue.js";
import { Storage } from "./support/storage.js";

const message = (text) => ({ client_id: `id of ${text}`, text, files: [] });

test("each conversation has one place, and taking empties it", () => {
  const queue = new Queue(new Storage(), "alice");
  queue.put("c", message("one"));
  queue.put(null, message("two"));
  assert.equal(queue.take("c").text, "one");
  assert.equal(queue.take("c"), undefined);
  assert.equal(queue.of(null).text, "two");
});

test("it survives a reload with the same client_id, and what was taken does not come back", () => {
  const storage = new Storage();
  const queue = new Queue(storage, "alice");
  queue.put("c", message("one"));
  assert.equal(new Queue(storage, "alice").of("c").client_id, "id of one");
  queue.take("c");
  assert.equal(new Queue(storage, "alice").of("c"), undefined);
  assert.equal(storage.getItem("brook:queue:alice"), null);
});

test("that it was held is remembered, too", () => {
  const storage = new Storage();
  const queue = new Queue(storage, "alice");
  queue.put("c", message("one"));
  queue.mark("c", { held: true });
  assert.equal(new Queue(storage, "alice").of("c").held, true);
  queue.mark("nothing there", { held: true });
});

test("what was queued in a new chat belongs to the conversation that it became", () => {
  const queue = new Queue(new Storage(), "alice");
  queue.put(null, message("one"));
  queue.adopt("c");
  assert.equal(queue.of(null), undefined);
  assert.equal(queue.of("c").text, "one");
});

test("nonsense in the storage, a full one, or another account's, is an empty queue", () => {
  for (const nonsense of ["{", '"text"', "null", "[[1]]", '[["c", {}]]']) {
    const storage = new Storage();
    storage.setItem("brook:queue:alice", nonsense);
    assert.equal(new Queue(storage, "alice").of("c"), undefined);
  }
  const storage = new Storage();
  storage.full = true;
  const queue = new Queue(storage, "alice");
  queue.put("c", message("one"));
  assert.equal(queue.of("c").text, "one");
  assert.equal(new Queue(storage, "bob").of("c"), undefined);
});

const idle = { busy: false, known: true, ended: "complete" };
const fate = (item, now) => fateOf({ held: false, now: false, ...item }, { ...idle, ...now });

test("it goes out when the answer is complete, and not before", () => {
  assert.equal(fate({}, {}), "send");
  assert.equal(fate({}, { busy: true }), "wait");
  assert.equal(fate({}, { known: false }), "wait");
});

test("after Stop, a failure, or nothing at all it waits to be asked for", () => {
  for (const ended of ["cancelled", "failed", "truncated", "interrupted", null]) {
    assert.equal(fate({}, { ended }), "offer");
  }
});

test("an answer that was stopped to make room for it lets it out, however it ended", () => {
  assert.equal(fate({ now: true }, { ended: "cancelled" }), "send");
  assert.equal(fate({ now: true }, { busy: true }), "wait");
});

test("what is held is offered, although the last answer is complete", () => {
  assert.equal(fate({ held: true }, {}), "offer");
  assert.equal(fate({ held: true, now: true }, {}), "offer");
});

test("what another tab has taken over is not here any more", () => {
  const storage = new Storage();
  const queue = new Queue(storage, "alice");
  queue.put("c", message("one"));
  queue.put("d", message("two"));
  storage.setItem("brook:queue:alice", JSON.stringify([["d", queue.of("d")]]));
  assert.equal(queue.of("c"), undefined);
  assert.equal(queue.take("c"), undefined);
  assert.equal(queue.of("d").text, "two");
});

test("of what closed tabs have left, what belongs to one conversation is taken over; two of them become one message", async () => {
  const storage = new Storage();
  const asked = [];
  storage.takeOver = async (isKey, wanted) => {
    asked.push(["brook:queue:alice", "brook:queue:alice2", "brook:outbox:alice"].filter(isKey));
    const left = [["c", message("two")], ["d", message("three")]].filter(wanted);
    storage.setItem("brook:queue:alice", JSON.stringify([...JSON.parse(storage.getItem("brook:queue:alice")), ...left]));
  };
  const queue = new Queue(storage, "alice");
  queue.put("c", message("one"));
  await queue.takeOver("c");
  assert.deepEqual(asked, [["brook:queue:alice"]]);
  assert.deepEqual([queue.of("c").text, queue.of("d")], ["one\n\ntwo", undefined]);
});

test("a storage that nobody shares has nothing to be taken over", async () => {
  await new Queue(new Storage(), "alice").takeOver("c");
});
