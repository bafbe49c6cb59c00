import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Outbox } from "../../static/js/outbox.js";
import { Sender } from "../../static/js/sender.js";
import { Connection } from "./support/connection.js";
import { Storage } from "./support/storage.js";

let line;
let sender;
const send = (id, more) => ({ type: "send", client_id: id, content: id, parent: null, ...more });

beforeEach(() => {
  line = new Connection();
  sender = new Sender(new Outbox(new Storage(), "alice"), line);
});

test("a message is said once on a socket, however often it is flushed", () => {
  sender.keep("c", send("one"));
  sender.flush("c", null);
  sender.flush("c", null);
  assert.equal(line.said.length, 1);
});

test("what could not be said is said after the reconnect, with the same client_id", () => {
  line.online = false;
  sender.keep("c", send("one"));
  sender.flush("c", null);
  line.online = true;
  sender.reconnected("c");
  sender.flush("c", null);
  assert.deepEqual(line.said.map(({ client_id: id }) => id), ["one"]);
});

test("what was said but never acknowledged is said again on the next socket", () => {
  sender.keep("c", send("one"));
  sender.flush("c", null);
  sender.reconnected("c");
  sender.flush("c", null);
  assert.deepEqual(line.said.map(({ client_id: id }) => id), ["one", "one"]);
});

test("what is acknowledged is never said again", () => {
  sender.keep("c", send("one"));
  sender.settle("one");
  sender.reconnected("c");
  sender.flush("c", null);
  assert.deepEqual(line.said, []);
  assert.deepEqual(sender.waiting("c"), []);
});

test("a message written before its conversation was here gets its parent when it is", () => {
  sender.keep("c", send("one", { parent: undefined }));
  sender.reconnected("c");
  assert.deepEqual(line.said, []);
  sender.flush("c", "end");
  assert.equal(line.said[0].parent, "end");
});

test("where its conversation is left, or not shown at the reconnect, it goes out without one, and once", () => {
  sender.keep("c", send("one", { parent: undefined }));
  sender.turnTo("c");
  assert.deepEqual(line.said, []);
  sender.turnTo("another");
  sender.turnTo("a third");
  assert.deepEqual(line.said.map(({ client_id: id, parent }) => [id, parent]), [["one", undefined]]);
  sender.reconnected("another");
  assert.equal(line.said.length, 2);
});

test("messages of other conversations go out as soon as there is a socket", () => {
  sender.keep("c", send("one"));
  sender.reconnected("another");
  assert.equal(line.said.length, 1);
});

test("what waits in a new chat waits in the conversation that it became", () => {
  sender.keep(null, send("one"));
  sender.adopt("c");
  assert.deepEqual([sender.waiting(null).length, sender.waiting("c").length], [0, 1]);
});

test("what waits is told with its files, and said with their ids alone", () => {
  const file = { id: "f", name: "a.txt", kind: "text", type: "text/plain", size: 5 };
  sender.keep("c", send("one", { files: ["f"] }), [file]);
  sender.flush("c", null);
  assert.deepEqual(sender.waiting("c")[0].files, [file]);
  assert.deepEqual(line.said[0].files, ["f"]);
});

test("a guessed parent is good enough where its conversation is not shown, and gives way to the true one where it is", () => {
  line.online = false;
  sender.keep("c", send("one", { parent: "seen" }), [], true);
  sender.keep("d", send("two", { parent: "seen" }), [], true);
  line.online = true;
  sender.reconnected("c");
  sender.flush("c", "end");
  assert.deepEqual(line.said.map(({ client_id: id, parent }) => [id, parent]), [["two", "seen"], ["one", "end"]]);
});

test("a parent that was said once stays: the server may have stored it", () => {
  sender.keep("c", send("one", { parent: "seen" }), [], true);
  sender.reconnected("another");
  sender.reconnected("c");
  sender.flush("c", "end");
  assert.deepEqual(line.said.map(({ parent }) => parent), ["seen", "seen"]);
});
