// What was searched for, in a message as it is shown: found about as chat/search finds it, and marked without touching the
// elements, so that nothing moves and a selection stays.

const NAME = "found"; // ::highlight(found) in transcript.css
const MOST = 100; // places that are marked
const REACH = 120; // characters in which terms stand together, as in chat/search/excerpt.py
const BLOCKS = "p, li, pre, td, th, h1, h2, h3, h4, h5, h6, blockquote, div";
const LETTER = "[\\p{L}\\p{N}]";
const UNBLANKED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

/**
 * @param {string} text
 * @returns {string} as it is compared: small letters without accents
 */
export function fold(text) {
  const letters = text.normalize("NFKD").toLowerCase().replace(/[\p{M}\p{Cf}]/gu, "");
  return letters.replaceAll("ß", "ss").replaceAll("ς", "σ");
}

/**
 * @param {string} text folded
 * @param {string} words as they were typed; the last one may go on
 * @param {boolean} [anywhere] also within other words: signs that stand between two in Markdown are not shown
 * @returns {{start: number, end: number, term: string}[]} where they stand, in order
 */
export function hitsIn(text, words, anywhere = false) {
  const terms = [...new Set(fold(words).match(new RegExp(`${LETTER}+`, "gu")) ?? [])];
  const pattern = terms.map((term, at) => (anywhere ? term : patternOf(term, at === terms.length - 1))).join("|");
  const found = pattern ? text.matchAll(new RegExp(pattern, "gu")) : [];
  return [...found].map(({ 0: hit, index }) => {
    return { start: index, end: index + hit.length, term: terms.includes(hit) ? hit : terms.at(-1) };
  });
}

/**
 * @param {{start: number, end: number, term: string}[]} hits
 * @returns {number} the first with as many different terms in reach as any; -1 for none
 */
export function bestOf(hits) {
  const counts = hits.map(({ start }, at) => {
    const near = [];
    for (let next = at; next < hits.length && hits[next].end <= start + REACH; next += 1) {
      near.push(hits[next].term);
    }
    return new Set(near).size;
  });
  return counts.indexOf(Math.max(...counts));
}

/**
 * Marks the words until the next key or click.
 * @param {HTMLElement} element
 * @param {string} words
 * @returns {Range | null} where to look
 */
export function markIn(element, words) {
  const pieces = [];
  const text = textOf(element, pieces);
  const whole = hitsIn(text, words);
  const hits = whole.length > 0 ? whole : hitsIn(text, words, true);
  const best = bestOf(hits);
  if (best < 0) {
    return null;
  }
  const first = Math.max(0, best - MOST / 2);
  const ranges = hits.slice(first, first + MOST).map((hit) => rangeOf(hit, pieces));
  mark(ranges);
  return ranges[best - first];
}

function patternOf(term, isLast) {
  return UNBLANKED.test(term) ? term : `(?<!${LETTER})${term}${isLast ? `${LETTER}*` : `(?!${LETTER})`}`;
}

// Inline elements join what is in them to one text, blocks and broken lines do not.
function textOf(element, pieces) {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let text = "";
  let block = null;
  while (texts.nextNode()) {
    const node = texts.currentNode;
    const around = node.parentElement.closest(BLOCKS);
    text += around === block && node.previousSibling?.nodeName !== "BR" ? "" : "\n";
    block = around;
    pieces.push({ node, start: text.length });
    text += fold(node.data);
  }
  return text;
}

function rangeOf({ start, end }, pieces) {
  const range = document.createRange();
  const from = pieces.findLast((piece) => piece.start <= start);
  const to = pieces.findLast((piece) => piece.start < end);
  range.setStart(from.node, unfolded(from.node.data, start - from.start));
  range.setEnd(to.node, unfolded(to.node.data, end - to.start));
  return range;
}

// Where in a text stands what is at `place` when it is folded.
function unfolded(text, place) {
  let at = 0;
  let length = 0;
  for (const character of text) {
    if (length >= place) {
      break;
    }
    length += fold(character).length;
    at += character.length;
  }
  return at;
}

function mark(ranges) {
  const { highlights } = CSS;
  if (!highlights) {
    return; // an older browser: the place is shown, and nothing marked
  }
  highlights.set(NAME, new Highlight(...ranges));
  const over = new AbortController();
  for (const event of ["pointerdown", "keydown"]) {
    document.addEventListener(event, () => (highlights.delete(NAME), over.abort()), { capture: true, signal: over.signal });
  }
}
