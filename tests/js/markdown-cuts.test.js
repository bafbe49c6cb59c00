// Where a block that is too long is cut, and how what follows goes on with it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { blocksOf } from "../../static/js/markdown-blocks.js";
import { cutOf, goOn, isFull, NOTHING_ABOVE } from "../../static/js/markdown-cuts.js";
import { createParser } from "../../static/js/markdown-parser.js";
import { treeOf } from "../../static/js/markdown-tree.js";
import { markupOf } from "./support/markup.js";

const parser = createParser();

function first(text) {
  return { block: blocksOf(parser.parse(text, {}))[0], lines: text.split("\n").slice(0, -1) };
}

function cut(text, above = NOTHING_ABOVE) {
  const { block, lines } = first(text);
  return { isFull: isFull(block, lines), ...cutOf(block, lines, above) };
}

function continued(text, above) {
  const { block } = first(text);
  const nodes = treeOf(block.tokens);
  goOn(nodes, block, above);
  return nodes[0].attributes;
}

const TABLE = "| a | b | c |\n|---|---|---|\n";

test("a table goes on after fifty rows of three cells, with the same head", () => {
  assert.equal(cut(TABLE + "| x | y | z |\n".repeat(49)).isFull, false);
  assert.equal(cut(`${TABLE}${"| x | y | z |\n".repeat(49)}| x |`).isFull, false);
  assert.deepEqual(cut(TABLE + "| x | y | z |\n".repeat(400)), { isFull: true, to: 52, above: { head: TABLE } });
});

test("a table that is too long before is cut behind its last whole row", () => {
  assert.deepEqual(cut(`${TABLE}| x |\n| y |\n| z`), { isFull: false, to: 4, above: { head: TABLE } });
});

test("a list goes on before an item of its own, when 128 of whatever depth are above", () => {
  assert.equal(cut("- a\n".repeat(128)).isFull, false);
  assert.equal(cut(`${"- a\n".repeat(128)}- b`).isFull, false);
  assert.deepEqual([cut("- a\n".repeat(300)), cut("- a\n  - b\n  - c\n".repeat(300))].map(({ isFull: full, to }) => [full, to]), [
    [true, 128],
    [true, 129],
  ]);
});

test("a list that is too long before is cut above its last item", () => {
  assert.equal(cut("- a\n  b\n- c\n  d\n").to, 2);
  assert.equal(cut("- a\n").to, 0);
  assert.deepEqual([cut("4. a\n4. b").to, cut("4. a\n4. b").above.next], [0, 5]); // the half line begins the next piece
});

test("a list goes on with the next number, whatever stands there", () => {
  const { above } = cut("7. a\n".repeat(200));
  assert.equal(above.next, 7 + 128);
  assert.deepEqual(continued("7. a\n8. b\n", above), { class: "continued", start: "135" });
  assert.equal(cut("7. a\n".repeat(200), above).above.next, 135 + 128);
});

test("a list inside one item goes on in that item, after twice as many", () => {
  const { isFull: full, to, above } = cut(`1. a\n   - b\n${"     * c\n".repeat(400)}`);
  assert.deepEqual([full, to, above.head, above.next], [true, 256, "1.\n   -\n", 1]);
  const { block } = first(`${above.head}     * c\n   - d\n2. e\n`);
  const nodes = treeOf(block.tokens);
  goOn(nodes, block, above);
  assert.equal(markupOf(nodes), '<ol start="1"><li><ul><li><ul><li>c</li></ul></li><li>d</li></ul></li><li>e</li></ol>');
  const [opened, last] = nodes[0].children;
  const [inside] = opened.children[0].children;
  assert.deepEqual([opened, inside, last].map(({ attributes }) => attributes.class), ["opened", "opened", undefined]);
});

test("only a list or a quote of the same kind goes on", () => {
  const { above } = cut("- a\n".repeat(200));
  assert.deepEqual(continued("- b\n", above), { class: "continued" });
  assert.deepEqual(continued("* b\n", above), {});
  assert.deepEqual(continued("\n- b\n", above), {});
  assert.deepEqual(continued("> b\n", cut("> a\n").above), { class: "continued" });
  assert.deepEqual(continued("b\n", cut("a\n").above), {});
  assert.deepEqual(continued("- b\n", NOTHING_ABOVE), {});
});
