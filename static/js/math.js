// A formula: its source, until KaTeX is there, which is loaded when first needed. KaTeX builds elements, no markup, follows no
// link in a formula, and does no more for one than is allowed here.

import { reachable } from "./reachable.js";
import { slices } from "./slices.js";
import { gettext } from "./words.js";

const LIMITS = { throwOnError: true, trust: false, strict: "ignore", maxExpand: 200, maxSize: 20 };

let library = null;

export class Formula {
  #element = document.createElement("span");
  #source = null;

  /** @param {{math: string, source: string, display: boolean}} node */
  constructor(node) {
    if (node.display) {
      reachable(this.#element, gettext("Formula"));
    }
    this.#element.className = node.display ? "math math-display" : "math";
    this.#element.textContent = node.source;
    this.#source = node.source;
    this.#set(node);
  }

  get element() {
    return this.#element;
  }

  /**
   * @param {object} node
   * @returns {boolean} whether it is that already
   */
  become({ source }) {
    return source === this.#source;
  }

  settle() {}

  async #set({ math, display }) {
    this.#element.setAttribute("data-waiting", "");
    const katex = await loaded();
    slices.request(() => {
      this.#element.removeAttribute("data-waiting");
      try {
        katex?.render(math, this.#element, { ...LIMITS, displayMode: display });
      } catch {
        this.#element.textContent = this.#source; // no TeX, or nested deeper than a browser can follow
      }
      return false;
    });
  }
}

function loaded() {
  library ??= load().catch(() => {
    library = null; // the next formula tries again
    return null;
  });
  return library;
}

async function load() {
  await Promise.all([import("katex"), style()]);
  return globalThis.katex; // as a module it exports nothing; its module is twice as large
}

function style() {
  return new Promise((resolve, reject) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = import.meta.resolve("katex/style");
    link.onload = resolve;
    link.onerror = reject;
    document.head.append(link);
  });
}
