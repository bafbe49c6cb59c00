import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { languageFor } from "../../static/js/code-languages.js";

test("a language has several names", () => {
  assert.deepEqual(["py", "Python", "js", "c++", "sh", "HTML"].map(languageFor), ["python", "python", "javascript", "cpp", "bash", "xml"]);
});

test("what we have no colours for has none", () => {
  assert.deepEqual(["", "brainfuck", "constructor", "__proto__", "../core"].map(languageFor), ["", "", "", "", ""]);
});

test("every language that is meant is served", () => {
  const served = /LANGUAGES = """([^"]*)"""/.exec(readFileSync("chat/static.py", "utf8"))[1].trim().split(/\s+/);
  const meant = readFileSync("static/js/code-languages.js", "utf8");
  assert.deepEqual(served.map(languageFor), served);
  const names = [...meant.matchAll(/: "([^"]+)",/g)].map(([, name]) => name);
  assert.ok(names.length > 20);
  assert.deepEqual(names.filter((name) => !served.includes(name)), []);
});
