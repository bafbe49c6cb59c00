// The messages of one conversation as a tree, and the one path through it that is shown. Pure: rows in, rows out.
// Nothing edited or regenerated replaces anything: it is a sibling, and siblings stay within reach.

/** @typedef {{id: string, parent: string | null, role: string, chosen?: boolean}} Row see docs/protocol.md */

export class Tree {
  #rows = new Map();
  #children = new Map();
  #turned = new Map(); // the version that this tab shows at a fork, where the server does not say so (yet)
  #path = null;

  /**
   * Takes the rows of a transcript, oldest first; what this tab turned to stays shown.
   * @param {Row[]} rows
   */
  replace(rows) {
    this.#rows = new Map(rows.map((row) => [row.id, row]));
    this.#grow();
    rows.filter(({ chosen }) => chosen).forEach((row) => this.#confirm(row));
  }

  /**
   * A new row. It counts as the newest, and the path leads to it, as the server has it too.
   * @param {Row} row
   */
  add(row) {
    this.#rows.set(row.id, row);
    this.#grow();
    this.show(row.id);
  }

  /**
   * A row that the server does not have yet. The path leads to it; nothing is unchosen for it, since it may be taken back.
   * @param {Row} row
   */
  stage(row) {
    this.#rows.set(row.id, row);
    this.#grow();
    this.lead(row.id);
  }

  /** @param {string} id */
  remove(id) {
    if (this.#rows.delete(id)) {
      this.#grow();
    }
  }

  /**
   * What changes in a row that is here: whether it is chosen, what it is rated.
   * @param {Row} row
   * @param {Partial<Row>} changes
   */
  change(row, changes) {
    const turnedTo = changes.chosen && !row.chosen;
    Object.assign(row, changes);
    this.#path = null;
    if (turnedTo && !this.#asked(row)) {
      this.#turned.delete(this.#parent(row));
    }
    if (turnedTo) {
      this.#confirm(row);
    }
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
   * The shown path: at each fork the version that this tab turned to, else the chosen one, else the one that leads to
   * the newest message.
   * @returns {Row[]}
   */
  path() {
    this.#path ??= this.#walk();
    return this.#path;
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
   * The reader turned to this version; the server is told.
   * @param {string} id
   */
  choose(id) {
    this.#turn(this.#rows.get(id), true);
  }

  /** @returns {string[]} the versions that were turned to and that the server has not confirmed */
  get unconfirmed() {
    const turns = [...this.#turned.values()];
    return turns.filter(({ id, asked }) => asked && this.#rows.has(id)).map(({ id }) => id);
  }

  /**
   * The path leads through this row for a while, without being chosen: the reader jumped there.
   * @param {string} id
   */
  lead(id) {
    const shown = new Set(this.path());
    for (const row of this.#up(id)) {
      if (!shown.has(row)) {
        this.#turn(row, false);
      }
    }
  }

  /**
   * Makes the path lead to this row, whatever was chosen above it before: for what was just made.
   * @param {string} id
   */
  show(id) {
    for (const row of this.#up(id)) {
      const parent = this.#parent(row);
      this.#turned.delete(parent);
      for (const sibling of this.#children.get(parent)) {
        sibling.chosen = sibling.chosen && sibling === row;
      }
    }
    this.#path = null;
  }

  *#up(id) {
    const seen = new Set(); // even a loop in the data would end
    for (let row = this.#rows.get(id); row && !seen.has(row); row = this.#rows.get(row.parent)) {
      seen.add(row);
      yield row;
    }
  }

  #turn(row, asked) {
    this.#turned.set(this.#parent(row), { id: row.id, asked });
    this.#path = null;
  }

  #asked(row) {
    return this.#turned.get(this.#parent(row))?.asked === true;
  }

  // The server's word for what this tab turned to. Its word for an earlier turn may still be on the way: that is none.
  #confirm(row) {
    const parent = this.#parent(row);
    if (this.#turned.get(parent)?.id === row.id) {
      this.#turned.delete(parent);
    }
  }

  #grow() {
    this.#path = null;
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

  #walk() {
    const path = [];
    const newest = this.#newest();
    let row = this.#next(null, newest);
    while (row) {
      path.push(row);
      row = this.#next(row.id, newest);
    }
    return path;
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
    const turned = this.#turned.get(parent)?.id;
    return (
      family.find((row) => row.id === turned) ??
      family.find((row) => row.chosen) ??
      family.reduce((best, row) => (best && newest.get(best.id) > newest.get(row.id) ? best : row), undefined)
    );
  }
}
