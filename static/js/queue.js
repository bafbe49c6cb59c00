// A queue of one: the message that is to be sent when the answer under way ends, one for each conversation. It has its
// client_id from the beginning, so that it goes out once, whatever happens. Survives the tab. Knows no page.

/**
 * @typedef {object} Queued
 * @property {string} client_id
 * @property {string} text
 * @property {object[]} files
 * @property {boolean} held something went wrong meanwhile: it waits to be asked for
 * @property {boolean} now the answer was stopped to make room for it
 */

export class Queue {
  #storage;
  #key;
  #unstored = null;

  /**
   * @param {Storage} storage one tab's own: tab-storage.js
   * @param {string} user
   */
  constructor(storage, user) {
    this.#storage = storage;
    this.#key = `brook:queue:${user}`;
  }

  /**
   * What tabs that are gone have left for this conversation is this tab's from now on.
   * @param {string | null} conversation
   */
  async takeOver(conversation) {
    await this.#storage.takeOver?.((key) => key === this.#key, (entry) => entry?.[0] === conversation);
  }

  /**
   * @param {string | null} conversation
   * @returns {Queued | undefined}
   */
  of(conversation) {
    return this.#items.get(conversation);
  }

  /**
   * @param {string | null} conversation
   * @param {{client_id: string, text: string, files: object[]}} message
   */
  put(conversation, message) {
    this.#save(this.#items.set(conversation, { ...message, held: false, now: false }));
  }

  /**
   * @param {string | null} conversation
   * @param {{held?: boolean, now?: boolean}} changes
   */
  mark(conversation, changes) {
    const items = this.#items;
    const item = items.get(conversation);
    if (item && Object.entries(changes).some(([name, value]) => item[name] !== value)) {
      Object.assign(item, changes);
      this.#save(items);
    }
  }

  /**
   * @param {string | null} conversation
   * @returns {Queued | undefined} what waited, now taken out
   */
  take(conversation) {
    const items = this.#items;
    const item = items.get(conversation);
    if (items.delete(conversation)) {
      this.#save(items);
    }
    return item;
  }

  /**
   * The new chat became this conversation.
   * @param {string} id
   */
  adopt(id) {
    const item = this.take(null);
    if (item) {
      this.#save(this.#items.set(id, item));
    }
  }

  // Read each time: another tab may have taken some of them over while this one was put aside.
  get #items() {
    return this.#unstored ?? this.#read();
  }

  // A full or forbidden storage costs the reload, not the message.
  #save(items) {
    try {
      if (items.size > 0) {
        this.#storage.setItem(this.#key, JSON.stringify([...items]));
      } else {
        this.#storage.removeItem(this.#key);
      }
      this.#unstored = null;
    } catch {
      this.#unstored = items;
    }
  }

  // Two tabs that were closed may have left a message each for one conversation: they become one.
  #read() {
    try {
      const items = new Map();
      for (const [conversation, item] of JSON.parse(this.#storage.getItem(this.#key) ?? "[]")) {
        if (typeof item.text === "string" && Array.isArray(item.files)) {
          items.set(conversation, joined(items.get(conversation), item));
        }
      }
      return items;
    } catch {
      return new Map();
    }
  }
}

function joined(first, second) {
  if (first?.client_id === second.client_id) {
    return second;
  }
  const text = [first?.text, second.text].filter(Boolean).join("\n\n");
  return { ...second, text, files: [...(first?.files ?? []), ...second.files] };
}

/**
 * What becomes of the queued message just now.
 * @param {Queued} item
 * @param {object} now
 * @param {boolean} now.busy an answer is under way, or a message on its way
 * @param {boolean} now.known the server has said on this socket what the conversation holds
 * @param {string | null} now.ended the status of its last answer, null where there is none
 * @returns {"wait" | "send" | "offer"}
 */
export function fateOf({ held, now: atOnce }, { busy, known, ended }) {
  if (busy || !known) {
    return "wait";
  }
  return !held && (atOnce || ended === "complete") ? "send" : "offer";
}
