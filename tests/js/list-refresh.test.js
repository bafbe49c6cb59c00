import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { ListRefresh } from "../../static/js/list-refresh.js";

let asked, sidebar, list;

beforeEach(() => {
  mock.timers.enable({ apis: ["Date"] });
  asked = [];
  globalThis.document = { hidden: false };
  mock.method(globalThis, "fetch", () => new Promise((resolve, reject) => asked.push({ resolve, reject })));
  sidebar = { busy: false, said: [], awaitList: () => sidebar.said.push("await"), takeList: (rows) => sidebar.said.push(rows) };
  list = new ListRefresh(sidebar, "/list/");
});

afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
  delete globalThis.document;
});

async function answer(question, conversations, ok = true) {
  question.resolve({ ok, json: async () => ({ conversations }) });
  await new Promise((resolve) => setImmediate(resolve));
}

test("soon after the page was loaded its list is new enough, once", () => {
  mock.timers.tick(4_000);
  list.connected();
  assert.equal(asked.length, 0);
  list.connected();
  assert.equal(asked.length, 1);
});

test("a page that is connected minutes after it was loaded asks", () => {
  mock.timers.tick(120_000);
  list.connected();
  assert.equal(asked.length, 1);
});

test("an answer that was under way may have ended since", () => {
  sidebar.busy = true;
  list.connected();
  assert.equal(asked.length, 1);
});

test("a page that is looked at again asks, but not before it was connected", () => {
  list.seen();
  assert.equal(asked.length, 0);
  list.connected();
  list.seen();
  assert.equal(asked.length, 1);
});

test("what is told while a list is asked for is newer than it, and an earlier list is taken by nobody", async () => {
  list.connected();
  list.connected();
  list.connected();
  await answer(asked[1], ["new"]);
  await answer(asked[0], ["old"]);
  assert.deepEqual(sidebar.said, ["await", "await", ["new"]]);
});

test("a list that did not come changes nothing, and the next connection asks again", async () => {
  list.connected();
  list.connected();
  await answer(asked[0], [], false);
  assert.deepEqual(sidebar.said, ["await"]);
  list.connected();
  await answer(asked[1], ["new"]);
  assert.deepEqual(sidebar.said, ["await", "await", ["new"]]);
});

test("when much has changed at once the server says so, and the list is asked for", () => {
  list.receive({ type: "conversation" });
  assert.equal(asked.length, 0);
  list.receive({ type: "list" });
  assert.equal(asked.length, 1);
});
