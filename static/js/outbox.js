// Messages that were sent but not yet acknowledged. They survive a reload and a lost connection, and go out again with
// the same client_id, which the server takes for the same message. Knows no socket and no page.

/**
 * @typedef {{conversation: string | null, command: object, files?: object[], guessed?: boolean}} Item `command.client_id` names
 *     it; `guessed`: it was never said, and its parent may still become another one
 */

export class Outbox {
  #storage;
  #key;
  #items;

  /**
   * @param {Storage} storage one tab's own: tab-storage.js
   * @param {string} user so that another account on this browser never sees it
   */
  constructor(storage, user) {
    this.#storage = storage;
    this.#key = `brook:outbox:${user}`;
    this.#items = this.#read();
  }

  /** @param {Item} item */
  add(item) {
    this.#items.push(item);
    this.save();
  }

  /**
   * @param {string | null} clientId
   * @returns {Item | undefined} the item, now taken out
   */
  take(clientId) {
    const item = clientId ? this.#items.find(({ command }) => command.client_id === clientId) : undefined;
    if (item) {
      this.#items = this.#items.filter((other) => other !== item);
      this.save();
    }
    return item;
  }

  /**
   * @param {string | null} conversation
   * @returns {Item[]}
   */
  of(conversation) {
    return this.#items.filter((item) => item.conversation === conversation);
  }

  /**
   * @param {string | null} conversation
   * @returns {Item[]}
   */
  besides(conversation) {
    return this.#items.filter((item) => item.conversation !== conversation);
  }

  /** Keeps what was changed on an item. A full or forbidden storage costs the reload, not the message. */
  save() {
    try {
      this.#storage.setItem(this.#key, JSON.stringify(this.#items));
    } catch {
      // The message is still in memory.
    }
  }

  #read() {
    try {
      const items = JSON.parse(this.#storage.getItem(this.#key) ?? "[]");
      return Array.isArray(items) ? items : [];
    } catch {
      return [];
    }
  }
}
