// What the person writes, on its way: from Send until the server has stored it, when a new chat becomes a conversation, or has
// refused it, when it comes back to where it was written. What is done to a message that is there: acts.js.

import { uuid } from "./uuid.js";

const ANSWERS = ["regenerate", "continue"]; // the commands that ask for another answer, and carry no message

export class Delivery {
  #sender;
  #scene;
  #desk;
  #page;
  #temporary;
  #options;

  /**
   * @param {object} parts each an instance of the class of its name, and
   * @param {() => object | undefined} parts.options what a conversation that is begun asks of the model
   */
  constructor({ sender, scene, desk, page, temporary, options }) {
    this.#sender = sender;
    this.#scene = scene;
    this.#desk = desk;
    this.#page = page;
    this.#temporary = temporary;
    this.#options = options;
  }

  // What the person does

  /**
   * @param {string} text
   * @param {{files?: object[], clientId?: string}} [more] files as a row has them
   * @returns {string} why not, or ""
   */
  send(text, { files = [], clientId = uuid() } = {}) {
    const refusal = this.#scene.refusal;
    if (refusal) {
      return refusal;
    }
    if (this.#shown.temporary) {
      this.#temporary.send(this.#shown, text);
      return this.#asked();
    }
    const { id, known, end } = this.#shown;
    const isHere = known || id === null || end !== null;
    const parent = isHere ? { parent: end } : {};
    const command = { type: "send", client_id: clientId, conversation: id, content: text, ...parent };
    const options = id === null ? this.#options() : undefined;
    this.#post({ ...command, ...(files.length > 0 ? { files: files.map((file) => file.id) } : {}), ...(options ? { options } : {}) }, files);
    return "";
  }

  /**
   * @param {object} row a message of one's own
   * @param {string} text
   * @returns {string} why not, or ""
   */
  edit(row, text) {
    const refusal = this.#scene.refusal;
    if (!refusal && this.#shown.temporary) {
      this.#temporary.edit(this.#shown, row, text);
      return this.#asked();
    }
    if (!refusal) {
      this.#post({ type: "edit", client_id: uuid(), message: row.id, content: text });
    }
    return refusal;
  }

  // What the connection and the server say

  /** A new socket. */
  reconnected() {
    this.#sender.reconnected(this.#storable);
  }

  /** Another conversation is shown. */
  turned() {
    this.#sender.turnTo(this.#storable);
  }

  /** The transcript of the shown conversation is here: what waited for it goes out. */
  flush() {
    const { id, end } = this.#shown;
    this.#sender.flush(id, end);
    this.#shown.stage(this.#sender.waiting(id));
  }

  /**
   * The server has this message. If it was the first of a new chat, that has become a conversation, shown or not.
   * @param {string | null} clientId
   * @param {string | null} conversation
   */
  stored(clientId, conversation) {
    const sent = this.#sender.settle(clientId);
    if (sent?.conversation !== null) {
      return;
    }
    if (this.#isNew) {
      this.#adopt(conversation);
    } else {
      this.#desk.begun(conversation);
    }
  }

  /** @param {object} event `error`, of whatever was not done */
  refused({ command, client_id: clientId, message }) {
    if (ANSWERS.includes(command) && this.#shown.regenerating !== null) {
      this.#desk.hold(this.#shown.id);
      this.#shown.regenerating = null;
    }
    this.#giveBack(clientId, message);
  }

  /** The shown conversation is gone: what still waits to be sent there will never be taken. */
  giveUp() {
    this.#sender.waiting(this.#shown.id).forEach(({ client_id: clientId }) => this.#giveBack(clientId, ""));
  }

  #post(command, files = []) {
    const { id, known, end } = this.#shown;
    this.#sender.keep(id, command, files, !known && id !== null);
    this.#shown.stage([{ ...command, files }]);
    this.#scene.follow();
    this.#scene.render();
    if (known || id === null) {
      this.#sender.flush(id, end);
    }
  }

  // An answer was asked for in the temporary chat.
  #asked() {
    this.#scene.follow();
    this.#scene.render();
    return "";
  }

  #adopt(id) {
    this.#sender.adopt(id);
    this.#desk.adopt(id);
    this.#shown.id = id;
    this.#page.address(id);
    this.#page.current(id);
  }

  #giveBack(clientId, words) {
    const item = this.#sender.settle(clientId) ?? this.#temporary.refused(this.#shown, clientId);
    if (item) {
      this.#desk.hold(item.conversation);
    }
    this.#shown.unstage(clientId);
    this.#scene.render();
    if (item?.command.type === "edit") {
      this.#scene.reach(item.command.message);
    }
    this.#desk.giveBack(item, words, this.#shown);
  }

  get #shown() {
    return this.#scene.shown;
  }

  // The shown conversation, unless only this page has it.
  get #storable() {
    return this.#shown.temporary ? undefined : this.#shown.id;
  }

  // A chat that the first message makes a conversation.
  get #isNew() {
    return this.#storable === null;
  }
}
