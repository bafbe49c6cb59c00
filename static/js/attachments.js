// The files that belong to a draft, in a list for each conversation. Each is brought to the server at once (carrying.js); those
// of a conversation that is not shown go on. Knows no page: `on` says that something changed.

import { fresh, kept } from "./attachment.js";
import { tooMany } from "./file-kinds.js";
import { gettext } from "./words.js";

/** @typedef {import("./attachment.js").Attachment} Attachment */

export class Attachments {
  #drafts;
  #bring;
  #on;
  #shown = null;
  #lists = new Map();
  #sources = new Map(); // of what is on the server and in no message yet: should it lose it
  #known = new Set(); // the files that were here: what else is kept with a draft is another tab's
  /** @type {{files: number, file_bytes: number, image_bytes: number} | null} null until the server has said */
  limits = null;

  /**
   * @param {object} options
   * @param {import("./drafts.js").Drafts} options.drafts
   * @param {(item: Attachment) => Promise<void>} options.bring to the server; it is "ready", "waiting" or has "failed" then
   * @param {object} options.on
   * @param {() => void} options.on.changed the shown ones are others than before
   * @param {(words: string) => void} options.on.refused
   */
  constructor({ drafts, bring, on }) {
    this.#drafts = drafts;
    this.#bring = bring;
    this.#on = on;
  }

  /** @param {string | null | undefined} conversation undefined: one that takes none, the temporary chat */
  show(conversation) {
    this.#shown = conversation;
    this.#on.changed();
  }

  /** @returns {Attachment[]} of the shown conversation */
  get list() {
    return this.#shown === undefined ? [] : this.#of(this.#shown);
  }

  /** @returns {"none" | "ready" | "under way" | "failed"} */
  get state() {
    const states = new Set(this.list.map(({ state }) => state));
    if (states.size === 0) {
      return "none";
    }
    return states.has("failed") ? "failed" : states.size === 1 && states.has("ready") ? "ready" : "under way";
  }

  /** @returns {boolean} whether anything would be lost if the page was left now */
  get unsaved() {
    return [...this.#lists.values()].flat().some(({ state }) => state !== "ready" && state !== "failed");
  }

  /** @param {File[]} files */
  add(files) {
    if (this.#shown === undefined) {
      this.refuseTemporary();
      return;
    }
    const room = this.limits ? Math.max(0, this.limits.files - this.list.length) : files.length;
    const left = files.slice(room);
    const added = files.slice(0, room).map((file) => fresh(file));
    this.list.push(...added);
    this.#on.changed();
    if (left.length > 0) {
      this.#on.refused(tooMany(left.map(({ name }) => name), this.limits.files));
    }
    added.forEach((item) => this.#begin(item));
  }

  /** Says why there are no files in a temporary chat. */
  refuseTemporary() {
    this.#on.refused(gettext("Files cannot go into a temporary chat: they would be stored."));
  }

  /** @param {Attachment} item */
  remove(item) {
    item.stop?.abort();
    this.#sources.delete(item.id);
    for (const [conversation, items] of this.#lists) {
      if (items.includes(item)) {
        items.splice(items.indexOf(item), 1);
        this.#keep(conversation);
      }
    }
    this.#on.changed();
  }

  /** @param {Attachment} item that failed */
  again(item) {
    Object.assign(item, { state: "reading", words: "", again: false });
    this.#on.changed();
    this.#begin(item);
  }

  /** The connection is gone: what broke with it before that was noticed waits, too. */
  disconnected() {
    const lost = [...this.#lists.values()].flat().filter((item) => item.state === "failed" && item.lost);
    lost.forEach((item) => Object.assign(item, { state: "waiting", words: "", again: false }));
    this.#on.changed();
  }

  /** There is a connection again: what waited for it, or broke with it, goes on. */
  connected() {
    const items = [...this.#lists.values()].flat();
    items.filter(({ state, lost }) => state === "waiting" || (state === "failed" && lost)).forEach((item) => this.again(item));
  }

  /**
   * Takes the shown ones out: they are being sent.
   * @returns {object[]} files of docs/protocol.md
   */
  take() {
    const files = this.list.map(({ file: { id, name, kind, type, size } }) => ({ id, name, kind, type, size }));
    this.#lists.set(this.#shown, []);
    this.#keep(this.#shown);
    this.#on.changed();
    return files;
  }

  /**
   * Takes the shown ones out as they are, those on their way, too: they go to another conversation.
   * @returns {Attachment[]}
   */
  lift() {
    const items = this.list;
    this.#lists.set(this.#shown, []);
    this.#keep(this.#shown);
    this.#on.changed();
    return items;
  }

  /** @param {Attachment[]} items that were lifted elsewhere */
  lay(items) {
    this.list.push(...items);
    this.#keep(this.#shown);
    this.#on.changed();
  }

  /**
   * Brings files back that could not be sent.
   * @param {string | null} conversation
   * @param {object[]} files
   */
  giveBack(conversation, files) {
    const here = new Set(this.#of(conversation).map(({ id }) => id));
    this.#of(conversation).unshift(...files.filter(({ id }) => !here.has(id)).map((file) => kept(file, this.#sources.get(file.id))));
    this.#keep(conversation);
    this.#on.changed();
  }

  /** @param {object[]} files that are in a message by now, where they stay */
  stored(files) {
    files.forEach(({ id }) => this.#sources.delete(id));
  }

  /**
   * The server does not have all of them any more.
   * @param {string | null} conversation
   * @param {(id: string) => Promise<boolean>} exists
   */
  async doubt(conversation, exists) {
    const items = this.#of(conversation).filter(({ state }) => state === "ready");
    await Promise.all(items.map(async (item) => (await exists(item.id)) || this.#gone(item)));
    this.#keep(conversation);
    this.#on.changed();
  }

  /**
   * The new chat became this conversation.
   * @param {string} id
   */
  adopt(id) {
    this.#lists.set(id, this.#of(null));
    this.#lists.set(null, []);
    this.#keep(null);
    this.#shown = id;
    this.#keep(id);
  }

  async #begin(item) {
    item.stop = new AbortController();
    await this.#bring(item);
    if (item.state === "ready") {
      this.#sources.set(item.id, item.source);
    }
    this.#keep(this.#conversationOf(item));
    this.#on.changed();
  }

  #gone(item) {
    const again = item.source !== undefined;
    const words = again ? gettext("Brook no longer has this file") : gettext("Brook no longer has this file; attach it anew");
    Object.assign(item, { state: "failed", words, again, id: null });
  }

  #of(conversation) {
    if (!this.#lists.has(conversation)) {
      const files = this.#drafts.files(conversation);
      files.forEach(({ id }) => this.#known.add(id));
      this.#lists.set(conversation, files.map((file) => kept(file)));
    }
    return this.#lists.get(conversation);
  }

  #conversationOf(item) {
    return [...this.#lists].find(([, items]) => items.includes(item))?.[0];
  }

  #keep(conversation) {
    if (conversation !== undefined) {
      const ready = this.#of(conversation).filter(({ state }) => state === "ready").map(({ file }) => file);
      ready.forEach(({ id }) => this.#known.add(id));
      const others = this.#drafts.files(conversation).filter(({ id }) => !this.#known.has(id));
      this.#drafts.keepFiles(conversation, [...others, ...ready]);
    }
  }
}
