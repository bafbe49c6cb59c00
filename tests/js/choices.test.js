import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Choices } from "../../static/js/choices.js";

const DEFAULTS = { model: "", instructions: "Be brief.", temperature: 0.5, max_tokens: null };
const OWN = { model: "big", instructions: "", temperature: null, max_tokens: 100 };
const WELCOME = { type: "welcome", model: { name: "small", images: false }, defaults: DEFAULTS };
const summary = (id, options) => ({ type: "conversation", id, options });

let online;
let told;
let choices;

beforeEach(() => {
  online = true;
  told = [];
  choices = new Choices({ tell: (command) => online && told.push(command) > 0, on: { changed() {} } });
  choices.receive(WELCOME);
});

test("a new chat begins as the person has set it, and says nothing of it with its first message", () => {
  assert.deepEqual(choices.options, DEFAULTS);
  assert.equal(choices.forNew, undefined);
});

test("what is chosen in a new chat goes along with its first message, and is not asked of the next", async () => {
  assert.equal(await choices.save({ model: "big" }), "");
  assert.deepEqual(choices.forNew, { ...DEFAULTS, model: "big" });
  assert.deepEqual(told, []);
  choices.adopt("c");
  assert.equal(choices.options.model, "big");
  choices.show(null);
  assert.deepEqual(choices.options, DEFAULTS);
});

test("defaults that come late do not take back what was chosen meanwhile", async () => {
  await choices.save({ temperature: 1 });
  choices.receive(WELCOME);
  assert.equal(choices.options.temperature, 1);
});

test("a conversation has its own, and is told of changes", () => {
  choices.show("c");
  choices.receive({ type: "transcript", conversation: summary("c", OWN), messages: [] });
  assert.deepEqual(choices.options, OWN);
  choices.save({ temperature: 2 });
  assert.deepEqual(told.at(-1), { type: "configure", conversation: "c", options: { ...OWN, temperature: 2 } });
  assert.deepEqual(choices.options, OWN, "nothing has changed before the server says so");
});

test("saving ends when the server has it", async () => {
  choices.show("c");
  choices.receive(summary("c", DEFAULTS));
  const saved = choices.save(OWN);
  choices.receive(summary("d", OWN));
  choices.receive(summary("c", OWN));
  assert.equal(await saved, "");
});

test("a refusal, a lost connection, and none at all are told", async () => {
  choices.show("c");
  choices.receive(summary("c", DEFAULTS));
  const refused = choices.save(OWN);
  choices.receive({ type: "error", command: "configure", message: "Too long." });
  assert.equal(await refused, "Too long.");
  const lost = choices.save(OWN);
  choices.disconnected();
  assert.match(await lost, /connection was lost/);
  online = false;
  assert.match(await choices.save(OWN), /not connected/);
});

test("a change in another tab shows here", () => {
  choices.show("c");
  choices.receive(summary("c", OWN));
  choices.receive(summary("c", { ...OWN, instructions: "Rhyme." }));
  assert.equal(choices.options.instructions, "Rhyme.");
});

test("a list without options, as the sidebar's, changes nothing", () => {
  choices.show("c");
  choices.receive(summary("c", OWN));
  choices.receive(summary("c", undefined));
  assert.deepEqual(choices.options, OWN);
});

test("the model that answers: the chosen one, else the default, else the one that the server introduced", async () => {
  assert.equal(choices.model, "small");
  choices.receive({ type: "models", models: [{ id: "first", images: true }, { id: "big", images: null }], default: "first" });
  assert.equal(choices.model, "first");
  await choices.save({ model: "big" });
  assert.equal(choices.model, "big");
});

test("whether it reads pictures: as its list says, or its introduction, else nobody knows", async () => {
  assert.equal(choices.images, false);
  await choices.save({ model: "big" });
  assert.equal(choices.images, null);
  choices.receive({ type: "models", models: [{ id: "big", images: true }], default: "small" });
  assert.equal(choices.images, true);
});

test("a conversation with a model of its own asks what that one can do", () => {
  choices.show("c");
  choices.receive(summary("c", OWN));
  assert.deepEqual(told, [{ type: "models" }]);
});

test("before the conversation is here nothing is asked of its model: that would take away what is not known", async () => {
  choices.show("c");
  assert.match(await choices.save({ model: "big" }), /not here yet/);
  assert.deepEqual(told, []);
  assert.match(choices.refusal, /not here yet/);
  choices.receive(summary("c", OWN));
  assert.equal(choices.refusal, "");
  choices.save({ model: "small" });
  assert.equal(told.at(-1).options.max_tokens, 100);
});

test("what was chosen for a new chat is there when one comes back to it", async () => {
  await choices.save({ model: "big" });
  choices.show("c");
  choices.show(null);
  assert.equal(choices.forNew.model, "big");
  choices.begun("d");
  assert.equal(choices.forNew, undefined);
  choices.show("d");
  assert.equal(choices.options.model, "big");
});

test("it goes along into the temporary chat and back, and what was chosen there is gone with it", async () => {
  const turn = (temporary) => {
    const asked = choices.lift();
    choices.show(null, temporary);
    choices.lay(asked);
  };
  await choices.save({ model: "big" });
  turn(true);
  assert.equal(choices.options.model, "big");
  await choices.save({ instructions: "Rhyme." });
  turn(false);
  assert.deepEqual([choices.forNew.model, choices.forNew.instructions], ["big", "Rhyme."]);
  turn(true);
  choices.show("c");
  choices.show(null);
  assert.equal(choices.forNew, undefined);
});
