import assert from "node:assert/strict";
import { test } from "node:test";

import { refusalOf, refusalToAct, refusalToAnswer } from "../../static/js/refusals.js";

const now = (more) => ({ writing: false, waiting: false, online: true, gone: "", ...more });

test("nothing stands in the way", () => assert.equal(refusalOf(now()), ""));
test("while the answer is written, it says so", () => assert.match(refusalOf(now({ writing: true })), /still being written/));
test("while a message is on its way, it says so", () => assert.match(refusalOf(now({ waiting: true })), /being sent/));
test("while it waits for the connection, it says so", () => {
  assert.match(refusalOf(now({ waiting: true, online: false })), /waiting for the connection/);
});
test("being offline alone is no reason: the message will wait", () => assert.equal(refusalOf(now({ online: false })), ""));
test("a conversation that does not exist takes nothing", () => assert.match(refusalOf(now({ gone: "missing" })), /no such/));
test("a deleted conversation takes nothing", () => assert.match(refusalOf(now({ gone: "deleted" })), /was deleted/));

test("another answer needs a connection", () => assert.match(refusalToAnswer(now({ online: false })), /not connected/));
test("another answer waits for the one under way", () => assert.match(refusalToAnswer(now({ writing: true })), /still being written/));
test("another answer waits for the message under way", () => assert.match(refusalToAnswer(now({ waiting: true })), /being sent/));
test("else nothing stands in its way", () => assert.equal(refusalToAnswer(now()), ""));
test("what is done at once needs a connection and nothing else", () => {
  assert.equal(refusalToAct({ online: true }), "");
  assert.match(refusalToAct({ online: false }), /not connected/);
});
