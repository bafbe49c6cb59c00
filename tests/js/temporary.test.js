import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Conversation } from "../../static/js/conversation.js";
import { Temporary } from "../../static/js/temporary.js";

globalThis.requestAnimationFrame = () => 0;
globalThis.cancelAnimationFrame = () => {};

const answer = (id, parent, status = "streaming", content = "") => ({
  id,
  parent,
  role: "assistant",
  content,
  reasoning: "",
  client_id: null,
  files: [],
  chosen: false,
  generation: { id: `g-${id}`, status, phase: "writing", finish_reason: null, error: null, cursor: 0 },
});
const delta = (generation, from, text) => ({ generation, from, to: from + text.length, parts: [{ kind: "content", text }] });
const END = { status: "complete", finish_reason: "stop", error: null, left_out: 0, thinking_ms: null };

let line;
let temporary;
let shown;
let holes;

beforeEach(() => {
  holes = 0;
  line = {
    online: true,
    said: [],
    send(command) {
      return this.online && this.said.push(structuredClone(command)) > 0;
    },
  };
  temporary = new Temporary(line, () => ({ model: "small" }));
  shown = make();
});

function make() {
  const made = new Conversation(null, {
    viewOf: () => ({ append() {} }),
    on: { began() {}, hole: () => (holes += 1), ack() {}, announce() {}, news() {} },
  });
  made.temporary = true;
  return made;
}

const last = () => line.said.at(-1);
const path = () => shown.path.map(({ content }) => content).join(" ");

function finish(id, text) {
  shown.grow(delta(`g-${id}`, 0, text));
  shown.finish({ generation: `g-${id}`, to: text.length, ...END });
}

function exchange(question, id, text) {
  temporary.send(shown, question);
  temporary.answered(shown, answer(id, last().client_id));
  finish(id, text);
}

test("each question goes out with everything that was said before it", () => {
  exchange("One?", "a", "Two.");
  temporary.send(shown, "And then?");
  assert.deepEqual(last().messages, [
    { role: "user", content: "One?" },
    { role: "assistant", content: "Two." },
    { role: "user", content: "And then?" },
  ]);
  assert.deepEqual([last().type, last().options], ["ask", { model: "small" }]);
  assert.equal(path(), "One? Two. And then?");
});

test("it waits until the answer begins, and the question is sent then", () => {
  temporary.send(shown, "One?");
  assert.equal(temporary.waits, true);
  assert.equal(shown.path[0].sending, true);
  temporary.answered(shown, answer("a", last().client_id));
  assert.equal(temporary.waits, false);
  assert.equal(shown.path[0].sending, false);
  assert.equal(shown.generation, "g-a");
});

test("another answer is asked for with what was before it, and stands beside the first", () => {
  exchange("One?", "a", "Two.");
  temporary.regenerate(shown, shown.row("a"), "big");
  assert.deepEqual(last().messages, [{ role: "user", content: "One?" }]);
  assert.equal(last().options.model, "big");
  temporary.answered(shown, answer("b", last().client_id));
  finish("b", "Another two.");
  assert.equal(path(), "One? Another two.");
  assert.equal(shown.siblings("b").count, 2);
});

test("an edit stands beside what it edits, and is asked with what was before it", () => {
  exchange("One?", "a", "Two.");
  exchange("And then?", "b", "Three.");
  temporary.edit(shown, shown.path[2], "And before?");
  assert.deepEqual(last().messages.map(({ content }) => content), ["One?", "Two.", "And before?"]);
  assert.equal(path(), "One? Two. And before?");
});

test("an answer without a word says nothing to the model", () => {
  temporary.send(shown, "One?");
  temporary.answered(shown, answer("a", last().client_id));
  shown.finish({ generation: "g-a", to: 0, ...END, status: "failed" });
  temporary.send(shown, "Well?");
  assert.deepEqual(last().messages.map(({ content }) => content), ["One?", "Well?"]);
});

