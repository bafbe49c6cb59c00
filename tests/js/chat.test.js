import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Chat } from "../../static/js/chat.js";
import { Outbox } from "../../static/js/outbox.js";
import { Sender } from "../../static/js/sender.js";
import { Storage } from "./support/storage.js";

globalThis.requestAnimationFrame = () => 0;
globalThis.cancelAnimationFrame = () => {};

const summary = (id) => ({ id, title: id, updated: "2026-01-01T00:00:00Z", generating: false });
const user = { id: "q", parent: null, role: "user", content: "Hi", reasoning: "", client_id: "s", generation: null };
const answer = {
  id: "a",
  parent: "q",
  role: "assistant",
  content: "",
  reasoning: "",
  client_id: null,
  generation: { id: "g", status: "streaming", phase: "queued", finish_reason: null, error: null, cursor: 0 },
};

// What the page was told to do, by name.
function recorder(...names) {
  const told = [];
  const part = Object.fromEntries(names.map((name) => [name, (...given) => void told.push([name, ...given])]));
  return Object.assign(part, { told, of: (name) => told.filter(([said]) => said === name).map(([, ...given]) => given) });
}

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
let page;
let desk;
let chat;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  line = new Line();
  page = recorder("address", "current", "summary", "deleted", "notice", "welcomed", "blank", "announce", "follow", "editor");
  desk = recorder("show", "sent", "adopt", "say", "giveBack");
  const transcript = { clear() {}, render() {}, view: () => ({ append() {} }) };
  const sender = new Sender(new Outbox(new Storage(), "alice"), line);
  chat = new Chat({ connection: line, sender, transcript, desk, page });
});

function open(...messages) {
  chat.show("c");
  chat.receive({ type: "transcript", conversation: summary("c"), messages });
}

test("an end that is not where the text is asks for the conversation anew, without the text shown so far", () => {
  open(user, answer);
  chat.receive({ type: "delta", generation: "g", from: 0, to: 9, parts: [{ kind: "content", text: "Hello you" }] });
  chat.receive({ type: "finished", generation: "g", to: 5, status: "interrupted", finish_reason: null, error: null, left_out: 0 });
  mock.timers.tick(2_000);
  assert.deepEqual(line.said.at(-1), { type: "open", conversation: "c" });
});

test("an end where the text is asks for nothing", () => {
  open(user, answer);
  const before = line.said.length;
  chat.receive({ type: "finished", generation: "g", to: 0, status: "failed", finish_reason: null, error: null, left_out: 0 });
  mock.timers.tick(10_000);
  assert.equal(line.said.length, before);
});

test("the shown conversation that is deleted shows that, and gives back what still waited to be sent there", () => {
  open();
  chat.send("Are you there?");
  chat.receive({ type: "deleted", conversation: "c" });
  assert.deepEqual(page.of("deleted"), [["c", "c"]]);
  assert.deepEqual(page.of("blank").at(-1), ["deleted"]);
  assert.equal(desk.of("giveBack")[0][0].command.content, "Are you there?");
  assert.match(chat.send("Still there?"), /was deleted/);
});

test("another conversation that is deleted leaves the shown one alone", () => {
  open(user);
  chat.receive({ type: "deleted", conversation: "d" });
  assert.deepEqual(page.of("deleted"), [["d", "c"]]);
  assert.deepEqual(page.of("blank").at(-1), [""]);
});

test("a conversation that does not exist shows that, until another is shown", () => {
  chat.show("c");
  chat.receive({ type: "error", code: "not_found", message: "No.", command: "open", client_id: null });
  assert.deepEqual(page.of("blank").at(-1), ["missing"]);
  chat.show(null);
  assert.deepEqual(page.of("blank").at(-1), ["welcome"]);
});

test("a notice is shown, and changes nothing", () => {
  open(user);
  const before = line.said.length;
  const notice = { type: "notice", code: "branched", message: "It had gone on.", conversation: "c", client_id: "s" };
  chat.receive(notice);
  assert.deepEqual(page.of("notice"), [[notice]]);
  assert.equal(line.said.length, before);
});

test("a refused rename is told, and takes nothing back", () => {
  open(user);
  chat.receive({ type: "error", code: "unavailable", message: "Not now.", command: "rename", client_id: null });
  assert.deepEqual(desk.of("giveBack")[0].slice(0, 2), [undefined, "Not now."]);
});

test("an event that this page does not know is passed over", () => {
  open(user);
  chat.receive({ type: "something new" });
  assert.equal(chat.shown, "c");
});
