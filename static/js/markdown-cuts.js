// A block that is too long for one piece goes on in a further one: a table with the same head, a list with its next item, inside
// the items that are open there. Each piece is a block of its own, so that a word more is drawn beside a few rows or items, however
// many are above. Pure.

import { rowsOf } from "./markdown-parser.js";

/** What an open part goes on with: the lines that say so; the block's type, its marker, and the number of its first item. */
export const NOTHING_ABOVE = Object.freeze({ head: "" });

const ITEMS = 128; // of whatever depth, before an item of the list itself; before one inside another: twice as many
const DEEPEST = 20;
const LISTS = new Set(["bullet_list_open", "ordered_list_open"]);
const LOOK_AS_ONE = new Set([...LISTS, "blockquote_open"]);
const MARKER = /^[ \t]*(?:[-+*]|\d{1,9}[.)])/;

/**
 * @param {object | undefined} block of markdown-blocks.js
 * @param {string[]} lines the whole ones
 * @returns {boolean} whether it makes a piece, whatever follows
 */
export function isFull(block, lines) {
  const rows = rowsIn(block, lines);
  return rows > 0 ? rows >= rowsOf(lines[block.from + 1]) : itemsIn(block, lines).some(isEnoughAbove);
}

/**
 * @param {object | undefined} block that is full, or longer than what is looked at
 * @param {string[]} lines the whole ones
 * @param {object} above what it goes on with
 * @returns {{to: number, above: object}} the line before which it is cut, or 0 if it has no such line; what goes on from there
 */
export function cutOf(block, lines, above) {
  const rows = rowsIn(block, lines);
  if (rows > 0) {
    return { to: block.from + 2 + rows, above: { head: linesOf(lines.slice(block.from, block.from + 2)) } };
  }
  const items = itemsIn(block, lines).filter(({ path, line }) => path && line > linesIn(above.head));
  const item = items.find(isEnoughAbove) ?? items.findLast(({ path }) => path.length === 0) ?? items.at(-1);
  const { line, path, count } = item ?? { line: 0, path: [], count: 1 };
  const head = linesOf(path.map((at) => MARKER.exec(lines[at])[0]));
  return { to: line, above: { head, ...kindOf(block), next: numberOf(block, above) + count } };
}

/**
 * @param {object[]} nodes of markdown-tree.js
 * @param {object | undefined} block the first of them
 * @param {object} above what it goes on with, if it is of that kind
 */
export function goOn([node], block, above) {
  if (LOOK_AS_ONE.has(above.type) && goesOn(block, above)) {
    node.attributes.class = "continued";
    if (node.tag === "ol") {
      node.attributes.start = String(above.next);
    }
    let list = node;
    for (let depth = linesIn(above.head); depth > 0 && list; depth -= 1) {
      const [item] = list.children;
      item.attributes.class = "opened";
      list = item.children.find(({ tag }) => tag === "ul" || tag === "ol");
    }
  }
}

/**
 * @param {string} text
 * @returns {number} whole lines
 */
export function linesIn(text) {
  return text.split("\n").length - 1;
}

function linesOf(lines) {
  return lines.map((line) => `${line}\n`).join("");
}

function rowsIn(block, lines) {
  return block?.type === "table_open" ? Math.max(0, Math.min(block.to, lines.length) - block.from - 2) : 0;
}

function isEnoughAbove({ path, before }) {
  return path?.length === 0 ? before >= ITEMS : path && before >= 2 * ITEMS;
}

// All but the first. `before`: how many are above it; `path`: the lines of the items that it is in, if it can go on from there;
// `count`: of the list's own items, those above the one that goes on.
function itemsIn(block, lines) {
  const items = [];
  const around = [];
  let [before, count] = [0, -1];
  for (const { type, level, nesting, map } of LISTS.has(block?.type) ? block.tokens : []) {
    if (type === "list_item_open" && map[0] < lines.length) {
      count += Number(level === 1);
      items.push({ line: map[0], before, path: pathOf(around, map[0]), count });
      before += 1;
    }
    if (nesting > 0) {
      around.push({ type, line: map?.[0] });
    } else if (nesting < 0) {
      around.pop();
    }
  }
  return items.slice(1);
}

function pathOf(around, line) {
  const items = around.filter(({ type }) => type === "list_item_open").map((item) => item.line);
  const isOnlyLists = around.length === 2 * items.length + 1;
  const isOneALine = [...items, line].every((each, at, all) => at === 0 || each > all[at - 1]);
  return isOnlyLists && isOneALine && items.length <= DEEPEST ? items : null;
}

function kindOf({ type, markup } = {}) {
  return { type, markup };
}

function goesOn(block, above) {
  return block?.from === 0 && block.type === above.type && block.markup === above.markup;
}

function numberOf(block, above) {
  return goesOn(block, above) ? above.next : Number(block?.tokens[0].attrGet("start") ?? 1);
}
