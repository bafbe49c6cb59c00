// Rows under the headings of their days, each in its place. Knows of a row only its `data-conversation`, `data-updated` and
// `data-pinned`. What stands right is not touched, so that focus and scroll stay.

import { dayOf, headingOf, inOrder, untilTomorrow } from "./days.js";

export class GroupedList {
  #element;
  #now;
  #rows = new Map();
  #held = false;

  /**
   * @param {HTMLElement} element holds the rows that the server rendered, and gets a section for each day
   * @param {() => Date} [now]
   */
  constructor(element, now = () => new Date()) {
    this.#element = element;
    this.#now = now;
    for (const row of element.querySelectorAll("[data-conversation]")) {
      this.#rows.set(row.dataset.conversation, row);
    }
    this.arrange();
    element.querySelector("[data-ungrouped]").remove();
    this.#awaitTomorrow();
    document.addEventListener("visibilitychange", () => !document.hidden && this.arrange()); // a laptop slept over midnight
  }

  /** @returns {HTMLElement[]} in no order */
  get rows() {
    return [...this.#rows.values()];
  }

  /**
   * @param {string} id
   * @returns {HTMLElement | undefined}
   */
  row(id) {
    return this.#rows.get(id);
  }

  /** @param {HTMLElement} row a new one; `arrange` gives it its place */
  add(row) {
    this.#rows.set(row.dataset.conversation, row);
  }

  /**
   * @param {HTMLElement} row that goes; `arrange` takes its day away, if it was the last one there
   * @returns {HTMLElement | undefined} its neighbour
   */
  remove(row) {
    const shown = [...this.#element.querySelectorAll("[data-conversation]")];
    const at = shown.indexOf(row);
    this.#rows.delete(row.dataset.conversation);
    row.remove();
    return shown[at + 1] ?? shown[at - 1];
  }

  /** Nothing moves until `release`: somebody is at work on a row. */
  hold() {
    this.#held = true;
  }

  release() {
    this.#held = false;
    this.arrange();
  }

  /** Puts every row where it belongs by now. */
  arrange() {
    if (this.#held) {
      return;
    }
    const now = this.#now();
    const focused = this.#element.contains(document.activeElement) ? document.activeElement : null;
    const days = Map.groupBy(this.rows.sort((one, other) => inOrder(about(one), about(other))), (row) => dayOf(about(row), now));
    const sections = [...days.keys()].map((day) => this.#section(day, now));
    order(this.#element, sections);
    sections.forEach((section) => order(section.querySelector("ul"), days.get(section.dataset.day)));
    this.#element.querySelectorAll("[data-day]").forEach((section) => days.has(section.dataset.day) || section.remove());
    focused?.isConnected && focused.focus({ preventScroll: true });
  }

  #section(day, now) {
    const section = this.#element.querySelector(`[data-day="${day}"]`) ?? makeSection(day);
    section.querySelector("h2").textContent = headingOf(day, now, document.documentElement.lang);
    return section;
  }

  #awaitTomorrow() {
    setTimeout(() => {
      this.arrange();
      this.#awaitTomorrow();
    }, untilTomorrow(this.#now()) + 1);
  }
}

function about({ dataset }) {
  return { updated: dataset.updated, pinned: "pinned" in dataset };
}

function makeSection(day) {
  const section = document.createElement("section");
  const heading = document.createElement("h2");
  const list = document.createElement("ul");
  section.className = "day";
  section.dataset.day = day;
  heading.className = "day-name";
  heading.id = `day-${day}`;
  section.setAttribute("aria-labelledby", heading.id);
  section.append(heading, list);
  return section;
}

// `wanted` become the first children, in this order; only what stands wrong is moved.
function order(parent, wanted) {
  wanted.forEach((element, at) => {
    if (parent.children[at] !== element) {
      parent.insertBefore(element, parent.children[at] ?? null);
    }
  });
}
