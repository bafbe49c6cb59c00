import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Chat } from "../../static/js/chat.js";
import { Outbox } from "../../static/js/outbox.js";
import { Sender } from "../../static/js/sender.js";
import { Connection } from "./support/connection.js";
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

let line;
let page;
let desk;
let chat;
let scroll;
let reached;
let transcript;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  line = new Connection();
  page = recorder("address", "current", "summary", "deleted", "notice", "welcomed", "blank", "announce");
  desk = recorder("show", "adopt", "say", "giveBack", "update", "hold", "begun");
  reached = [];
  const view = { append() {}, mark() {}, element: { isConnected: false } };
  transcript = { clear() {}, render() {}, view: () => view, reach: (row) => (reached.push(row.id), view) };
  scroll = { box: new EventTarget(), follow() {}, lead() {}, news() {} };
  const sender = new Sender(new Outbox(new Storage(), "alice"), line);
  chat = new Chat({ connection: line, sender, transcript, desk, page, scroll });
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
  chat.delivery.send("Are you there?");
  chat.receive({ type: "deleted", conversation: "c" });
  assert.deepEqual(page.of("deleted"), [["c", "c"]]);
  assert.deepEqual(page.of("blank").at(-1), ["deleted"]);
  assert.equal(desk.of("giveBack")[0][0].command.content, "Are you there?");
  assert.match(chat.delivery.send("Still there?"), /was deleted/);
});

test("another conversation that is deleted leaves the shown one alone", () => {
  open(user);
  chat.receive({ type: "deleted", conversation: "d" });
  assert.deepEqual(page.of("deleted"), [["d", "c"]]);
  assert.deepEqual(page.of("blank").at(-1), [""]);
});

test("a conversation that does not exist shows that, until another is shown", () => {
  chat.show("c");
  chat.receive({ type: "error", code: "not_found", message: "No.", command: "open", conversation: "c", client_id: null });
  assert.deepEqual(page.of("blank").at(-1), ["missing"]);
  chat.show(null);
  assert.deepEqual(page.of("blank").at(-1), ["welcome"]);
});

