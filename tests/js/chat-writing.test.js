// What delivery.js makes of what was written: files and options with a message, and the temporary chat.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Chat } from "../../static/js/chat.js";
import { Outbox } from "../../static/js/outbox.js";
import { Sender } from "../../static/js/sender.js";
import { Storage } from "./support/storage.js";

globalThis.requestAnimationFrame = () => 0;
globalThis.cancelAnimationFrame = () => {};

const OPTIONS = { model: "big", instructions: "", temperature: null, max_tokens: null };
const FILE = { id: "f", name: "a.txt", kind: "text", type: "text/plain", size: 5 };
const summary = (id) => ({ id, title: id, updated: "2026-01-01T00:00:00Z", generating: false });
const answerTo = (parent, status = "streaming") => ({
  id: "a",
  parent,
  role: "assistant",
  content: "",
  reasoning: "",
  client_id: null,
  files: [],
  generation: { id: "g", status, phase: "queued", finish_reason: null, error: null, cursor: 0 },
});

let line;
let storage;
let told;
let drawn;
let chosen;
let chat;

function part(...names) {
  return Object.fromEntries(names.map((name) => [name, (...given) => void told.push([name, ...given])]));
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  told = [];
  drawn = [];
  chosen = undefined;
  storage = new Storage();
  line = {
    online: true,
    said: [],
    send(command) {
      return this.online && this.said.push(structuredClone(command)) > 0;
    },
  };
  const view = { append() {}, mark() {} };
  chat = new Chat({
    connection: line,
    sender: new Sender(new Outbox(storage, "alice"), line),
    transcript: { clear() {}, render: (path) => (drawn = path), view: () => view, reach: () => view },
    desk: part("show", "adopt", "say", "giveBack", "update", "hold", "begun"),
    page: part("address", "current", "summary", "deleted", "notice", "welcomed", "blank", "announce"),
    scroll: { box: new EventTarget(), follow() {}, lead() {}, news() {} },
    options: { ofNew: () => chosen, here: () => OPTIONS },
  });
  chat.show(null);
});

const of = (name) => told.filter(([said]) => said === name).map(([, ...given]) => given);
const said = (type) => line.said.filter((command) => command.type === type);
const now = () => of("update").at(-1)[0];

test("files go by their ids, and the row that is being sent shows them", () => {
  chat.delivery.send("Look", { files: [FILE], clientId: "s" });
  assert.deepEqual([said("send")[0].files, said("send")[0].client_id], [["f"], "s"]);
  assert.deepEqual(drawn[0].files, [FILE]);
});

test("they are shown again after a reload, and come back when refused", () => {
  line.online = false;
  chat.delivery.send("Look", { files: [FILE], clientId: "s" });
  assert.deepEqual(new Sender(new Outbox(storage, "alice"), line).waiting(null)[0].files, [FILE]);
  chat.receive({ type: "error", code: "no_such_file", message: "No.", command: "send", client_id: "s" });
  assert.deepEqual(of("giveBack")[0][0].files, [FILE]);
});

test("a message without files or a choice says nothing of them", () => {
  chat.delivery.send("Hi", { clientId: "s" });
  assert.deepEqual(said("send")[0], { type: "send", client_id: "s", conversation: null, content: "Hi", parent: null });
});

test("what was chosen in a new chat goes along with its first message alone", () => {
  chosen = OPTIONS;
  chat.delivery.send("Hi");
  assert.deepEqual(said("send")[0].options, OPTIONS);
  chat.show("c");
  chat.receive({ type: "transcript", conversation: summary("c"), messages: [] });
  chat.delivery.send("Hi again");
  assert.equal(said("send")[1].options, undefined);
});

test("the desk knows what becomes of a queued message", () => {
  assert.deepEqual([now().isNew, now().busy, now().ended], [true, false, null]);
  chat.delivery.send("Hi");
  assert.deepEqual([now().isNew, now().busy], [false, true]);
  chat.show("c");
  assert.equal(now().known, false);
  chat.receive({ type: "transcript", conversation: summary("c"), messages: [answerTo(null, "cancelled")] });
  assert.deepEqual([now().known, now().ended, now().busy], [true, "cancelled", false]);
});

