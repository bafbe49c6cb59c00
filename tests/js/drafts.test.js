import assert from "node:assert/strict";
import { test } from "node:test";

import { Drafts, forget } from "../../static/js/drafts.js";
import { Storage } from "./support/storage.js";

test("each conversation, and the new chat, has its own draft", () => {
  const drafts = new Drafts(new Storage(), "alice");
  drafts.write(null, "new");
  drafts.write("c", "old");
  assert.equal(drafts.read(null), "new");
  assert.equal(drafts.read("c"), "old");
  assert.equal(drafts.read("d"), "");
});

test("an emptied draft leaves nothing behind", () => {
  const storage = new Storage();
  const drafts = new Drafts(storage, "alice");
  drafts.write("c", "text");
  drafts.write("c", "");
  assert.deepEqual(Object.keys(storage).filter((key) => key.startsWith("brook")), []);
});

test("another account on this browser never sees it", () => {
  const storage = new Storage();
  new Drafts(storage, "alice").write(null, "secret");
  assert.equal(new Drafts(storage, "bob").read(null), "");
});

test("a full storage does not disturb typing", () => {
  const storage = new Storage();
  storage.full = true;
  assert.doesNotThrow(() => new Drafts(storage, "alice").write(null, "text"));
});

test("logging out forgets what is ours, and nothing else", () => {
  const storage = new Storage();
  new Drafts(storage, "alice").write("c", "text");
  storage.setItem("of another program", "kept");
  forget(storage);
  assert.equal(storage.getItem("of another program"), "kept");
  assert.equal(new Drafts(storage, "alice").read("c"), "");
});
