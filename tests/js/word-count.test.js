import assert from "node:assert/strict";
import { test } from "node:test";

import { WordCount } from "../../static/js/word-count.js";

function count(...pieces) {
  const words = new WordCount();
  pieces.forEach((piece) => words.add(piece));
  return words.count;
}

test("words are counted, and nothing else", () => assert.equal(count("Hello, it’s a well-known - fact: 42!"), 7));
test("nothing is no word", () => assert.equal(count("", " ", "\n\n", "—"), 0));
test("scripts without spaces count by the character", () => assert.equal(count("水到渠成"), 4));
test("a character of such a script after a word is one of its own", () => assert.equal(count("H", "水", "ello"), 3));

test("cut anywhere, the count is the same", () => {
  const text = "Water finds its way, slowly: 3,000 years — 水到渠成 or so. Don’t hurry!";
  const whole = count(text);
  for (let first = 0; first <= text.length; first += 1) {
    for (let second = first; second <= text.length; second += 7) {
      assert.equal(count(text.slice(0, first), text.slice(first, second), text.slice(second)), whole);
    }
  }
});

test("a message of its own begins a new word", () => {
  const words = new WordCount();
  words.add("half");
  words.addWhole("way");
  words.add("there");
  assert.equal(words.count, 3);
});
