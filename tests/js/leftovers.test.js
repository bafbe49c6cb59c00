import assert from "node:assert/strict";
import { test } from "node:test";

import { Drafts } from "../../static/js/drafts.js";
import { forgetGone } from "../../static/js/leftovers.js";
import { Storage } from "./support/storage.js";

const [GONE, LISTED, ARCHIVED, UNKNOWN] = ["0", "1", "2", "3"].map((digit) => `0000000${digit}-0000-4000-8000-000000000000`);

test("drafts and files of a conversation that is gone are forgotten, and nothing else", async () => {
  const storage = new Storage();
  const alice = new Drafts(storage, "alice");
  const keys = [null, GONE, LISTED, ARCHIVED, UNKNOWN, `edit:${GONE}`];
  keys.forEach((key) => alice.write(key, "Half a thought"));
  alice.keepFiles(GONE, [{ id: "f" }]);
  new Drafts(storage, "bob").write(GONE, "Another's");
  const before = Object.keys(storage);
  const asked = [];
  await forgetGone(storage, "alice", (id) => id === LISTED, async (address, { method }) => {
    asked.push(`${method} ${address}`);
    if (address.includes(UNKNOWN)) {
      throw new TypeError("network error");
    }
    return { status: address.includes(GONE) ? 404 : 200 };
  });
  const left = Object.keys(storage);
  assert.deepEqual(before.filter((key) => !left.includes(key)), [`brook:draft:alice:${GONE}`, `brook:files:alice:${GONE}`]);
  assert.deepEqual(asked, [GONE, ARCHIVED, UNKNOWN].map((id) => `HEAD /c/${id}/`));
});
