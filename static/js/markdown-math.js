// Math in Markdown, as language models write it: $…$ and \(…\) in a line, $$…$$ and \[…\] as a formula of its own. Rules for
// markdown-it. Whether something is math follows from the lines up to its own end: what streams in later changes nothing.

const LONGEST = 4_000;
const SPANS = [
  { open: "\\(", close: "\\)", display: false },
  { open: "\\[", close: "\\]", display: true },
  { open: "$$", close: "$$", display: true },
];
const BLANK = /^\s*$/;
// Whatever binds closer than math, or looks like a path, an address or another formula's end.
const NO_MATH = /`|\]\(|:\/\/|\n\s*\n/;
const AN_AMOUNT_AND_WORDS = /^[\d.,]+\s+\p{L}{2}/u;
const WORD = /[\p{L}\p{N}_]/u;

/** @param {object} parser a MarkdownIt */
export function mathRules(parser) {
  parser.inline.ruler.before("escape", "math", inline);
  parser.block.ruler.before("fence", "math", block, { alt: ["paragraph", "reference", "blockquote", "list"] });
}

function inline(state, silent) {
  const { src, pos, posMax } = state;
  const found = spanAt(src, pos, posMax) ?? dollarsAt(src, pos, posMax);
  if (!found) {
    return false;
  }
  if (!silent) {
    push(state, "math_inline", found);
  }
  state.pos = found.end;
  return true;
}

function spanAt(src, pos, posMax) {
  const span = SPANS.find(({ open }) => src.startsWith(open, pos));
  const from = pos + 2;
  const to = span ? src.slice(0, Math.min(posMax, from + LONGEST)).indexOf(span.close, from) : -1;
  return to < 0 ? null : formula(src.slice(from, to), span, to + 2);
}

// One dollar is money more often than math: https://pandoc.org/MANUAL.html#math, and a little stricter.
function dollarsAt(src, pos, posMax) {
  if (src[pos] !== "$" || (pos > 0 && (WORD.test(src[pos - 1]) || src[pos - 1] === "$")) || /[\s$]/.test(src[pos + 1] ?? " ")) {
    return null;
  }
  const to = src.slice(0, Math.min(posMax, pos + LONGEST)).indexOf("$", pos + 1);
  const tex = src.slice(pos + 1, to);
  if (to < 0 || /[\s\\]$/.test(tex) || WORD.test(src[to + 1] ?? " ") || AN_AMOUNT_AND_WORDS.test(tex)) {
    return null;
  }
  return formula(tex, { open: "$", close: "$", display: false }, to + 1);
}

function formula(tex, { open, close, display }, end) {
  return BLANK.test(tex) || NO_MATH.test(tex) ? null : { tex: tex.trim(), source: `${open}${tex}${close}`, display, end };
}

// A formula in lines of its own. A delimiter alone in its line begins one that goes on to the other delimiter; without that it
// ends at a blank line, and is a paragraph after all.
function block(state, start, end, silent) {
  const first = lineOf(state, start);
  const span = state.sCount[start] - state.blkIndent < 4 && SPANS.find(({ open, display }) => display && first.startsWith(open));
  if (!span || (first !== span.open && !isWhole(first, span))) {
    return false;
  }
  if (silent) {
    return true;
  }
  const last = first === span.open ? lastLine(state, start, end, span.close) : start;
  const source = state.getLines(start, last + 1, state.blkIndent, false).trim();
  const isClosed = source.length > 2 && source.endsWith(span.close);
  const found = isClosed ? formula(source.slice(2, -2), span, 0) : null;
  state.line = last + 1;
  if (found) {
    push(state, "math_block", found).map = [start, state.line];
  } else {
    paragraph(state, source, [start, state.line]);
  }
  return true;
}

function lineOf(state, line) {
  return state.src.slice(state.bMarks[line] + state.tShift[line], state.eMarks[line]).trim();
}

function isWhole(line, { close }) {
  return line.length > 4 && line.indexOf(close, 2) === line.length - 2;
}

function lastLine(state, start, end, close) {
  let line = start + 1;
  while (line < end && !state.isEmpty(line) && state.sCount[line] >= state.blkIndent) {
    if (lineOf(state, line).includes(close)) {
      return line;
    }
    line += 1;
  }
  return line - 1;
}

function paragraph(state, content, map) {
  state.push("paragraph_open", "p", 1).map = map;
  Object.assign(state.push("inline", "", 0), { content, map, children: [] });
  state.push("paragraph_close", "p", -1);
}

function push(state, type, { tex, source, display }) {
  return Object.assign(state.push(type, "", 0), { content: tex, markup: source, meta: { display } });
}
