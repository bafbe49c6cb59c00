// What was typed and attached and not sent: one text and a list of files for each conversation and account. Knows no page.

import { Memory } from "./memory.js";

export class Drafts {
  #storage;
  #user;
  #unstored = new Map(); // what a full or forbidden storage did not take: it lasts as long as the page

  /**
   * @param {Storage} storage
   * @param {string} user
   */
  constructor(storage, user) {
    this.#storage = storage;
    this.#user = user;
  }

  /**
   * @param {string | null} conversation
   * @returns {string}
   */
  read(conversation) {
    return this.#get("draft", conversation) ?? "";
  }

  /**
   * @param {string | null} conversation
   * @param {string} text
   */
  write(conversation, text) {
    this.#put("draft", conversation, text);
  }

  /**
   * @param {string | null} conversation
   * @returns {object[]} files that are on the server: docs/protocol.md, "row"
   */
  files(conversation) {
    try {
      const files = JSON.parse(this.#get("files", conversation) ?? "[]");
      return Array.isArray(files) ? files.filter((file) => typeof file?.id === "string") : [];
    } catch {
      return [];
    }
  }

  /**
   * @param {string | null} conversation
   * @param {object[]} files
   */
  keepFiles(conversation, files) {
    this.#put("files", conversation, files.length > 0 ? JSON.stringify(files) : "");
  }

  /** From now on nothing is stored, not even when the page is left: the person has logged out. */
  close() {
    this.#storage = new Memory();
  }

  #get(what, conversation) {
    const key = this.#key(what, conversation);
    try {
      return this.#unstored.get(key) ?? this.#storage.getItem(key);
    } catch {
      return null;
    }
  }

  #put(what, conversation, text) {
    const key = this.#key(what, conversation);
    try {
      if (text) {
        this.#storage.setItem(key, text);
      } else {
        this.#storage.removeItem(key);
      }
      this.#unstored.delete(key);
    } catch {
      this.#unstored.set(key, text);
    }
  }

  #key(what, conversation) {
    return `brook:${what}:${this.#user}:${conversation ?? "new"}`;
  }
}

/**
 * Forgets everything Brook keeps in this browser: logout.js.
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