test("a conversation that does not exist and was left meanwhile leaves the shown one alone", () => {
  chat.show("gone");
  open(user);
  const before = line.said.length;
  for (const code of ["not_found", "unavailable"]) {
    chat.receive({ type: "error", code, message: "No.", command: "open", conversation: "gone", client_id: null });
  }
  mock.timers.tick(10_000);
  assert.deepEqual(page.of("blank").at(-1), [""]);
  assert.deepEqual([chat.path.length, line.said.length, desk.of("say")], [1, before, []]);
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

const JUMP = { id: "b", parent: "q", role: "assistant", content: "Ho", reasoning: "", client_id: null, generation: { id: "h", status: "complete" } };
const ended = { ...answer, content: "Hi", generation: { ...answer.generation, status: "complete" } };

test("a conversation that is opened at a message goes there once, when it is here", () => {
  chat.show("c", "a");
  assert.deepEqual(reached, []);
  chat.receive({ type: "transcript", conversation: summary("c"), messages: [user, ended, JUMP] });
  chat.receive({ type: "transcript", conversation: summary("c"), messages: [user, ended, JUMP] });
  assert.deepEqual(reached, ["a"]);
  assert.equal(line.said.some(({ type }) => type === "choose"), false, "what is looked at is not chosen");
});

test("a jump in the shown conversation goes there at once", () => {
  open(user, ended, JUMP);
  chat.jump("a");
  assert.deepEqual(reached, ["a"]);
  assert.deepEqual(chat.path.map(({ id }) => id), ["q", "a"]);
});

test("a message that is gone is said to be", () => {
  open(user);
  chat.jump("gone");
  assert.match(desk.of("say").at(-1)[0], /no longer here/);
});

test("turning to a version tells the server; without a connection it is told with the next transcript", () => {
  open(user, ended, JUMP);
  chat.turn(JUMP, "previous");
  assert.deepEqual(line.said.at(-1), { type: "choose", message: "a" });
  line.online = false;
  chat.connectionChanged();
  chat.turn(ended, "next");
  line.online = true;
  chat.receive({ type: "transcript", conversation: summary("c"), messages: [user, { ...ended, chosen: true }, JUMP] });
  assert.deepEqual(chat.path.map(({ id }) => id), ["q", "b"]);
  assert.deepEqual(line.said.at(-1), { type: "choose", message: "b" });
});

test("the links come with the summary, of the shown conversation alone", () => {
  open(user);
  const shares = [{ id: "s", message: "q", created: "2026-01-01T00:00:00Z" }];
  chat.receive({ type: "conversation", ...summary("d"), shares });
  assert.deepEqual(chat.shares, []);
  chat.receive({ type: "conversation", ...summary("c"), shares });
  assert.deepEqual(chat.shares, shares);
});

test("another answer is asked for once, and refused in words while one is written or the connection is away", () => {
  open(user, ended);
  assert.equal(chat.acts.regenerate(ended, "a-model"), "");
  const { client_id: clientId, ...said } = line.said.at(-1);
  assert.match(clientId, /^[0-9a-f-]{36}$/);
  assert.deepEqual(said, { type: "regenerate", message: "a", model: "a-model" });
  const before = line.said.length;
  assert.match(chat.acts.regenerate(ended), /being sent/);
  assert.match(chat.acts.resume(ended), /being sent/);
  chat.receive({ type: "message", conversation: "c", message: { ...answer, id: "z", generation: { ...answer.generation, id: "y" } } });
  assert.match(chat.acts.resume(ended), /still being written/);
  line.online = false;
  assert.match(chat.acts.resume(ended), /not connected/);
  assert.equal(line.said.length, before);
});

test("an opinion, a link and a deletion are said while an answer is written, and refused without a connection", () => {
  open(user, answer);
  for (const act of [() => chat.acts.rate(answer, -1, "Wrong."), () => chat.acts.share("a"), () => chat.acts.unshare("s"), () => chat.acts.remove(user)]) {
    line.online = true;
    const before = line.said.length;
    assert.equal(act(), "");
    assert.equal(line.said.length, before + 1);
    line.online = false;
    assert.match(act(), /not connected/);
    assert.equal(line.said.length, before + 1);
  }
});

// Sent without a connection

function disconnect() {
  line.online = false;
  chat.connectionChanged();
}

function reconnect() {
  line.online = true;
  chat.connectionChanged();
  line.said.length = 0;
  chat.receive({ type: "welcome", protocol: 2 });
}

const stored = (clientId) => ({ ...user, id: `stored ${clientId}`, client_id: clientId });

test("what was sent without a connection goes out with the next one, though another conversation is shown by then", () => {
  open(user, ended);
  disconnect();
  chat.delivery.send("And?");
  chat.show("d");
  reconnect();
  assert.deepEqual(line.said.map(({ type, parent }) => [type, parent]), [["send", "a"], ["open", undefined]]);
});

test("what was sent where nothing could be read yet goes out without a parent, though another conversation is shown by then", () => {
  disconnect();
  chat.show("c");
  chat.delivery.send("And?");
  chat.show("d");
  reconnect();
  assert.deepEqual(line.said.map(({ type, conversation, parent }) => [type, conversation, parent]), [["send", "c", undefined], ["open", "d", undefined]]);
});

test("what was sent before the transcript came goes out when the conversation is left", () => {
  chat.show("c");
  chat.delivery.send("And?");
  assert.deepEqual(line.said.map(({ type }) => type), ["open"]);
  chat.show("d");
  assert.deepEqual(line.said.map(({ type, conversation }) => [type, conversation]), [["open", "c"], ["send", "c"], ["open", "d"]]);
});

test("where its conversation is shown it follows what was said there meanwhile", () => {
  let drawn = [];
  transcript.render = (path) => (drawn = path);
  open(user, ended);
  disconnect();
  chat.delivery.send("And?", { clientId: "s2" });
  reconnect();
  const more = { ...user, id: "q2", parent: "a", client_id: "elsewhere" };
  chat.receive({ type: "transcript", conversation: summary("c"), messages: [user, ended, more, { ...ended, id: "a2", parent: "q2" }] });
  assert.equal(line.said.at(-1).parent, "a2");
  assert.deepEqual(drawn.map(({ id }) => id), ["q", "a", "q2", "a2", "s2"]);
});

test("the first message of a new chat goes out while a temporary one is shown", () => {
  chat.show(null);
  disconnect();
  chat.delivery.send("Hi");
  chat.show(null, null, { temporary: true });
  reconnect();
  assert.deepEqual(line.said.map(({ type }) => type), ["send", "open"]);
});

test("a new chat becomes a conversation when it is shown, else the desk is told", () => {
  chat.show(null);
  chat.delivery.send("Hi", { clientId: "s2" });
  chat.receive({ type: "transcript", conversation: summary("e"), messages: [stored("s2")] });
  assert.deepEqual([chat.shown, desk.of("adopt")], ["e", [["e"]]]);
  chat.show(null);
  disconnect();
  chat.delivery.send("Hi", { clientId: "s3" });
  chat.show("d");
  reconnect();
  chat.receive({ type: "transcript", conversation: summary("f"), messages: [stored("s3")] });
  assert.deepEqual([chat.shown, desk.of("adopt").length, desk.of("begun")], ["d", 1, [["f"]]]);
});

test("the transcript of a conversation that was left does not make the new chat its own", () => {
  chat.show("d");
  chat.show(null);
  chat.delivery.send("Hi");
  chat.receive({ type: "transcript", conversation: summary("d"), messages: [user] });
  assert.equal(chat.shown, null);
});

// Refused

const refuse = (command) => chat.receive({ type: "error", code: "unavailable", message: "No.", command, conversation: null, client_id: "x" });

test("another answer that was asked for is waited for until that is refused, whatever else is", () => {
  open(user, ended);
  for (const [command, ask] of [["regenerate", () => chat.acts.regenerate(ended)], ["continue", () => chat.acts.resume(ended)]]) {
    assert.equal(ask(), "");
    refuse("rename");
    assert.match(ask(), /being sent/);
    assert.deepEqual(desk.of("hold"), []);
    refuse(command);
    assert.deepEqual(desk.of("hold"), [["c"]]);
    desk.told.length = 0;
  }
});

test("a refused edit comes back where it was written: the version that it edits is shown again", () => {
  let drawn = [];
  transcript.render = (path) => (drawn = path);
  const older = { ...user, chosen: true };
  open(older, { ...user, id: "q2", client_id: "s2" });
  chat.delivery.edit(older, "Better");
  const { client_id: clientId } = line.said.at(-1);
  assert.deepEqual(drawn.map(({ id }) => id), [clientId]);
  chat.receive({ type: "error", code: "busy", message: "No.", command: "edit", client_id: clientId });
  assert.deepEqual(drawn.map(({ id }) => id), ["q"]);
  assert.deepEqual(reached, ["q"]);
});