test("what is queued is held before the refused message is taken back", () => {
  chat.delivery.send("Hi", { clientId: "s" });
  chat.receive({ type: "error", code: "unavailable", message: "No.", command: "send", client_id: "s" });
  const names = told.map(([name]) => name);
  assert.ok(names.lastIndexOf("hold") < names.lastIndexOf("update"));
  assert.deepEqual(of("hold"), [[null]]);
});

test("a refusal of something else holds nothing", () => {
  chat.receive({ type: "error", code: "unavailable", message: "No.", command: "rename", client_id: null });
  assert.deepEqual(of("hold"), []);
});

// The temporary chat

function begin() {
  chat.show(null, null, { temporary: true });
  chat.delivery.send("A secret");
  chat.receive({ type: "message", conversation: null, message: answerTo(said("ask")[0].client_id) });
}

test("a temporary chat asks, stores nothing, and becomes no conversation", () => {
  begin();
  assert.deepEqual(said("ask")[0].messages, [{ role: "user", content: "A secret" }]);
  assert.deepEqual(said("ask")[0].options, OPTIONS);
  assert.deepEqual(said("send"), []);
  assert.equal(JSON.stringify(storage), JSON.stringify(new Storage()));
  assert.equal(chat.shown, null);
  assert.equal(chat.unkept, true);
  assert.deepEqual(drawn.map(({ role }) => role), ["user", "assistant"]);
});

test("its answer is stopped like any other", () => {
  begin();
  chat.stop();
  assert.deepEqual(line.said.at(-1), { type: "cancel", generation: "g" });
});

test("the empty transcript after a lost connection takes nothing away", () => {
  begin();
  chat.receive({ type: "delta", generation: "g", from: 0, to: 3, parts: [{ kind: "content", text: "Hm " }] });
  line.online = false;
  chat.connectionChanged();
  line.online = true;
  chat.receive({ type: "welcome", protocol: 2 });
  assert.deepEqual(said("open").at(-1), { type: "open", conversation: null, generation: "g", cursor: 3 });
  chat.receive({ type: "transcript", conversation: null, messages: [] });
  chat.receive({ type: "delta", generation: "g", from: 3, to: 6, parts: [{ kind: "content", text: "yes" }] });
  chat.receive({ type: "finished", generation: "g", to: 6, status: "complete", finish_reason: "stop", error: null, left_out: 0 });
  assert.deepEqual(drawn.map(({ content }) => content), ["A secret", "Hm yes"]);
});

test("another answer and another version stay within the page", () => {
  begin();
  chat.receive({ type: "finished", generation: "g", to: 0, status: "complete", finish_reason: "stop", error: null, left_out: 0 });
  assert.equal(chat.acts.regenerate(chat.row("a")), "");
  const again = { ...answerTo(said("ask")[1].client_id, "complete"), id: "b" };
  chat.receive({ type: "message", conversation: null, message: { ...again, generation: { ...again.generation, id: "h" } } });
  chat.turn(chat.row("b"), "previous");
  assert.equal(drawn.at(-1).id, "a");
  assert.deepEqual([said("regenerate"), said("choose")], [[], []]);
});

test("a refused question comes back into the box", () => {
  chat.show(null, null, { temporary: true });
  chat.delivery.send("A secret");
  chat.receive({ type: "error", code: "busy", message: "No.", command: "ask", client_id: said("ask")[0].client_id });
  assert.equal(of("giveBack")[0][0].command.content, "A secret");
  assert.deepEqual(drawn, []);
  assert.equal(chat.unkept, false);
});

test("an answer for which nobody waits any more is ended, and not shown in a new chat", () => {
  chat.show(null, null, { temporary: true });
  chat.delivery.send("A secret");
  chat.show(null);
  chat.receive({ type: "message", conversation: null, message: answerTo(said("ask")[0].client_id) });
  assert.deepEqual(line.said.at(-1), { type: "cancel", generation: "g" });
  assert.deepEqual(drawn, []);
});

test("a message of a kept chat that is on its way does not turn up in the temporary one", () => {
  chat.delivery.send("Kept", { clientId: "s" });
  chat.show(null, null, { temporary: true });
  assert.deepEqual(drawn, []);
  chat.receive({ type: "transcript", conversation: summary("c"), messages: [{ ...answerTo(null), role: "user", client_id: "s", generation: null }] });
  assert.equal(chat.shown, null);
  assert.deepEqual(drawn, []);
});
