import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Drafts } from "../../static/js/drafts.js";
import { Keeping } from "../../static/js/keeping.js";
import { Storage } from "./support/storage.js";

let storage;

// A tab: a box, and what keeps it.
class Tab {
  box = "";
  drafts = new Drafts(storage, "alice");
  keeping = new Keeping(this.drafts, () => this.box);

  constructor() {
    this.show("c");
  }

  show(id, temporary = false) {
    this.box = this.keeping.show(id, temporary);
  }

  types(text) {
    this.box = text;
    this.keeping.typed();
  }

  pauses() {
    mock.timers.tick(1_000);
  }

  sends() {
    this.keeping.forget();
    this.box = "";
  }
}

const kept = () => new Drafts(storage, "alice").read("c");

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  storage = new Storage();
});

test("what another tab sends takes only what it knew: the draft of this one stays", () => {
  const [one, other] = [new Tab(), new Tab()];
  one.types("Half a thought");
  one.pauses();
  other.types("Something else");
  other.sends();
  assert.equal(kept(), "Half a thought");
  other.types("More");
  other.pauses();
  other.sends();
  one.show("d");
  one.show("c");
  assert.equal(one.box, "Half a thought");
});

test("what another tab has forgotten is stored again when this one is left", () => {
  const one = new Tab();
  one.types("Half a thought");
  one.pauses();
  const other = new Tab();
  other.sends();
  assert.equal(kept(), "");
  one.keeping.flush();
  assert.equal(kept(), "Half a thought");
});

test("two tabs that write in one conversation keep both drafts, each once", () => {
  const [one, other] = [new Tab(), new Tab()];
  one.types("One");
  one.pauses();
  other.types("Ot");
  other.pauses();
  other.types("Other");
  other.pauses();
  assert.equal(kept(), "One\n\nOther");
  one.keeping.flush();
  assert.equal(kept(), "One\n\nOther");
  other.sends();
  assert.equal(kept(), "One");
});

test("tabs that write in one conversation by turns keep each what is in its box, and no older words of it", () => {
  const tabs = [new Tab(), new Tab(), new Tab()];
  const write = (tab, text) => {
    tab.types(text);
    tab.pauses();
  };
  write(tabs[0], "hello");
  write(tabs[1], "x");
  write(tabs[0], "hello w");
  write(tabs[1], "xy\n\nz");
  write(tabs[2], "h");
  write(tabs[0], "hello wo");
  write(tabs[1], "xyz");
  write(tabs[2], "hi");
  write(tabs[0], "hello wor");
  assert.deepEqual(kept().split("\n\n").sort(), ["hello wor", "hi", "xyz"]);
  tabs[2].sends();
  tabs[0].sends();
  assert.equal(kept(), "xyz");
});

test("a draft that another tab goes on with is left to it", () => {
  const one = new Tab();
  one.types("Half a thought");
  one.pauses();
  const other = new Tab();
  other.types("A whole thought");
  other.pauses();
  one.show("d");
  assert.equal(kept(), "A whole thought");
});

test("what was sent is gone, also when it was typed just before; what was emptied, too", () => {
  const one = new Tab();
  one.types("Hi");
  one.sends();
  one.pauses();
  one.keeping.flush();
  assert.equal(kept(), "");
  one.types("Hi");
  one.pauses();
  one.types("");
  one.pauses();
  assert.equal(kept(), "");
});

test("a full storage keeps it in memory", () => {
  const one = new Tab();
  one.types("Half");
  one.pauses();
  storage.full = true;
  one.types("Half a thought");
  one.show("d");
  one.show("c");
  assert.equal(one.box, "Half a thought");
  storage.full = false;
  one.keeping.flush();
  one.types("Half a thought more");
  one.pauses();
  assert.equal(kept(), "Half a thought more");
});

test("a temporary chat stores nothing, and leaves alone what is stored", () => {
  const one = new Tab();
  one.types("Kept");
  one.show(null, true);
  one.types("A secret");
  one.pauses();
  one.show(null);
  assert.deepEqual([one.box, kept()], ["", "Kept"]);
});

test("what was typed before there was a conversation to be shown is nobody's", () => {
  const keeping = new Keeping(new Drafts(storage, "alice"), () => "Typed early");
  keeping.show("c", false);
  assert.equal(new Drafts(storage, "alice").read(null), "");
});
