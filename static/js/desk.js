// Where the person writes: the box, the files and the queued message of the shown conversation, and what Send does with
// them. Nothing that was typed or attached is lost: what the server refused comes back to where it was written.

import { Keeping } from "./keeping.js";
import { Queueing } from "./queueing.js";
import { uuid } from "./uuid.js";
import { gettext } from "./words.js";

export class Desk {
  #parts;
  #queueing;
  #keeping;
  #isNew = true;
  #on;
  #shown = null;
  #sendsWhenThere = false;

  /**
   * @param {object} parts `composer`, `drafts`, `attachments`, `queue` and `card`, and
   * @param {object} parts.on
   * @param {(text: string, more: {files: object[], clientId: string}) => string} parts.on.send returns why not, or ""
   * @param {() => void} parts.on.stop
   * @param {(row: object, text: string, notice: string) => void} parts.on.edit opens a message's editor again
   * @param {() => boolean | null} parts.on.images whether the model reads pictures
   * @param {(id: string) => Promise<boolean>} parts.on.exists whether the server has this file
   * @param {(id: string | null, temporary: boolean) => void} parts.on.shown
   * @param {(id: string) => void} parts.on.adopted
   * @param {(id: string) => void} parts.on.begun
   * @param {(now: import("./queueing.js").Now) => void} parts.on.drawn
   */
  constructor({ on, queue, card, ...parts }) {
    this.#parts = parts;
    this.#on = on;
    this.#keeping = new Keeping(parts.drafts, () => parts.composer.text);
    this.#queueing = new Queueing({
      queue,
      card,
      on: { send: (...message) => on.send(...message), stop: () => on.stop(), say: (words) => this.say(words) },
    });
  }

  /**
   * @param {string | null} id the conversation that is shown now
   * @param {boolean} [temporary] of which nothing is kept
   */
  show(id, temporary = false) {
    const { composer, attachments } = this.#parts;
    const early = this.#isNew ? composer.text : ""; // typed before this script was there
    const draft = this.#keeping.show(id, temporary);
    this.#isNew = false;
    composer.text = [draft, early === draft ? "" : early].filter(Boolean).join("\n\n");
    this.#shown = id;
    this.#sendsWhenThere = false;
    attachments.show(temporary ? undefined : id);
    this.#queueing.show(id, temporary);
    this.#on.shown(id, temporary);
  }

  /** @returns {import("./drafts.js").Drafts} where something else that is written here is kept, as an edited message */
  get drafts() {
    return this.#keeping.drafts;
  }

  /** @param {string} id a new chat became this conversation */
  adopt(id) {
    this.#shown = id;
    this.#keeping.adopt(id);
    this.#parts.attachments.adopt(id);
    this.#queueing.adopt(id);
    this.#on.adopted(id);
  }

  /** @param {string} id a new chat that is not shown became this conversation */
  begun(id) {
    this.#queueing.begun(id);
    this.#on.begun(id);
  }

  /** @param {"send" | "stop" | "waiting"} mode */
  set mode(mode) {
    this.#parts.composer.mode = mode;
  }

  /** @param {string} words */
  say(words) {
    this.#parts.composer.say(words);
  }

  // Typing and sending

  /** Something was typed. */
  typed() {
    this.#sendsWhenThere = false;
    this.#keeping.typed();
  }

  /** Stores what was typed by now. */
  flush() {
    this.#keeping.flush();
  }

  /** Stores nothing any more: the person has logged out. */
  close() {
    this.#parts.drafts.close();
  }

  /**
   * Sends what was written, or puts it in the queue.
   * @param {string} text
   * @returns {string} why not, or ""
   */
  submit(text) {
    const refusal = this.#files() || (this.#queueing.isNeeded ? this.#enqueue(text) : this.#send(text));
    this.#sendsWhenThere = refusal !== "" && this.#parts.attachments.state === "under way";
    return refusal;
  }

  /** The files are others than before, or one has come further. */
  filesChanged() {
    const { composer, attachments } = this.#parts;
    composer.hasFiles = attachments.list.length > 0;
    if (this.#sendsWhenThere && attachments.state === "ready") {
      this.#sendsWhenThere = false; // what is refused changes the files again: they come back
      composer.submit();
    } else if (this.#sendsWhenThere && attachments.state === "failed") {
      this.#sendsWhenThere = false;
      this.say(this.#files());
    }
  }

  /** A file was taken away: what was to be sent with it is not sent by itself. */
  filesTouched() {
    this.#sendsWhenThere = false;
    this.say("");
  }

  /**
   * Takes everything out: it goes somewhere else.
   * @returns {{text: string, items: object[]}}
   */
  lift() {
    const { composer, attachments } = this.#parts;
    const { text } = composer;
    const items = attachments.lift();
    this.#keeping.forget();
    composer.text = "";
    return { text, items };
  }

  /** @param {{text: string, items: object[]}} draft that was lifted elsewhere */
  lay({ text, items }) {
    const { composer, attachments } = this.#parts;
    if (text) {
      composer.giveBack(text);
    }
    if (items.length > 0) {
      attachments.lay(items);
    }
  }

  // The queue

  /** @param {import("./queueing.js").Now} now what is known of the shown conversation */
  update(now) {
    this.#queueing.update(now);
    if (now.gone && this.#queueing.isFull) {
      this.editQueued();
    }
    this.#on.drawn(now);
  }

  /** @returns {boolean} whether a message is queued here */
  get waits() {
    return this.#queueing.isFull;
  }

  /** @param {string | null} id something that was sent in this conversation was refused: what is queued there waits */
  hold(id) {
    this.#queueing.hold(id);
  }

  /** Brings the queued message back into the box. */
  editQueued() {
    const item = this.#queueing.take();
    if (item) {
      this.#layMessage(item);
    }
  }

  removeQueued() {
    this.#queueing.take();
  }

  /** Sends the queued message now, though an answer be under way. */
  sendQueued() {
    this.#queueing.hurry();
  }

  // What the server refused

  /**
   * @param {import("./outbox.js").Item | undefined} item undefined: the words are all there is
   * @param {string} words why it was refused
   * @param {import("./conversation.js").Conversation} shown
   */
  giveBack(item, words, shown) {
    if (!item) {
      this.say(words);
      return;
    }
    const { conversation, command, files = [] } = item;
    const edited = conversation === shown.id && command.type === "edit" ? shown.row(command.message) : undefined;
    if (edited) {
      this.#on.edit(edited, command.content, words);
    } else if (conversation === shown.id) {
      this.#layMessage({ text: command.content, files });
      this.say(words);
    } else {
      this.#layElsewhere(conversation, command.content, files);
    }
    if (files.length > 0) {
      this.#parts.attachments.doubt(conversation, this.#on.exists);
    }
  }

  #layMessage({ text, files }) {
    this.lay({ text, items: [] });
    if (files.length > 0) {
      this.#parts.attachments.giveBack(this.#shown, files);
    }
  }

  #layElsewhere(conversation, content, files) {
    const { drafts, attachments } = this.#parts;
    drafts.write(conversation, [content, drafts.read(conversation)].filter(Boolean).join("\n\n"));
    attachments.giveBack(conversation, files);
  }

  // Why the files keep the message from being sent, or "".
  #files() {
    const { attachments } = this.#parts;
    if (attachments.state === "failed") {
      return attachments.list.some(({ again }) => again)
        ? gettext("A file could not be attached. Try it again or remove it, then send.")
        : gettext("A file cannot be attached. Remove it, then send.");
    }
    if (attachments.state === "under way") {
      return gettext("Sending when the files are there.");
    }
    const picture = this.#on.images() === false && attachments.list.some(({ kind }) => kind === "image");
    return picture ? gettext("This model cannot read pictures. Remove them, or choose another model.") : "";
  }

  #send(text) {
    const { attachments } = this.#parts;
    const files = attachments.state === "ready" ? attachments.take() : [];
    const refusal = this.#on.send(text, { files, clientId: uuid() });
    if (!refusal) {
      this.#keeping.forget();
    } else if (files.length > 0) {
      attachments.giveBack(this.#shown, files);
    }
    return refusal;
  }

  #enqueue(text) {
    if (this.#queueing.isFull) {
      return gettext("One message is waiting already. Edit it, send it or remove it first; your text is kept.");
    }
    const { attachments } = this.#parts;
    const files = attachments.state === "ready" ? attachments.take() : [];
    this.#keeping.forget();
    this.#queueing.put({ text, files });
    return "";
  }
}
