import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { SearchQuery } from "../../static/js/search-query.js";

let asked, told, query, isDeaf;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  asked = [];
  told = [];
  isDeaf = false; // does it not hear that it is given up?
  query = new SearchQuery("/search/", { found: (answer) => told.push(answer), failed: (why) => told.push(why) }, fetcher);
});

function fetcher(address, { signal, headers }) {
  return new Promise((resolve, reject) => {
    asked.push({ address, headers, signal, resolve, reject });
    signal.addEventListener("abort", () => isDeaf || reject(new DOMException("", "AbortError")));
  });
}

function type(text, pause = 150) {
  const asks = query.type(text);
  mock.timers.tick(pause);
  return asks;
}

async function answer(question, results, ok = true) {
  question.resolve({ ok, json: async () => ({ results }) });
  await settled();
}

function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}

test("while somebody types on nothing is asked", () => {
  type("r", 100);
  type("ri", 100);
  assert.equal(asked.length, 0);
  type("riv");
  assert.deepEqual(asked.map(({ address }) => address), ["/search/?q=riv"]);
  assert.equal(asked[0].headers.Accept, "application/json");
});

test("blanks around the words, or alone, ask nothing", () => {
  assert.equal(type("  "), false);
  type("river");
  assert.equal(type(" river "), true);
  assert.equal(asked.length, 1);
});

test("what is typed reaches the server as it is", () => {
  type("a&b=ä #?");
  assert.equal(new URLSearchParams(asked[0].address.split("?")[1]).get("q"), "a&b=ä #?");
});

test("the last question's answer counts, and the earlier one is given up", async () => {
  type("river");
  type("rivers");
  assert.ok(asked[0].signal.aborted);
  await answer(asked[1], ["new"]);
  await answer(asked[0], ["old"]);
  assert.deepEqual(told, [{ words: "rivers", results: ["new"] }]);
});

test("an answer that has come all the same, after it was given up, is not shown", async () => {
  isDeaf = true;
  type("river");
  type("rivers");
  await answer(asked[0], ["old"]);
  assert.deepEqual(told, []);
});

test("an answer that comes while something else is being typed is not shown", async () => {
  type("river");
  query.type("rivers");
  await answer(asked[0], ["old"]);
  assert.deepEqual(told, []);
});

test("a network that is gone and a server that refuses are told apart, and the same can be asked again", async () => {
  type("river");
  asked[0].reject(new TypeError("Failed to fetch"));
  await settled();
  query.again();
  await answer(asked[1], [], false);
  query.again();
  await answer(asked[2], ["found"]);
  assert.deepEqual(told, ["offline", "refused", { words: "river", results: ["found"] }]);
});

test("an answer that does not come in ten seconds is not waited for", async () => {
  type("river");
  mock.timers.tick(10_000);
  await settled();
  assert.deepEqual(told, ["offline"]);
});

test("who closes the search hears nothing more, and asks anew when it is opened again", async () => {
  type("river");
  query.stop();
  await settled();
  assert.deepEqual(told, []);
  query.clear();
  type("river");
  assert.equal(asked.length, 2);
});
