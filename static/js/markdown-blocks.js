// The top-level blocks of a text that still grows, and which of them are closed: whatever comes, they stay what they are. Only
// whole lines count, because the last one may become anything. Pure.

const UNTIL_A_BLANK_LINE = new Set(["paragraph_open", "blockquote_open", "table_open"]);
const ITS_OWN_LINES = new Set(["heading_open", "hr", "math_block"]);
const BLANK = /^[ \t]*$/;

/**
 * @param {object[]} tokens of markdown-it
 * @returns {{type: string, markup: string, from: number, to: number, tokens: object[]}[]} `from` and `to` are lines
 */
export function blocksOf(tokens) {
  const blocks = [];
  for (const token of tokens) {
    if (token.level === 0 && token.nesting >= 0 && token.map) {
      const { type, markup, map } = token;
      blocks.push({ type, markup, from: map[0], to: map[1], tokens: [] });
    }
    blocks.at(-1)?.tokens.push(token);
  }
  return blocks;
}

/**
 * @param {object[]} blocks
 * @param {string[]} lines the whole ones
 * @returns {number} how many blocks, from the first on, are closed
 */
export function countClosed(blocks, lines) {
  for (let at = blocks.length - 1; at >= 0; at -= 1) {
    if (isClosed(blocks[at], lines)) {
      return at + 1;
    }
    if (at > 0 && begins(blocks[at], lines)) {
      return at;
    }
  }
  return 0;
}

/**
 * @param {string} markup the opening fence
 * @returns {RegExp} what lines close it
 */
export function closingFence(markup) {
  return new RegExp(`^ {0,3}${markup[0]}{${markup.length},}[ \\t]*$`);
}

/**
 * @param {object} block
 * @param {string[]} lines the whole ones
 * @returns {boolean} whether it certainly begins where it seems to: whether a line begins a table, the next one says, but a
 *   fence says it itself, and the next line may be longer than all that is looked at
 */
export function begins({ type, from }, lines) {
  return from + Number(type !== "fence") < lines.length;
}

function isClosed({ type, markup, from, to }, lines) {
  if (ITS_OWN_LINES.has(type)) {
    return to <= lines.length;
  }
  if (type === "fence") {
    return to - 1 > from && to <= lines.length && closingFence(markup).test(lines[to - 1]);
  }
  return UNTIL_A_BLANK_LINE.has(type) && to < lines.length && BLANK.test(lines[to]);
}
