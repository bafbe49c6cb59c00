// One Markdown text on its way onto the page. Closed top-level blocks keep their elements for ever; only the open part is
// understood and drawn again, so that a delta costs the same at the end of a long answer as at its beginning. What is shown
// in the end follows from the text, however it was cut on its way: what closes a block, and where one that is too long is
// cut, is decided by whole lines from that block's own beginning.

import { cutAtLine } from "./cutting.js";
import { begins, blocksOf, countClosed } from "./markdown-blocks.js";
import { cutOf, goOn, isFull, linesIn, NOTHING_ABOVE } from "./markdown-cuts.js";
import { settle } from "./markdown-dom.js";
import { nextBox, Parts } from "./markdown-parts.js";
import { createParser } from "./markdown-parser.js";
import { treeOf } from "./markdown-tree.js";
import { OpenFence } from "./open-fence.js";
import { LATER } from "./slices.js";

const WINDOW = 4_096; // characters that are understood at once, at first
const LONGEST = 16_384; // an open part beyond it is cut

const parser = createParser();

export class MarkdownStream {
  #parts;
  #open = ""; // the text that is not closed
  #half = ""; // a carriage return that may be half of a line's end
  #window = WINDOW;
  #above = NOTHING_ABOVE; // what the open part goes on with, because it was cut
  #shown = nothing(0); // what the open part shows
  #fence = null;
  #references = Object.create(null);
  #known = 0;
  #openReferences = {};
  #mentions = []; // closed parts that may refer to what is defined below them
  #isFinished = false;

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#parts = new Parts(element);
  }

  /** @param {string} text */
  take(text) {
    const all = this.#half + text;
    this.#half = all.endsWith("\r") ? "\r" : "";
    const whole = this.#half ? all.slice(0, -1) : all;
    this.#open += whole.replace(/\r\n?/g, "\n").replaceAll("\0", "\ufffd");
  }

  /** @returns {boolean | "later"} whether there is more to draw; each step is a small one */
  step() {
    return this.#fence ? this.#eat() : this.#draw();
  }

  /**
   * The text is whole and drawn: settles what waited for that.
   * @returns {boolean} whether there is more to do
   */
  finish() {
    if (!this.#isFinished) {
      this.#isFinished = true;
      this.#fence?.finish(this.#open);
      settle(this.#shown.nodes);
      const all = this.#known + Object.keys(this.#openReferences).length;
      this.#mentions = this.#mentions.filter(({ known }) => known < all);
    }
    const mention = this.#mentions.pop();
    if (mention) {
      const { text, above, shown } = mention;
      const { blocks } = understood(text, above, this.#environment(this.#openReferences));
      settle(this.#paint(blocks, shown, above).nodes);
    }
    return this.#mentions.length > 0;
  }

  #draw() {
    const window = this.#open.slice(0, this.#window);
    const isAll = window.length === this.#open.length;
    const part = understood(window, this.#above, this.#environment());
    const closed = Math.min(countClosed(part.blocks, part.lines), part.blocks.length - Number(part.hasFull));
    const rest = part.blocks.slice(closed);
    const isFence = rest.length === 1 && rest[0].type === "fence" && begins(rest[0], part.lines);
    if (closed === 0 && !isFence && (!isAll || part.hasFull)) {
      return this.#divide(part, window);
    }
    const gone = closed > 0 ? part.blocks[closed - 1].to : this.#linesAbove;
    this.#openReferences = { ...part.references };
    this.#shown = this.#paint(part.blocks, this.#shown);
    this.#close(part, closed);
    if (isFence) {
      this.#enter(rest[0], part.lines, gone);
    }
    return !isAll || isFence || part.hasFull;
  }

  // Nothing is closed in what was looked at, and more follows.
  #divide({ blocks, lines, hasFull }, window) {
    if (!hasFull && this.#window < LONGEST) {
      this.#window *= 2;
      return true;
    }
    const { to, above } = cutOf(blocks[0], lines, this.#above);
    this.#cut(to > 0 ? textOf(lines, this.#linesAbove, to) : window.slice(0, cutAtLine(window)));
    this.#above = above;
    return LATER;
  }

  // What follows begins a box of its own, in which nothing that is drawn touches what is above.
  #cut(text) {
    const { blocks } = understood(text, this.#above, this.#environment());
    this.#leave(text, this.#paint(blocks, this.#shown));
    this.#shown = nothing(nextBox(this.#shown.first));
  }

  #close({ blocks, lines }, count) {
    if (count > 0) {
      const { first, nodes } = this.#shown;
      this.#leave(textOf(lines, this.#linesAbove, blocks[count - 1].to), { first, nodes: nodes.slice(0, count) });
      this.#above = NOTHING_ABOVE;
      this.#shown.nodes = nodes.slice(count);
    }
  }

  // This text is closed, and stays as it is shown, unless it refers to what comes below it.
  #leave(text, shown) {
    const above = this.#above;
    settle(shown.nodes);
    this.#shown = nothing(shown.first + shown.nodes.length);
    this.#pass(text);
    if (text.includes("[")) {
      this.#mentions.push({ text, above, shown, known: this.#known });
    }
  }

  #pass(text) {
    this.#open = this.#open.slice(text.length);
    this.#window = WINDOW;
    if (text.includes("]:")) {
      const { references } = understood(text, NOTHING_ABOVE, this.#environment());
      this.#known += Object.keys(references).length;
      Object.assign(this.#references, references);
      this.#openReferences = {};
    }
  }

  // From here on its text is only appended. `gone`: how many of the lines are closed already.
  #enter(block, lines, gone) {
    const [node] = this.#shown.nodes;
    this.#pass(textOf(lines, gone, block.from + 1));
    this.#above = NOTHING_ABOVE;
    this.#fence = new OpenFence(node.view, lines[block.from], { markup: block.markup, language: node.language });
  }

  #eat() {
    const { eaten, isClosed, more } = this.#fence.eat(this.#open);
    this.#open = this.#open.slice(eaten);
    if (isClosed) {
      settle(this.#shown.nodes);
      this.#shown = nothing(this.#shown.first + 1);
      this.#fence = null;
    }
    return more && LATER;
  }

  // Makes what `shown` says into what these blocks say.
  #paint(blocks, { first, nodes: before }, above = this.#above) {
    const nodes = blocks.flatMap(({ tokens }) => treeOf(tokens));
    goOn(nodes, blocks[0], above);
    this.#parts.patch(first, before, nodes);
    return { first, nodes };
  }

  #environment(more = {}) {
    return { references: Object.assign(Object.create(this.#references), more) };
  }

  get #linesAbove() {
    return linesIn(this.#above.head);
  }
}

// `first`: the number of the first node.
function nothing(first) {
  return { first, nodes: [] };
}

// `hasFull`: the last block makes a piece, and what follows is perhaps its next one.
function understood(text, { head }, env) {
  const source = head + text;
  const lines = source.split("\n").slice(0, -1);
  const all = blocksOf(parser.parse(source, env));
  const isBare = head && all[0]?.type === "table_open" && all[0].to === 2;
  const blocks = isBare ? all.slice(1) : all;
  const full = blocks.findIndex((block) => isFull(block, lines));
  const hasFull = full >= 0;
  return { blocks: hasFull ? blocks.slice(0, full + 1) : blocks, lines, references: env.references, hasFull };
}

function textOf(lines, from, to) {
  return to > from ? `${lines.slice(from, to).join("\n")}\n` : "";
}
