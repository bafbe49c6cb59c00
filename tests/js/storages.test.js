import assert from "node:assert/strict";
import { test } from "node:test";

import { fold } from "../../static/js/folding.js";
import { Storage } from "./support/storage.js";

let fresh = 0;
const storages = () => import(`../../static/js/storages.js?${(fresh += 1)}`);

function stand(name, get) {
  Object.defineProperty(globalThis, name, { configurable: true, get });
}

function forbidden() {
  throw new DOMException("The operation is insecure.", "SecurityError");
}

test("they are the browser's", async () => {
  const kept = new Storage();
  stand("localStorage", () => kept);
  stand("sessionStorage", () => kept);
  const { local, session } = await storages();
  assert.equal(local, kept);
  assert.equal(session, kept);
});

test("where they are forbidden or missing, what is kept lasts as long as the page", async () => {
  stand("localStorage", forbidden);
  stand("sessionStorage", () => null);
  const { local, session } = await storages();
  for (const storage of [local, session]) {
    storage.setItem("brook:folded", "1");
    assert.equal(storage.getItem("brook:folded"), "1");
    storage.removeItem("brook:folded");
    assert.equal(storage.getItem("brook:folded"), null);
  }
  assert.notEqual(local, session);
});

test("in a full storage the list is folded all the same, on this page", () => {
  const full = Object.assign(new Storage(), { full: true });
  const folded = [];
  fold({ toggleAttribute: (name, on) => folded.push([name, on]) }, full, true);
  assert.deepEqual(folded, [["data-folded", true]]);
});