test("without a connection it waits, and goes out once with the next one", () => {
  line.online = false;
  temporary.send(shown, "One?");
  assert.deepEqual(line.said, []);
  line.online = true;
  temporary.resume(shown);
  assert.equal(line.said.length, 1);
  assert.equal(path(), "One?");
});

test("what was asked and not answered is asked again on the next socket, by the same client_id", () => {
  temporary.send(shown, "One?");
  temporary.resume(shown);
  assert.equal(line.said.length, 2);
  assert.equal(line.said[0].client_id, line.said[1].client_id);
  temporary.answered(shown, answer("a", last().client_id));
  temporary.answered(shown, answer("a", last().client_id));
  assert.equal(path(), "One? ", "answered twice, it is the same answer");
  assert.equal(line.said.some(({ type }) => type === "cancel"), false);
});

test("after a lost connection the text goes on where it was", () => {
  temporary.send(shown, "One?");
  temporary.answered(shown, answer("a", last().client_id));
  shown.grow(delta("g-a", 0, "Two "));
  assert.deepEqual(shown.position, { generation: "g-a", cursor: 4 });
  shown.freeze();
  temporary.resume(shown);
  shown.grow(delta("g-a", 4, "of them."));
  shown.finish({ generation: "g-a", to: 12, ...END });
  assert.equal(path(), "One? Two of them.");
  assert.equal(holes, 0);
});

test("a refused question comes back as it was written", () => {
  temporary.send(shown, "One?");
  const { command } = temporary.refused(shown, last().client_id);
  assert.equal(command.content, "One?");
  assert.deepEqual([path(), temporary.waits], ["", false]);
});

test("of what is more than one command holds the oldest is left out and counted, an answer with its question", () => {
  exchange("x".repeat(600_000), "a", "Hm.");
  exchange("One?", "b", "Two.");
  exchange("y".repeat(999_000), "c", "Three.");
  assert.deepEqual(last().messages.map(({ content }) => content.length), [4, 4, 999_000]);
  assert.equal(last().left_out, 2);
  assert.equal(path().length > 1_599_000, true, "all of it is still there to be read");
  temporary.send(shown, "z".repeat(999_999));
  assert.deepEqual([last().messages.length, last().left_out], [1, 6]);
});

test("an answer that is longer than a command does not end the chat", () => {
  exchange("One?", "a", "x".repeat(2_000_000));
  temporary.send(shown, "And then?");
  assert.deepEqual([last().messages, last().left_out], [[{ role: "user", content: "And then?" }], 2]);
});

test("bytes are counted, not characters", () => {
  exchange("€".repeat(300_000), "a", "Hm.");
  temporary.send(shown, "€".repeat(50_000));
  assert.equal(last().left_out, 2);
  assert.equal(new TextEncoder().encode(JSON.stringify(last())).length < 1024 * 1024, true);
});

test("a chat may have any number of messages, of which two hundred go out", () => {
  for (let number = 0; number < 101; number += 1) {
    exchange(`${number}?`, `a${number}`, "Yes.");
  }
  temporary.send(shown, "And now?");
  assert.deepEqual([last().messages.length, last().messages[0].content, last().left_out], [199, "2?", 4]);
});

test("what fits goes out whole, and nothing is said to be left out", () => {
  exchange("x".repeat(400_000), "a", "y".repeat(400_000));
  temporary.send(shown, "And now?");
  assert.deepEqual([last().messages.length, last().left_out], [3, 0]);
});

test("leaving it ends its answer, and one that begins afterwards", () => {
  temporary.send(shown, "One?");
  const { client_id: clientId } = last();
  temporary.answered(shown, answer("a", clientId));
  temporary.leave(shown);
  assert.deepEqual(last(), { type: "cancel", generation: "g-a" });

  const next = make();
  temporary.send(next, "Two?");
  const late = last().client_id;
  temporary.leave(next);
  temporary.answered(make(), answer("b", late));
  assert.deepEqual(last(), { type: "cancel", generation: "g-b" });
});
