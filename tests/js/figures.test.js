import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { sizeOf } from "../../static/js/file-kinds.js";
import { written } from "../../static/js/findings.js";
import { figure } from "../../static/js/words.js";

function speak(lang) {
  globalThis.document = { documentElement: { lang } };
}

afterEach(() => delete globalThis.document);

test("a number is written as the page's language writes it", () => {
  assert.equal(figure(12_345.67), "12,346");
  speak("de");
  assert.equal(figure(12_345.67, 1), "12.345,7");
});

test("so are the sizes of files and the pace of an answer", () => {
  speak("de");
  assert.deepEqual([812, 4_300, 20_480, 1_468_006].map(sizeOf), ["812 bytes", "4,2 KB", "20 KB", "1,4 MB"]);
  const trial = { times: { first: 100, last: 1_100 }, text: "x".repeat(1_234), end: null };
  assert.match(written(trial).figure, /then 1\.234 characters a second$/);
});
