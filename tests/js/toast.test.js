import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Deletion } from "../../static/js/deletion.js";
import { STAYS, Toast } from "../../static/js/toast.js";
import { Storage } from "./support/storage.js";

class Part extends EventTarget {
  hidden = true;
  textContent = "";

  contains() {
    return false;
  }

  matches() {
    return false;
  }
}

let parts;
let toast;
let online;
let told;
let storage;
let deletion;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  globalThis.document = { activeElement: null };
  parts = { toast: new Part(), words: new Part(), undo: new Part() };
  toast = new Toast({ querySelector: (hook) => parts[hook.match(/=(\w+)/)[1]] }, () => {});
  online = true;
  told = [];
  storage = new Storage();
  deletion = page();
});

function page(user = "alice") {
  return new Deletion(toast, (command) => online && told.push(command) > 0, storage, user);
}

test("an offer goes by itself after a while", () => {
  deletion.remove("c");
  assert.equal(toast.isShown, true);
  mock.timers.tick(19_000);
  assert.equal(toast.isShown, true);
  mock.timers.tick(1_000);
  assert.equal(toast.isShown, false);
});

test("Undo says so, and takes the offer away", () => {
  deletion.remove("c");
  toast.undo();
  assert.deepEqual(told.at(-1), { type: "restore", conversation: "c" });
  assert.equal(toast.isShown, false);
});

for (const [what, back] of [
  ["remove", { type: "restore", conversation: "c" }],
  ["archive", { type: "archive", conversation: "c", archived: false }],
]) {
  test(`without a connection the offer stays until it can be said: ${what}`, () => {
    deletion[what]("c");
    online = false;
    toast.undo();
    parts.toast.dispatchEvent(new Event("pointerleave"));
    mock.timers.tick(60_000);
    assert.equal(toast.isShown, true);
    online = true;
    toast.undo();
    assert.deepEqual([told.at(-1), toast.isShown], [back, false]);
  });
}

test("the next offer goes by itself again", () => {
  deletion.remove("c");
  online = false;
  toast.undo();
  online = true;
  deletion.remove("d");
  mock.timers.tick(STAYS);
  assert.equal(toast.isShown, false);
});

test("a deletion is offered to be undone on the next page too, while there is time for it", () => {
  deletion.remove("c");
  for (const [seconds, isShown] of [[0, true], [90, true], [11, false]]) {
    toast.close();
    mock.timers.tick(seconds * 1_000);
    page().offerAgain();
    assert.equal(toast.isShown, isShown, `${seconds} s later`);
  }
});

test("what the next page offers is undone as it would have been before", () => {
  deletion.remove("c");
  toast.close();
  page().offerAgain();
  toast.undo();
  assert.deepEqual(told.at(-1), { type: "restore", conversation: "c" });
});

test("what was brought back is not offered again, nor to another account", () => {
  deletion.remove("c");
  toast.close();
  page("bob").offerAgain();
  assert.equal(toast.isShown, false);
  deletion.deleted("c");
  deletion.told("c");
  page().offerAgain();
  assert.equal(toast.isShown, false);
});

test("a full storage does not keep anything from being deleted", () => {
  storage.full = true;
  deletion.remove("c");
  assert.deepEqual([told.length, toast.isShown], [1, true]);
});
