import assert from "node:assert/strict";
import { test } from "node:test";

import { blocksOf, countClosed } from "../../static/js/markdown-blocks.js";
import { createParser } from "../../static/js/markdown-parser.js";

const parser = createParser();

function closed(text) {
  return countClosed(blocksOf(parser.parse(text, {})), text.split("\n").slice(0, -1));
}

for (const [name, text, count] of [
  ["a paragraph may go on", "a\nb", 0],
  ["a paragraph may become a heading", "a\n", 0],
  ["a blank line closes a paragraph", "a\n\n", 1],
  ["a line that may become more than blank does not", "a\n  ", 0],
  ["a heading is closed by the end of its line, and what is above it", "a\n\n# b\n", 2],
  ["half a heading closes nothing", "# b", 0],
  ["an underline closes its heading", "a\n===\n", 1],
  ["half a line lies", "> a\n-", 0],
  ["a list goes on after blank lines", "- a\n\n\n", 0],
  ["two lines of something else close a list", "- a\n\nb\nc\n", 1],
  ["a fence closes itself", "```\na\n```\n", 1],
  ["an open fence goes on", "```\na\n\n# b\n", 0],
  ["an open fence closes what is above it, however long its first line becomes", "a\n```\nhalf a line", 1],
  ["half an opening fence closes nothing", "a\n```", 0],
  ["a shorter fence does not close it", "````\na\n```\n", 0],
  ["indented code goes on after blank lines", "    a\n\n", 0],
  ["a line may become the head of a table", "> a\n\n| a |\n", 1],
  ["a blank line closes a table", "| a |\n|---|\n| b |\n\n", 1],
  ["a blank line closes a quotation", "> a\n\n", 1],
  ["a formula closes itself", "$$\na\n$$\n", 1],
  ["an open formula goes on", "$$\na\n", 0],
  ["definitions close nothing and are no blocks", "[a]: b\n", 0],
]) {
  test(`${name}: ${JSON.stringify(text)}`, () => assert.equal(closed(text), count));
}
