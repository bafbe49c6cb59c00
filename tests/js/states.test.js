import assert from "node:assert/strict";
import { test } from "node:test";

import { announcementOf, connectionWords, stateOf, statusOf } from "../../static/js/states.js";

const NOW = { online: true, stopping: false };
const answer = (generation, texts = {}) => ({ role: "assistant", content: "", reasoning: "", ...texts, generation });
const words = (row, now = NOW) => stateOf(row, now).words;

test("a stored message of one's own is complete and says nothing", () => {
  const row = { role: "user", content: "Hi", generation: null };
  assert.equal(statusOf(row), "complete");
  assert.equal(words(row), "");
});

test("a message that is not acknowledged says so, and what will become of it", () => {
  const row = { role: "user", content: "Hi", generation: null, sending: true };
  assert.equal(statusOf(row), "sending");
  assert.equal(words(row), "Sending…");
  assert.match(words(row, { online: false, stopping: false }), /will be sent when connected/);
});

test("messages that did not fit into the prompt are told of, whatever else there is to say", () => {
  const row = answer({ status: "complete", left_out: 3 }, { content: "A" });
  assert.equal(words(row), "Too long for the model: it did not read the oldest 3 messages");
  row.generation.status = "cancelled";
  assert.equal(words(row), "Stopped · Too long for the model: it did not read the oldest 3 messages");
  row.generation.left_out = 0;
  assert.equal(words(row), "Stopped");
});

for (const [phase, expected] of [
  ["queued", "Waiting for its turn…"],
  ["connecting", "Connecting to the model…"],
  ["thinking", "Thinking…"],
  ["writing", "Writing…"],
  ["a phase of a later version", "Writing…"],
]) {
  test(`a streaming answer in phase "${phase}" says "${expected}"`, () => {
    const state = stateOf(answer({ status: "streaming", phase }), NOW);
    assert.deepEqual(state, { words: expected, retry: false, resume: false, live: true });
  });
}

test("text tells the phase better than the last word about it", () => {
  const generation = { status: "streaming", phase: "queued" };
  assert.equal(words(answer(generation, { content: "A" })), "Writing…");
});

test("while there is only reasoning, its own block says so and the line below says nothing", () => {
  const state = stateOf(answer({ status: "streaming", phase: "thinking" }, { reasoning: "A" }), NOW);
  assert.deepEqual(state, { words: "", retry: false, resume: false, live: true });
});

test("an answer that is over and not stored yet is being saved, whatever it holds", () => {
  const row = answer({ status: "streaming", phase: "saving" }, { content: "A", reasoning: "B" });
  assert.equal(words(row), "Saving…");
  assert.equal(words(row, { online: true, stopping: true }), "Saving…");
});

test("while it is being stopped it says so", () => {
  const row = answer({ status: "streaming", phase: "writing" });
  assert.equal(words(row, { online: true, stopping: true }), "Stopping…");
});

test("an answer under way is not called writing while nobody can know", () => {
  const state = stateOf(answer({ status: "streaming", phase: "writing" }), { online: false, stopping: false });
  assert.match(state.words, /^Offline/);
  assert.equal(state.live, false);
});

test("a stopped answer says so, also before the first word", () => {
  assert.equal(words(answer({ status: "cancelled" }, { content: "A" })), "Stopped");
  assert.equal(words(answer({ status: "cancelled" })), "Stopped before the first word");
});

for (const [status, expected] of [
  ["failed", /^Failed: Out of memory$/],
  ["truncated", /^Out of memory$/],
  ["interrupted", /^Out of memory$/],
]) {
  test(`an answer that ${status} says why, offers a retry and announces a failure`, () => {
    const generation = { status, error: { code: "upstream", message: "Out of memory" } };
    const state = stateOf(answer(generation, { content: "A" }), NOW);
    assert.match(state.words, expected);
    assert.equal(state.retry, true);
    assert.match(announcementOf(generation), /^Failed: /);
  });
}

test("a failure without a reason still says something", () => {
  assert.equal(words(answer({ status: "failed", error: null })), "Failed: the model gave no reason.");
});

test("a complete answer says nothing; one cut at the token limit says so", () => {
  assert.equal(words(answer({ status: "complete", finish_reason: "stop" }, { content: "A" })), "");
  assert.equal(words(answer({ status: "complete", finish_reason: "length" }, { content: "A" })), "Cut at the token limit");
});

test("a complete answer without a word offers a retry", () => {
  const state = stateOf(answer({ status: "complete", finish_reason: "stop" }), NOW);
  assert.equal(state.retry, true);
});

test("the status line announces the beginning and the end", () => {
  assert.equal(announcementOf({ status: "streaming" }), "Generating");
  assert.equal(announcementOf({ status: "cancelled" }), "Stopped");
  assert.equal(announcementOf({ status: "complete", finish_reason: "stop" }), "Finished");
  assert.match(announcementOf({ status: "complete", finish_reason: "length" }), /^Finished/);
});

test("the connection has words for every state but the good one", () => {
  for (const state of ["connecting", "fallback", "offline", "unreachable", "refused", "limited", "outdated"]) {
    assert.notEqual(connectionWords(state), "");
  }
  assert.equal(connectionWords("open"), "");
});

test("a server that has enough of this page says so in its own words", () => {
  assert.equal(connectionWords("limited", "Too many tabs."), "Too many tabs.");
});

for (const [status, finishReason, content, expected] of [
  ["cancelled", null, "Half", true],
  ["truncated", null, "Half", true],
  ["interrupted", null, "Half", true],
  ["failed", null, "Half", true],
  ["complete", "length", "Half", true],
  ["complete", "stop", "Whole", false],
  ["streaming", null, "Half", false],
  ["cancelled", null, "", false],
]) {
  test(`an answer that is ${status} (${finishReason}) with "${content}" can${expected ? "" : "not"} be continued`, () => {
    assert.equal(stateOf(answer({ status, finish_reason: finishReason }, { content }), NOW).resume, expected);
  });
}

test("a Stop that nobody hears yet says what will become of it", () => {
  const row = answer({ status: "streaming", phase: "writing" }, { content: "A" });
  assert.match(words(row, { online: false, stopping: true }), /will be stopped when connected/);
});
