import assert from "node:assert/strict";
import { test } from "node:test";
import { bestOf, fold, hitsIn } from "../../static/js/found.js";

function hits(text, words) {
  const folded = fold(text);
  return hitsIn(folded, words).map(({ start, end }) => folded.slice(start, end));
}

test("words are found whatever their letters' size and accents", () => {
  assert.deepEqual(hits("Élan, ÉLAN and e\u0301lan", "elan"), ["elan", "elan", "elan"]);
  assert.deepEqual(hits("elan", "Élan"), ["elan"]);
  assert.deepEqual(hits("Straße", "STRASSE"), ["strasse"]);
});

test("all words but the last one are whole ones", () => {
  assert.deepEqual(hits("rivers and a river", "river sea"), ["river"]);
  assert.deepEqual(hits("rivers and a river, driver", "sea river"), ["rivers", "river"]);
});

test("two words between which signs stood are found in the one that is shown", () => {
  const text = fold("the Ptérodactyle");
  assert.deepEqual(hitsIn(text, "ptero dactyle"), []);
  assert.deepEqual(hitsIn(text, "ptero dactyle", true).map(({ start, end }) => text.slice(start, end)), ["ptero", "dactyle"]);
});

test("signs are no words, and mean nothing", () => {
  assert.deepEqual(hits("anything", ""), []);
  assert.deepEqual(hits("anything.*", ".*"), []);
  assert.deepEqual(hits("C++ (a language)", "(c++"), ["c"]);
});

test("a script without blanks is found within its text", () => {
  assert.deepEqual(hits("黄河水流动", "水流"), ["水流"]);
});

test("the best place is the first with as many different words as any", () => {
  const text = fold(`the ${"x ".repeat(200)} the sea, and ${"x ".repeat(200)} the sea`);
  const found = hitsIn(text, "the sea");
  assert.equal(bestOf(found), 1);
  assert.equal(bestOf([]), -1);
});
