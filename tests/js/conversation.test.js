import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Conversation } from "../../static/js/conversation.js";

globalThis.requestAnimationFrame = () => 0;
globalThis.cancelAnimationFrame = () => {};

const user = (id, parent, more) => ({ id, parent, role: "user", content: id, reasoning: "", client_id: `c-${id}`, generation: null, ...more });
const answer = (id, parent, status, cursor = 0, content = "") => ({
  id,
  parent,
  role: "assistant",
  content,
  reasoning: "",
  client_id: null,
  generation: { id: `g-${id}`, status, phase: "writing", finish_reason: null, error: null, cursor },
});
const delta = (generation, from, text) => ({ generation, from, to: from + text.length, parts: [{ kind: "content", text }] });
const END = { status: "complete", finish_reason: "stop", error: null };

let shown;
let heard;

beforeEach(() => {
  heard = { announced: [], holes: 0, began: [] };
  shown = new Conversation("c", {
    viewOf: () => ({ append() {} }),
    on: {
      began: (generation) => heard.began.push(generation),
      hole: () => (heard.holes += 1),
      ack() {},
      announce: (words) => heard.announced.push(words),
    },
  });
});

const path = () => shown.path.map(({ id }) => id).join(" ");

test("a transcript of finished messages is shown and announces nothing", () => {
  shown.replace([user("q", null), answer("a", "q", "complete", 2, "Hi")]);
  assert.equal(path(), "q a");
  assert.deepEqual(heard.announced, []);
  assert.equal(shown.generation, null);
});

test("an answer under way is followed, and its end announced once", () => {
  shown.replace([user("q", null), answer("a", "q", "streaming")]);
  assert.equal(shown.generation, "g-a");
  shown.grow(delta("g-a", 0, "Hello"));
  shown.finish({ generation: "g-a", to: 5, ...END });
  shown.finish({ generation: "g-a", to: 5, ...END });
  assert.deepEqual(heard.announced, ["Generating", "Finished"]);
  assert.equal(shown.row("a").content, "Hello");
  assert.equal(heard.holes, 0);
});

test("what it says when it opens again is the generation and the cursor it has", () => {
  shown.replace([user("q", null), answer("a", "q", "streaming")]);
  shown.grow(delta("g-a", 0, "Hello"));
  assert.deepEqual(shown.position, { generation: "g-a", cursor: 5 });
});

test("after a reconnect the text goes on where it was, and nothing is announced again", () => {
  shown.replace([user("q", null), answer("a", "q", "streaming")]);
  shown.grow(delta("g-a", 0, "Hello"));
  shown.replace([user("q", null), answer("a", "q", "streaming", 5)]);
  shown.grow(delta("g-a", 5, " you"));
  shown.finish({ generation: "g-a", to: 9, ...END });
  assert.equal(shown.row("a").content, "Hello you");
  assert.deepEqual(heard.announced, ["Generating", "Finished"]);
});

test("a server that starts over from nothing is believed", () => {
  shown.replace([user("q", null), answer("a", "q", "streaming")]);
  shown.grow(delta("g-a", 0, "Hello"));
  shown.replace([user("q", null), answer("a", "q", "streaming", 0)]);
  assert.equal(shown.row("a").content, "");
});

test("a cursor that was said before the tab left and came back is no beginning: its text is a hole", () => {
  shown.replace([user("q", null), answer("a", "q", "streaming", 5)]);
  assert.deepEqual(shown.position, { generation: "g-a", cursor: 0 });
  shown.grow(delta("g-a", 5, " world"));
  assert.equal(shown.row("a").content, "");
  assert.equal(heard.holes, 1);
});

test("an answer that ended while the tab was away is announced with the transcript", () => {
  shown.replace([user("q", null), answer("a", "q", "streaming")]);
  shown.replace([user("q", null), answer("a", "q", "cancelled", 5, "Hello")]);
  assert.deepEqual(heard.announced, ["Generating", "Stopped"]);
});

test("an end beyond the cursor is a hole", () => {
  shown.replace([user("q", null), answer("a", "q", "streaming")]);
  shown.finish({ generation: "g-a", to: 5, ...END });
  assert.equal(heard.holes, 1);
});

test("an end before the cursor is a hole too, and the stored text takes the place of the shown one", () => {
  shown.replace([user("q", null), answer("a", "q", "streaming")]);
  shown.grow(delta("g-a", 0, "Hello you"));
  shown.finish({ generation: "g-a", to: 5, ...END, status: "interrupted" });
  assert.equal(heard.holes, 1);
  assert.deepEqual(shown.position, {}, "the text shown so far is not what is stored: it is not gone on from");
  shown.replace([user("q", null), answer("a", "q", "interrupted", 5, "Hello")]);
  assert.equal(shown.row("a").content, "Hello");
});

test("a conversation that vanished shows nothing, and follows nothing", () => {
  shown.replace([user("q", null), answer("a", "q", "streaming")]);
  shown.vanish("deleted");
  assert.equal(path(), "");
  assert.equal(shown.generation, null);
  assert.equal(shown.gone, "deleted");
});

test("what was deleted stays deleted when the server says that it is missing", () => {
  shown.vanish("deleted");
  shown.vanish("missing");
  assert.equal(shown.gone, "deleted");
});

test("text of an answer that nobody announced is a hole; text after an end is not", () => {
  shown.replace([user("q", null), answer("a", "q", "complete", 2, "Hi")]);
  shown.grow(delta("g-unknown", 0, "x"));
  assert.equal(heard.holes, 1);
  shown.grow(delta("g-a", 0, "Hi"));
  assert.equal(heard.holes, 1);
});

test("a message that is being sent stands at the end, and the server's row takes its place", () => {
  shown.replace([user("q", null), answer("a", "q", "complete", 2, "Hi")]);
  shown.stage([{ type: "send", client_id: "c-q2", parent: "a", content: "q2" }]);
  assert.equal(path(), "q a c-q2");
  assert.equal(shown.end, "a");
  shown.add(user("q2", "a"), true);
  assert.equal(path(), "q a q2");
});

test("an edit that is being sent is shown beside what it edits", () => {
  shown.replace([user("q", null), answer("a", "q", "complete", 2, "Hi")]);
  shown.stage([{ type: "edit", client_id: "c-e", message: "q", content: "better" }]);
  assert.equal(path(), "c-e");
  assert.equal(shown.siblings("c-e").count, 2);
  shown.unstage("c-e");
  assert.equal(path(), "q a");
});

test("an answer goes on growing while another version is shown", () => {
  shown.replace([user("q", null), answer("a", "q", "complete", 2, "Hi"), answer("b", "q", "streaming")]);
  shown.choose("a");
  shown.grow(delta("g-b", 0, "Hello"));
  shown.finish({ generation: "g-b", to: 5, ...END });
  assert.equal(path(), "q a");
  assert.equal(shown.row("b").content, "Hello");
});
