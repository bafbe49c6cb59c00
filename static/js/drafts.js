// What was typed and not sent, one text for each conversation and account. Knows no page.

export class Drafts {
  #storage;
  #prefix;

  /**
   * @param {Storage} storage
   * @param {string} user
   */
  constructor(storage, user) {
    this.#storage = storage;
    this.#prefix = `brook:draft:${user}:`;
  }

  /**
   * @param {string | null} conversation
   * @returns {string}
   */
  read(conversation) {
    try {
      return this.#storage.getItem(this.#key(conversation)) ?? "";
    } catch {
      return "";
    }
  }

  /**
   * @param {string | null} conversation
   * @param {string} text
   */
  write(conversation, text) {
    try {
      if (text) {
        this.#storage.setItem(this.#key(conversation), text);
      } else {
        this.#storage.removeItem(this.#key(conversation));
      }
    } catch {
      // A full or forbidden storage: the text is still in the box.
    }
  }

  #key(conversation) {
    return this.#prefix + (conversation ?? "new");
  }
}

/**
 * Forgets everything Brook keeps in this browser: for logging out.
 * @param {Storage[]} storages
 */
export function forget(...storages) {
  for (const storage of storages) {
    for (const key of Object.keys(storage)) {
      if (key.startsWith("brook:")) {
        storage.removeItem(key);
      }
    }
  }
}
