// Brings the list of conversations up to date after a time without a connection: what changed meanwhile is told to
// nobody later. The list is taken from the page as the server would render it now.

const ANSWER_WITHIN = 10_000;

export class ListRefresh {
  #sidebar;
  #isFresh = true;
  #asked = null; // the last question: an earlier one's answer is old

  /** @param {import("./sidebar.js").Sidebar} sidebar as the page came with it */
  constructor(sidebar) {
    this.#sidebar = sidebar;
  }

  /** A connection is there. The list that came with the page is new enough, unless an answer may have ended since. */
  connected() {
    const needed = !this.#isFresh || this.#sidebar.busy;
    this.#isFresh = false;
    if (needed) {
      this.#refresh();
    }
  }

  async #refresh() {
    const asked = {};
    this.#asked = asked;
    this.#sidebar.awaitList();
    try {
      const signal = AbortSignal.timeout(ANSWER_WITHIN);
      const response = await fetch("/", { redirect: "manual", cache: "no-store", signal });
      const html = await response.text();
      if (response.ok && asked === this.#asked) {
        this.#sidebar.takeList(summariesIn(html));
      }
    } catch {
      // The next connection asks again.
    }
  }
}

function summariesIn(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  return [...page.querySelectorAll("[data-conversations] > [data-conversation]")].map((row) => ({
    id: row.dataset.conversation,
    title: row.querySelector("[data-part=title]").textContent,
    updated: row.dataset.updated,
    generating: row.hasAttribute("data-generating"),
  }));
}
