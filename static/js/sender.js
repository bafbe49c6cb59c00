// Says commands that carry a message, each once on every socket until it is acknowledged. The outbox remembers them, and
// the server takes the same client_id for the same message. Knows no page.

export class Sender {
  #outbox;
  #connection;
  #said = new Set();

  /**
   * @param {import("./outbox.js").Outbox} outbox
   * @param {{send: (command: object) => boolean}} connection
   */
  constructor(outbox, connection) {
    this.#outbox = outbox;
    this.#connection = connection;
  }

  /**
   * A new socket: nothing was said on it yet.
   * @param {string | null} [shown]
   */
  reconnected(shown) {
    this.#said.clear();
    this.turnTo(shown);
  }

  /**
   * This conversation is shown now. What belongs to others goes out at once, to their end where no parent is known; what
   * belongs to this one waits for its transcript, which may hold it already.
   * @param {string | null} [shown] undefined: one that only this page has
   */
  turnTo(shown) {
    this.#outbox.besides(shown).forEach((item) => this.#say(item));
  }

  /**
   * @param {string | null} conversation
   * @param {object} command
   * @param {object[]} [files] what its ids stand for
   * @param {boolean} [guessed] whether its parent is only the last message that the page had heard of
   */
  keep(conversation, command, files = [], guessed = false) {
    this.#outbox.add({ conversation, command, files, guessed });
  }

  /**
   * Says what waits for this conversation.
   * @param {string | null} conversation
   * @param {string | null} end its last message: the parent of what was written without a connection
   */
  flush(conversation, end) {
    for (const item of this.#outbox.of(conversation)) {
      if (item.command.type === "send" && (item.guessed || item.command.parent === undefined)) {
        item.command.parent = end;
        this.#outbox.save();
      }
      this.#say(item);
    }
  }

  /**
   * @param {string | null} conversation
   * @returns {object[]} the commands that wait for an acknowledgement, their files as a row has them
   */
  waiting(conversation) {
    return this.#outbox.of(conversation).map(({ command, files = [] }) => ({ ...command, files }));
  }

  /**
   * The message with this client_id is stored, or refused: it waits no longer.
   * @param {string | null} clientId
   * @returns {import("./outbox.js").Item | undefined}
   */
  settle(clientId) {
    return this.#outbox.take(clientId);
  }

  /**
   * The new chat became this conversation.
   * @param {string} id
   */
  adopt(id) {
    for (const item of this.#outbox.of(null)) {
      item.conversation = id;
    }
    this.#outbox.save();
  }

  #say(item) {
    const { command } = item;
    if (!this.#said.has(command.client_id) && this.#connection.send(command)) {
      this.#said.add(command.client_id);
      this.#settleParent(item);
    }
  }

  // The server may have stored it so.
  #settleParent(item) {
    if (item.guessed) {
      item.guessed = false;
      this.#outbox.save();
    }
  }
}
