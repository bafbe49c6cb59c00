import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Outbox } from "../../static/js/outbox.js";
import { Sender } from "../../static/js/sender.js";
import { Storage } from "./support/storage.js";

class Line {
  online = true;
  said = [];

  send(command) {
    if (this.online) {
      this.said.push(structuredClone(command));
    }
    return this.online;
  }
}

let line;
let sender;
const send = (id, more) => ({ type: "send", client_id: id, content: id, parent: null, ...more });

beforeEach(() => {
  line = new Line();
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
  sender.reconnected("another");
  assert.deepEqual(line.said, []);
  sender.flush("c", "end");
  assert.equal(line.said[0].parent, "end");
});

test("messages of other conversations go out as soon as there is a socket", () => {
  sender.keep("c", send("one"));
  sender.reconnected("another");
  assert.equal(line.said.length, 1);
});

test("a new chat is asked for only once it was said on this socket", () => {
  line.online = false;
  sender.keep(null, send("one"));
  sender.flush(null, null);
  assert.equal(sender.asksForNew, false);
  line.online = true;
  sender.flush(null, null);
  assert.equal(sender.asksForNew, true);
  sender.adopt("c");
  assert.equal(sender.asksForNew, false);
  assert.equal(sender.waiting("c").length, 1);
});
