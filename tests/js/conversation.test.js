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
  heard = { announced: [], holes: 0, began: [], news: [] };
  shown = new Conversation("c", {
    viewOf: () => ({ append() {} }),
    on: {
      began: (generation) => heard.began.push(generation),
      hole: () => (heard.holes += 1),
      ack() {},
      announce: (words) => heard.announced.push(words),
      news: (text, whole) => heard.news.push([text, whole]),
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

test("a position tells the phase; of an answer that nobody announced it is a hole", () => {
  shown.replace([user("q", null), answer("a", "q", "streaming"), answer("b", "q", "complete")]);
  assert.equal(shown.place({ generation: "g-a", to: 0, status: "streaming", phase: "writing" }), false);
  assert.equal(shown.place({ generation: "g-a", to: 0, status: "streaming", phase: "saving" }), true);
  assert.equal(shown.row("a").generation.phase, "saving");
  assert.equal(shown.place({ generation: "g-b", to: 0, status: "streaming", phase: "saving" }), false);
  assert.equal(heard.holes, 0);
  assert.equal(shown.place({ generation: "g-unknown", to: 0, status: "streaming", phase: "queued" }), false);
  assert.equal(heard.holes, 1);
});

test("a message that is being sent stands at the end, and the server's row takes its place", () => {
  shown.replace([user("q", null), answer("a", "q", "complete", 2, "Hi")]);
  shown.stage([{ type: "send", client_id: "c-q2", parent: "a", content: "q2" }]);
  assert.equal(path(), "q a c-q2");
  assert.equal(shown.end, "a");
  shown.add(user("q2", "a"));
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

test("a new answer from another tab is shown, whatever version was turned to beside it", () => {
  shown.replace([user("q", null), answer("a", "q", "complete", 2, "Hi"), answer("b", "q", "complete", 2, "Ho")]);
  shown.choose("a");
  shown.add(answer("c", "q", "streaming"));
  assert.equal(path(), "q c");
});

test("a row that comes again changes what is said about it, and not its text", () => {
  shown.replace([user("q", null), answer("a", "q", "streaming")]);
  shown.grow(delta("g-a", 0, "Hello"));
  shown.freeze(); // shows it
  shown.add({ ...answer("a", "q", "streaming"), rating: 1, comment: "Good.", chosen: true });
  const row = shown.row("a");
  assert.deepEqual([row.rating, row.comment, row.chosen, row.content], [1, "Good.", true, "Hello"]);
  assert.equal(shown.generation, "g-a");
  assert.equal(heard.holes, 0);
});

test("an answer that is over before it was seen to begin is announced where it was asked for", () => {
  const asked = { type: "send", client_id: "c-q", content: "Why?" };
  shown.stage([asked]);
  shown.replace([user("q", null), answer("a", "q", "failed")]);
  assert.equal(heard.announced.length, 1);
  assert.match(heard.announced[0], /^Failed/);
  shown.replace([user("q", null), answer("a", "q", "failed")]);
  assert.equal(heard.announced.length, 1, "once");

  shown.regenerating = "q";
  shown.replace([user("q", null), answer("a", "q", "failed")]);
  assert.equal(heard.announced.length, 1, "the one before is not the one that was asked for");
  shown.regenerating = "q";
  shown.replace([user("q", null), answer("a", "q", "failed"), answer("b", "q", "complete", 2, "Hi")]);
  assert.deepEqual(heard.announced.slice(1), ["Finished"]);

  shown.add(user("q2", "b"));
  shown.add(answer("c", "q2", "cancelled"));
  assert.deepEqual(heard.announced.slice(2), ["Stopped"]);
});

test("how long it thought, and which model wrote, comes with its end", () => {
  shown.replace([user("q", null), answer("a", "q", "streaming")]);
  shown.finish({ generation: "g-a", to: 0, ...END, thinking_ms: 12_000, model: "mira-large" });
  assert.equal(shown.row("a").generation.thinking_ms, 12_000);
  assert.equal(shown.row("a").generation.model, "mira-large");
});

test("what is new is told: whole messages, and the text of the answer under way", () => {
  shown.replace([user("q", null)]);
  assert.deepEqual(heard.news, [], "a transcript is no news");
  shown.add(user("q2", "q"));
  shown.add(answer("a", "q2", "streaming"));
  shown.grow(delta("g-a", 0, "Hello"));
  shown.freeze();
  assert.deepEqual(heard.news, [["q2", true], ["", true], ["Hello", false]]);
});

test("a jump leads to a message in another branch; one that is not here leads nowhere", () => {
  shown.replace([user("q", null), answer("a", "q", "complete"), user("q2", "a"), answer("b", "q", "complete")]);
  assert.equal(path(), "q b");
  assert.equal(shown.lead("q2"), shown.row("q2"));
  assert.equal(path(), "q a q2");
  assert.equal(shown.lead("gone"), undefined);
  assert.equal(path(), "q a q2");
  assert.deepEqual(shown.unconfirmed, [], "it is not chosen");
});
