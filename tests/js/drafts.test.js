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

test("after logging out nothing is stored, and what was typed stays in memory", () => {
  const storage = new Storage();
  const drafts = new Drafts(storage, "alice");
  drafts.close();
  drafts.write("c", "text");
  drafts.keepFiles("c", [{ id: "1" }]);
  assert.deepEqual([drafts.read("c"), drafts.files("c").length], ["text", 1]);
  assert.deepEqual(Object.keys(storage).filter((key) => key.startsWith("brook")), []);
});

test("the files of a draft are kept beside its text, and nonsense is none", () => {
  const storage = new Storage();
  const drafts = new Drafts(storage, "alice");
  drafts.keepFiles("c", [{ id: "1", name: "a.txt" }]);
  assert.deepEqual(drafts.files("c"), [{ id: "1", name: "a.txt" }]);
  assert.deepEqual(drafts.files(null), []);
  drafts.keepFiles("c", []);
  assert.deepEqual(Object.keys(storage).filter((key) => key.startsWith("brook")), []);
  for (const nonsense of ["{", "7", "[7, null]"]) {
    storage.setItem("brook:files:alice:c", nonsense);
    assert.deepEqual(drafts.files("c"), []);
  }
});

test("what a full storage does not take is kept in memory, and stored when there is room", () => {
  const storage = new Storage();
  const drafts = new Drafts(storage, "alice");
  drafts.write("c", "one");
  storage.full = true;
  drafts.write("c", "two");
  assert.equal(drafts.read("c"), "two");
  storage.full = false;
  drafts.write("c", "three");
  assert.equal(new Drafts(storage, "alice").read("c"), "three");
});
