// The shown messages, in order: of a long path only the part that is read (excerpt.js). Keeps one view for each message
// that was drawn, shown or not, so that an answer goes on growing while the reader looks at another version; moves no
// element that stands where it should.

import { Excerpt } from "./excerpt.js";
import { MessageView } from "./message.js";
import { firstSeen, keepStill } from "./still.js";

const NOTHING = { online: true, stopping: null, siblings: () => ({ index: 1, count: 1, previous: null, next: null }) };

export class Transcript {
  #element;
  #template;
  #scroll;
  #on;
  #views = new Map();
  #excerpt = new Excerpt();
  #path = [];
  #now = NOTHING;

  /**
   * @param {HTMLElement} element
   * @param {object} parts
   * @param {HTMLTemplateElement} parts.template
   * @param {import("./scroll.js").Scroll} parts.scroll
   * @param {object} parts.on
   * @param {(action: string, row: object, event: MouseEvent) => void} parts.on.action a button of a message was pressed
   * @param {(row: object) => void} parts.on.drawn a message is drawn for the first time
   * @param {(start: number, hasLater: boolean) => void} parts.on.part which part is drawn
   */
  constructor(element, { template, scroll, on }) {
    this.#element = element;
    this.#template = template;
    this.#scroll = scroll;
    this.#on = on;
    element.addEventListener("click", (event) => {
      const button = event.target.closest("[data-action]");
      const row = button && this.rowAround(button);
      if (row) {
        on.action(button.dataset.action, row, event);
      }
    });
  }

  /** @returns {boolean} whether the path goes on below what is drawn */
  get hasLater() {
    return this.#excerpt.hasLater;
  }

  clear() {
    this.#views.clear();
    this.#excerpt = new Excerpt();
    this.#path = [];
    this.#element.replaceChildren();
    this.#on.part(0, false);
  }

  /**
   * @param {object} row
   * @returns {MessageView} its view, made at need
   */
  view(row) {
    const key = keyOf(row);
    let view = this.#views.get(key);
    if (!view) {
      view = new MessageView(this.#template, {
        mayFold: () => this.#scroll.following,
        fold: (work) => this.still(work),
      });
      this.#views.set(key, view);
    }
    return view;
  }

  /**
   * @param {HTMLElement} element in a message
   * @returns {object | undefined} whose row this is
   */
  rowAround(element) {
    const article = element.closest("article");
    return [...this.#views.values()].find((view) => view.element === article)?.row;
  }

  /**
   * @param {object[]} path the rows to show
   * @param {object} now
   * @param {boolean} now.online
   * @param {string | null} now.stopping the generation that is being stopped
   * @param {(id: string) => object} now.siblings
   */
  render(path, now) {
    this.#path = path;
    this.#now = now;
    this.#excerpt.take(path.length, this.#scroll.following);
    this.#draw();
  }

  /** Draws more before what is drawn. */
  earlier() {
    this.#excerpt.earlier(this.#scroll.following);
    this.still(() => this.#draw());
  }

  /** Draws more behind what is drawn. */
  later() {
    this.#excerpt.later();
    this.still(() => this.#draw());
  }

  /** Draws the end of the path. */
  latest() {
    if (this.#excerpt.hasLater) {
      this.#excerpt.latest();
      this.#draw();
    }
  }

  /** Draws the beginning of the path. */
  first() {
    if (this.#excerpt.start > 0) {
      this.#excerpt.around(0);
      this.#draw();
    }
  }

  /** Draws all of it. */
  all() {
    this.#excerpt.all();
    this.still(() => this.#draw());
  }

  /** Draws the part of it that was drawn before. */
  back() {
    this.#excerpt.back();
    this.still(() => this.#draw());
  }

  /**
   * Draws the part of the path in which this row stands.
   * @param {object} row
   * @returns {MessageView}
   */
  reach(row) {
    this.#excerpt.around(this.#path.indexOf(row));
    this.#draw();
    return this.view(row);
  }

  /**
   * Changes something without moving what is being read.
   * @param {() => void} work
   */
  still(work) {
    const [box, following] = [this.#scroll.box, this.#scroll.following];
    keepStill(box, following ? null : firstSeen(box, this.#element), work);
  }

  #draw() {
    const { start, end } = this.#excerpt;
    const elements = this.#path.slice(start, end).map((row) => this.#drawn(row).element);
    this.#keepingFocus(new Set(elements), (gone) => {
      gone.forEach((element) => element.remove());
      elements.forEach((element, at) => {
        if (element !== this.#element.children[at]) {
          this.#element.insertBefore(element, this.#element.children[at] ?? null);
        }
      });
    });
    this.#on.part(start, this.hasLater);
  }

  // If the focus was in one of those that go, it goes on to what stands in its place then.
  #keepingFocus(staying, work) {
    const shown = [...this.#element.children];
    const gone = shown.filter((element) => !staying.has(element));
    const left = gone.find((element) => element.contains(document.activeElement));
    const place = shown.filter((element) => element === left || staying.has(element)).indexOf(left);
    work(gone);
    if (left) {
      (this.#element.children[place] ?? this.#element.lastElementChild)?.focus({ preventScroll: true });
    }
  }

  #drawn(row) {
    const { online, stopping, siblings } = this.#now;
    const view = this.view(row);
    const isNew = view.row === null;
    view.update(row, { online, stopping: stopping !== null && row.generation?.id === stopping });
    view.versions(siblings(row.id));
    if (isNew) {
      this.#on.drawn(row);
    }
    return view;
  }
}

// A message keeps its element when the server's row takes the place of the one that was being sent.
function keyOf(row) {
  return `${row.role} ${row.client_id ?? row.id}`;
}
