// What leaves the list at once and can come back: a deleted conversation, and an archived one. A deletion is offered to be
// undone on the next page of this tab too, as long as the server can.

import { STAYS } from "./toast.js";
import { gettext } from "./words.js";

const REGRET = 120_000; // chat/models/conversation.py

export class Deletion {
  #toast;
  #tell;
  #storage;
  #key;
  #offered = null; // the conversation that the toast would bring back,
  #isGone = false; // which the server has deleted by now

  /**
   * @param {import("./toast.js").Toast} toast
   * @param {(command: object) => boolean} tell whether the command went out
   * @param {Storage} storage the tab's own
   * @param {string} user
   */
  constructor(toast, tell, storage, user) {
    this.#toast = toast;
    this.#tell = tell;
    this.#storage = storage;
    this.#key = `brook:deleted:${user}`;
  }

  /** The page is there: offers what the page before it in this tab has deleted, while there is time for it. */
  offerAgain() {
    const { conversation, at } = this.#remembered;
    if (conversation && Date.now() < at + REGRET - STAYS) {
      this.#offer(conversation);
      this.#isGone = true;
    }
  }

  /** @param {string} conversation */
  remove(conversation) {
    if (this.#tell({ type: "delete", conversation })) {
      this.#remember({ conversation, at: Date.now() });
      this.#offer(conversation);
      this.#isGone = false;
    }
  }

  /**
   * @param {string} conversation
   * @returns {boolean} whether it could be said
   */
  restore(conversation) {
    return this.#tell({ type: "restore", conversation });
  }

  /** @param {string} conversation */
  archive(conversation) {
    if (this.#tell({ type: "archive", conversation, archived: true })) {
      this.#offered = null;
      this.#toast.offer(gettext("Archived."), () => this.unarchive(conversation));
    }
  }

  /**
   * @param {string} conversation
   * @returns {boolean} whether it could be said
   */
  unarchive(conversation) {
    return this.#tell({ type: "archive", conversation, archived: false });
  }

  /** @param {string} conversation the server says that it is gone */
  deleted(conversation) {
    this.#isGone ||= conversation === this.#offered;
  }

  /** @param {string} conversation the server tells of it: if it was gone, somebody has brought it back */
  told(conversation) {
    if (conversation === this.#offered && this.#isGone) {
      this.#offered = null;
      this.#remember({});
      this.#toast.close();
    }
  }

  #offer(conversation) {
    this.#offered = conversation;
    this.#toast.offer(gettext("Deleted."), () => this.restore(conversation));
  }

  get #remembered() {
    try {
      return JSON.parse(this.#storage.getItem(this.#key)) ?? {};
    } catch {
      return {};
    }
  }

  #remember(deleted) {
    try {
      this.#storage.setItem(this.#key, JSON.stringify(deleted));
    } catch {
      // A full or forbidden storage: it is offered on this page alone.
    }
  }
}
