import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { tabStorage } from "../../static/js/tab-storage.js";
import { Locks } from "./support/locks.js";
import { settled } from "./support/server.js";
import { Storage } from "./support/storage.js";

const OUTBOX = "brook:outbox:alice";
const QUEUE = "brook:queue:alice";
const isQueue = (key) => key === QUEUE;

let local;
let locks;

beforeEach(() => {
  local = new Storage();
  locks = new Locks();
});

// A tab: what it has for itself, and its page, which comes and goes.
class Tab {
  session = new Storage();

  async open() {
    this.page = new EventTarget();
    this.storage = await tabStorage(local, this.session, locks, this.page);
    return this;
  }

  async leave() {
    this.page.dispatchEvent(new Event("pagehide"));
    await settled();
  }

  async comeBack() {
    this.page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
    await settled();
  }

  put(key, ...values) {
    this.storage.setItem(key, JSON.stringify(values));
  }

  get(key) {
    return JSON.parse(this.storage.getItem(key) ?? "[]");
  }
}

const tab = () => new Tab().open();

test("each tab has its own, also after a reload", async () => {
  const [one, other] = [await tab(), await tab()];
  one.put(OUTBOX, "mine");
  assert.deepEqual(other.get(OUTBOX), []);
  await one.leave();
  await one.open();
  assert.deepEqual(one.get(OUTBOX), ["mine"]);
});

test("a tab that was copied gets a name of its own", async () => {
  const one = await tab();
  one.put(OUTBOX, "mine");
  const copy = new Tab();
  Object.assign(copy.session, one.session);
  await copy.open();
  assert.deepEqual(copy.get(OUTBOX), []);
});

test("the next tab takes over what a closed one has still to send, and leaves what is queued in its place", async () => {
  const one = await tab();
  one.put(OUTBOX, "unsent");
  one.put(QUEUE, ["c", "queued"]);
  await one.leave();
  const next = await tab();
  assert.deepEqual([next.get(OUTBOX), next.get(QUEUE)], [["unsent"], []]);
  await one.open();
  assert.deepEqual([one.get(OUTBOX), one.get(QUEUE)], [[], [["c", "queued"]]]);
});

test("a value is taken over by itself, and from nobody who is there", async () => {
  const [living, closed, next] = [await tab(), await tab(), await tab()];
  living.put(QUEUE, ["c", "of the living"]);
  closed.put(QUEUE, ["c", "one"], ["d", "another"]);
  await closed.leave();
  await next.storage.takeOver(isQueue, ([of]) => of === "c");
  assert.deepEqual(next.get(QUEUE), [["c", "one"]]);
  assert.deepEqual(living.get(QUEUE), [["c", "of the living"]]);
  await closed.open();
  assert.deepEqual(closed.get(QUEUE), [["d", "another"]]);
});

test("a page that comes back out of the browser's memory has its name again", async () => {
  const one = await tab();
  one.put(QUEUE, ["c", "mine"]);
  await one.leave();
  await one.comeBack();
  const next = await tab();
  await next.storage.takeOver(isQueue);
  assert.deepEqual([next.get(QUEUE), one.get(QUEUE)], [[], [["c", "mine"]]]);
});

test("a full storage keeps no page from starting, and loses nothing", async () => {
  const one = await tab();
  one.put(OUTBOX, "unsent");
  await one.leave();
  const setItem = Storage.prototype.setItem;
  local.setItem = function (key, value) {
    if (Object.keys(this).filter((name) => name.startsWith("brook:")).length > 0) {
      throw new Error("QuotaExceededError"); // there is room for one
    }
    setItem.call(this, key, value);
  };
  const next = await tab();
  assert.deepEqual(next.get(OUTBOX), ["unsent"], "the old one makes room for the new one");
  await next.leave();
  local.setItem = () => {
    throw new Error("QuotaExceededError");
  };
  await tab();
});

test("what cannot be taken over stays where it was", async () => {
  const one = await tab();
  one.put(OUTBOX, "unsent");
  const name = one.session.getItem("brook:tab");
  await one.leave();
  local.setItem = function (key, value) {
    if (!key.endsWith(name)) {
      throw new Error("QuotaExceededError");
    }
    this[key] = value;
  };
  await tab();
  await one.open();
  assert.deepEqual(one.get(OUTBOX), ["unsent"]);
});

test("nonsense and what is empty is tidied away", async () => {
  local.setItem(`${OUTBOX}#gone`, "[]");
  local.setItem(`${OUTBOX}#lost`, "{");
  const { storage } = await tab();
  assert.equal(storage.getItem(OUTBOX), null);
  assert.deepEqual(Object.keys(local).filter((key) => key.startsWith("brook:outbox")), []);
});

test("where locks are refused the page starts all the same", async () => {
  locks.request = () => Promise.reject(new Error("SecurityError"));
  const alone = await tab();
  alone.put(OUTBOX, "mine");
  assert.deepEqual(alone.get(OUTBOX), ["mine"]);
});

test("without locks the tab's own storage is all there is", async () => {
  const session = new Storage();
  assert.equal(await tabStorage(local, session, undefined), session);
});
