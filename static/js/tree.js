// The messages of one conversation as a tree, and the one path through it that is shown. Pure: rows in, rows out.
// Nothing edited or regenerated replaces anything: it is a sibling, and siblings stay within reach.

/** @typedef {{id: string, parent: string | null, role: string}} Row see docs/protocol.md */

export class Tree {
  #rows = new Map();
  #children = new Map();
  #chosen = new Map();

  /**
   * Takes the rows of a transcript, oldest first; what the reader chose stays chosen.
   * @param {Row[]} rows
   */
  replace(rows) {
    this.#rows = new Map(rows.map((row) => [row.id, row]));
    this.#grow();
  }

  /**
   * A new row, or a newer state of one. It counts as the newest.
   * @param {Row} row
   */
  add(row) {
    this.#rows.set(row.id, row);
    this.#grow();
  }

  /** @param {string} id */
  remove(id) {
    this.#rows.delete(id);
    this.#grow();
  }

  /** @param {string} id */
  get(id) {
    return this.#rows.get(id);
  }

  /** @returns {Row[]} every row, oldest first */
  rows() {
    return [...this.#rows.values()];
  }

  /**
   * The shown path: at each fork the sibling that the reader chose, else the one that leads to the newest message.
   * @returns {Row[]}
   */
  path() {
    const path = [];
    const newest = this.#newest();
    let row = this.#next(null, newest);
    while (row) {
      path.push(row);
      row = this.#next(row.id, newest);
    }
    return path;
  }

  /**
   * @param {string} id
   * @returns {{index: number, count: number, previous: string | null, next: string | null}} index counts from 1
   */
  siblings(id) {
    const family = this.#children.get(this.#parent(this.#rows.get(id)));
    const index = family.findIndex((row) => row.id === id);
    return {
      index: index + 1,
      count: family.length,
      previous: family[index - 1]?.id ?? null,
      next: family[index + 1]?.id ?? null,
    };
  }

  /**
   * The reader turned to this version.
   * @param {string} id
   */
  choose(id) {
    this.#chosen.set(this.#parent(this.#rows.get(id)), id);
  }

  /**
   * Makes the path lead through this row, whatever was chosen above it before: for what the reader just made.
   * @param {string} id
   */
  show(id) {
    for (let row = this.#rows.get(id); row; row = this.#rows.get(row.parent)) {
      this.#chosen.delete(this.#parent(row));
    }
  }

  #grow() {
    this.#children = new Map();
    for (const row of this.#rows.values()) {
      const parent = this.#parent(row);
      const family = this.#children.get(parent);
      if (family) {
        family.push(row);
      } else {
        this.#children.set(parent, [row]);
      }
    }
  }

  // A row whose parent is not here (not yet loaded) stands at the root rather than vanish.
  #parent(row) {
    return this.#rows.has(row.parent) ? row.parent : null;
  }

  // For each row, how new the newest row below it is. Parents come before their children, so one pass from the end.
  #newest() {
    const rows = this.rows();
    const newest = new Map();
    for (let age = rows.length - 1; age >= 0; age -= 1) {
      const row = rows[age];
      const own = Math.max(age, newest.get(row.id) ?? 0);
      newest.set(row.id, own);
      newest.set(row.parent, Math.max(own, newest.get(row.parent) ?? 0));
    }
    return newest;
  }

  #next(parent, newest) {
    const family = this.#children.get(parent) ?? [];
    const chosen = this.#chosen.get(parent);
    return (
      family.find((row) => row.id === chosen) ??
      family.reduce((best, row) => (best && newest.get(best.id) > newest.get(row.id) ? best : row), undefined)
    );
  }
}
