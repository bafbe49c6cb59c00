// Brings the list of conversations up to date: after a time without a connection, as what changed meanwhile is told to nobody
// later; when the server says that it is another one; and when somebody looks at the page again.

const ANSWER_WITHIN = 10_000;
const FRESH_FOR = 5_000;

export class ListRefresh {
  #sidebar;
  #address;
  #isFirst = true;
  #loadedAt = Date.now();
  #asked = null; // the last question: an earlier one's answer is old

  /**
   * @param {import("./sidebar.js").Sidebar} sidebar as the page came with it
   * @param {string} address where the list is, as JSON
   */
  constructor(sidebar, address) {
    this.#sidebar = sidebar;
    this.#address = address;
  }

  /** A connection is there. The list that came with the page is new enough, unless an answer may have ended since. */
  connected() {
    const isFresh = this.#isFirst && Date.now() - this.#loadedAt < FRESH_FOR;
    this.#isFirst = false;
    if (!isFresh || this.#sidebar.busy) {
      this.#refresh();
    }
  }

  /** @param {{type: string}} event of docs/protocol.md; most are not about the whole list */
  receive({ type }) {
    if (type === "list") {
      this.#refresh();
    }
  }

  /** The page may be looked at again. */
  seen() {
    if (!document.hidden && !this.#isFirst) {
      this.#refresh();
    }
  }

  async #refresh() {
    const asked = {};
    this.#asked = asked;
    this.#sidebar.awaitList();
    try {
      const signal = AbortSignal.timeout(ANSWER_WITHIN);
      const response = await fetch(this.#address, { redirect: "manual", cache: "no-store", signal });
      const { conversations } = await response.json();
      if (response.ok && asked === this.#asked) {
        this.#sidebar.takeList(conversations);
      }
    } catch {
      // The next connection asks again.
    }
  }
}
