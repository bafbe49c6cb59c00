import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Trial } from "../../static/js/trial.js";
import { Line } from "./support/line.js";

let line;
let trial;
let clock;

beforeEach(() => {
  line = new Line();
  clock = 1_000;
  trial = new Trial(line, () => clock);
  trial.ask();
});

const asked = () => line.said.find(({ type }) => type === "ask");
const begin = () => line.hears({ type: "message", conversation: null, message: { parent: asked().client_id, generation: { id: "g" } } });
const write = (text, generation = "g") => line.hears({ type: "delta", generation, to: text.length, parts: [{ kind: "content", text }] });
const cancels = () => line.said.filter(({ type }) => type === "cancel");

test("it asks one short question, of which nothing is stored, and for the list of models", () => {
  assert.deepEqual(line.said.map(({ type }) => type), ["ask", "models"]);
  const { messages, options } = asked();
  assert.deepEqual(messages.map(({ role }) => role), ["user"]);
  assert.ok(options.max_tokens <= 100);
});

test("it takes the time of the server's first sign, of the first words and of the last", async () => {
  begin();
  clock += 100;
  line.hears({ type: "position", generation: "g", phase: "connecting" });
  assert.equal(trial.times.answered, null, "connecting is no answer");
  clock += 100;
  line.hears({ type: "position", generation: "g", phase: "thinking" });
  clock += 300;
  write("Hello ");
  clock += 500;
  write("there");
  assert.deepEqual(trial.times, { answered: 200, first: 500, last: 1_000 });
  assert.equal(trial.text, "Hello there");
});

test("it learns why the list of models could not be had, or that it could", () => {
  assert.equal(trial.unlisted, null);
  line.hears({ type: "models", models: [], default: "", trouble: "The model's server refused our key (HTTP 401)." });
  assert.equal(trial.unlisted, "The model's server refused our key (HTTP 401).");
  line.hears({ type: "models", models: [{ id: "a", images: null }], default: "a", trouble: "" });
  assert.equal(trial.unlisted, "");
});

test("an end as it should be is an answer, even without a word", () => {
  begin();
  clock += 70;
  line.hears({ type: "finished", generation: "g", status: "complete", error: null });
  assert.deepEqual([trial.times.answered, trial.times.first], [70, null]);
});

test("words that come without any sign before are the sign", () => {
  begin();
  clock += 40;
  write("Hello");
  assert.deepEqual(trial.times, { answered: 40, first: 40, last: 40 });
});

test("some words are enough: then it is stopped, once", () => {
  begin();
  write("Hello ".repeat(20));
  write("and on");
  assert.deepEqual(cancels().length >= 1, true);
  line.hears({ type: "finished", generation: "g", status: "cancelled", error: null });
  trial.stop();
  const after = cancels().length;
  trial.stop();
  assert.equal(cancels().length, after, "nothing is stopped that has ended");
});

test("another generation's events are not its own", () => {
  begin();
  write("Hello", "another");
  line.hears({ type: "finished", generation: "another", status: "complete", error: null });
  assert.equal(trial.text, "");
  assert.equal(trial.end, null);
});

test("a row of a conversation is not its answer", () => {
  line.hears({ type: "message", conversation: "c", message: { parent: asked().client_id, generation: { id: "g" } } });
  write("Hello");
  assert.equal(trial.text, "");
});

test("a refusal, an end and a lost line end it, and the first of them counts", () => {
  line.hears({ type: "error", client_id: "another", message: "Not you." });
  assert.equal(trial.end, null);
  line.hears({ type: "error", client_id: asked().client_id, message: "Too many." });
  assert.deepEqual(trial.end, { status: "refused", words: "Too many." });
  line.dies();
  assert.equal(trial.end.status, "refused");
});

test("why an answer failed is kept", () => {
  begin();
  line.hears({ type: "finished", generation: "g", status: "failed", error: { code: "unreachable", message: "Nobody there." } });
  assert.deepEqual(trial.end, { status: "failed", words: "Nobody there." });
});

test("who waits hears of it as it happens, and not for longer than they will", async () => {
  const waiting = trial.until(() => trial.times.first !== null, 60_000);
  begin();
  write("Hello");
  assert.equal(await waiting, true);
  const patient = new Trial(new Line());
  patient.ask();
  assert.equal(await patient.until(() => false, 5), false);
});

test("stopping before it has begun says nothing to nobody", () => {
  trial.stop();
  assert.equal(cancels().length, 0);
});
