// What of Markdown is understood: CommonMark, tables, strikethrough and bare addresses (markdown-it), and math. Raw HTML is text.
// Every call is bounded by the length of what it is given, whatever that is. Pure.

import MarkdownIt from "markdown-it/browser";

import { cutAt } from "./cutting.js";
import { mathRules } from "./markdown-math.js";

const PIECE = 4_096; // markdown-it takes time by the square for what is nested but never closed: 20 ms for so many "["
const CELLS = 250; // of a table that are laid out as one: with four times as many, a row more takes up to 25 ms
const CELLS_INSIDE = 1_000; // of a table in a list or a quote, which does not go on in a further one
const DEEPEST = 96; // levels of quotes and lists; markdown-it leaves out what is more than 100 deep

// https://github.github.com/gfm/#extended-www-autolink: what would be an address after "//" is one without.
const WWW = {
  validate(text, end, linkify) {
    const start = end - "www.".length;
    const isAlone = start === 0 || /[\s*_~(]/.test(text[start - 1]);
    return isAlone ? Math.max(0, linkify.testSchemaAt(text, "//", start) - "www.".length) : 0;
  },
  normalize(match) {
    match.url = `http://${match.url}`;
  },
};

/**
 * @param {{linkify?: boolean, math?: boolean}} [options]
 * @returns {object} a MarkdownIt
 */
export function createParser({ linkify = true, math = true } = {}) {
  const parser = new MarkdownIt({ html: false, linkify, typographer: false });
  parser.linkify.set({ fuzzyLink: false }).add("www.", WWW); // main.py and README.md are no addresses
  parser.core.ruler.at("inline", inlineInPieces);
  parser.core.ruler.push("languages", unescapeLanguages);
  const [table, , , quote, , list] = parser.block.ruler.getRules("");
  parser.block.ruler.at("table", boundedTable(table), { alt: ["paragraph", "reference"] });
  parser.block.ruler.at("blockquote", notTooDeep(quote), { alt: ["paragraph", "reference", "blockquote", "list"] });
  parser.block.ruler.at("list", notTooDeep(list), { alt: ["paragraph", "reference", "blockquote"] });
  if (math) {
    mathRules(parser);
  }
  return parser;
}

/**
 * @param {string} delimiters the second line of a table
 * @returns {number} rows of such a table that are understood as one
 */
export function rowsOf(delimiters) {
  return rowsFor(delimiters, CELLS);
}

function rowsFor(delimiters, cells) {
  return Math.max(1, Math.floor(cells / delimiters.split("|").length));
}

function inlineInPieces({ tokens, md, env }) {
  for (const token of tokens) {
    if (token.type === "inline") {
      token.children = piecesOf(token.content).flatMap((piece) => {
        const children = [];
        md.inline.parse(piece, md, env, children);
        return children;
      });
    }
  }
}

function unescapeLanguages({ tokens, md }) {
  for (const token of tokens) {
    token.info &&= md.utils.unescapeAll(token.info);
  }
}

function piecesOf(text) {
  const pieces = [];
  let rest = text;
  while (rest.length > PIECE) {
    const cut = cutAt(rest.slice(0, PIECE));
    pieces.push(rest.slice(0, cut));
    rest = rest.slice(cut);
  }
  return [...pieces, rest];
}

// A short row gets the cells that it lacks: without a bound a few kilobytes become 65,000 cells.
function boundedTable(table) {
  return (state, start, end, silent) => {
    const cells = state.level === 0 ? CELLS : CELLS_INSIDE;
    const rows = start + 1 < end ? rowsFor(state.getLines(start + 1, start + 2, 0, false), cells) : 0;
    return table(state, start, Math.min(end, start + 2 + rows), silent);
  };
}

function notTooDeep(rule) {
  return (state, ...where) => state.level < DEEPEST && rule(state, ...where);
}
