// The temporary chat: a conversation that only this page has. Each answer is asked for with all messages before it, and
// nothing of it goes into a storage or a database. See docs/protocol.md, "The temporary chat".

import { uuid } from "./uuid.js";

const COMMAND_BYTES = 1_000_000; // the server takes 1 MiB
const MESSAGES = 200; // it takes no more of them

/** Of the commands that wait for their answer: what it will answer, and what comes back if it is refused. */
/** @typedef {{command: object, parent: string, item?: object}} Question */

export class Temporary {
  #connection;
  #options;
  #questions = new Map();
  #said = new Set();

  /**
   * @param {{send: (command: object) => boolean}} connection
   * @param {() => object | undefined} options what is asked of the model
   */
  constructor(connection, options) {
    this.#connection = connection;
    this.#options = options;
  }

  /** @returns {boolean} whether an answer was asked for and has not begun */
  get waits() {
    return this.#questions.size > 0;
  }

  /**
   * @param {import("./conversation.js").Conversation} shown
   * @param {string} content
   */
  send(shown, content) {
    this.#say(shown, { type: "send", content, parent: shown.end });
  }

  /**
   * @param {import("./conversation.js").Conversation} shown
   * @param {object} row
   * @param {string} content
   */
  edit(shown, row, content) {
    this.#say(shown, { type: "edit", message: row.id, content, parent: row.parent });
  }

  /**
   * @param {import("./conversation.js").Conversation} shown
   * @param {object} row an answer
   * @param {string} [model] another one than is asked otherwise
   */
  regenerate(shown, row, model) {
    this.#ask(shown, { client_id: uuid(), parent: row.parent, model });
  }

  /**
   * The server has begun to answer. When its chat was left, nobody waits for it any more.
   * @param {import("./conversation.js").Conversation} shown
   * @param {object} row the answer; its parent is the client_id of the question
   */
  answered(shown, row) {
    const question = this.#settle(row.parent);
    if (!question && row.generation.id !== shown.generation) {
      this.#connection.send({ type: "cancel", generation: row.generation.id });
    } else if (question) {
      const asked = shown.row(question.parent);
      asked.sending = false;
      shown.add({ ...row, parent: question.parent });
    }
  }

  /**
   * @param {import("./conversation.js").Conversation} shown
   * @param {string} clientId of a question that was refused
   * @returns {object | undefined} what comes back to where it was written: an item of outbox.js
   */
  refused(shown, clientId) {
    const question = this.#settle(clientId);
    shown.unstage(clientId);
    return question?.item;
  }

  /**
   * A new socket, on which the text under way goes on. What was asked and not answered is asked again.
   * @param {import("./conversation.js").Conversation} shown
   */
  resume(shown) {
    shown.resume();
    this.#said.clear();
    this.#flush();
  }

  /**
   * It is left, and with it everything that was said.
   * @param {import("./conversation.js").Conversation} shown
   */
  leave(shown) {
    if (shown.temporary && shown.generation) {
      this.#connection.send({ type: "cancel", generation: shown.generation });
    }
    this.#questions.clear();
  }

  #say(shown, { parent, ...said }) {
    const clientId = uuid();
    const command = { ...said, client_id: clientId, parent };
    shown.stage([command]);
    this.#ask(shown, { client_id: clientId, parent: clientId, item: { conversation: null, command } });
  }

  #ask(shown, { client_id: clientId, parent, item, model }) {
    const options = model ? { ...this.#options(), model } : this.#options();
    const asked = { type: "ask", client_id: clientId, ...(options ? { options } : {}) };
    const said = messagesTo(shown, parent);
    const messages = newest(said, COMMAND_BYTES - bytesOf({ ...asked, messages: [], left_out: said.length }));
    this.#questions.set(clientId, { command: { ...asked, messages, left_out: said.length - messages.length }, parent, item });
    this.#flush();
  }

  #flush() {
    for (const [clientId, { command }] of this.#questions) {
      if (!this.#said.has(clientId) && this.#connection.send(command)) {
        this.#said.add(clientId);
      }
    }
  }

  #settle(clientId) {
    const question = this.#questions.get(clientId);
    this.#questions.delete(clientId);
    return question;
  }
}

// The path down to a message, as the model gets to read it. An answer without a word says nothing.
function messagesTo(shown, id) {
  const messages = [];
  for (let row = shown.row(id); row; row = shown.row(row.parent)) {
    if (row.content) {
      messages.unshift({ role: row.role, content: row.content });
    }
  }
  return messages;
}

// As many of them as one command holds, the last one in any case. Never begins with an answer whose question was left out,
// as no prompt of the server's does (chat/models/fitting.py), which has a limit of its own.
function newest(messages, bytes) {
  const last = messages.length - 1;
  const earliest = Math.max(messages.length - MESSAGES, 0);
  let first = last;
  let room = bytes - bytesOf(messages[last]);
  while (first > earliest && (room -= bytesOf(messages[first - 1]) + 1) >= 0) {
    first -= 1; // with the comma between the two
  }
  while (first > 0 && first < last && messages[first].role === "assistant") {
    first += 1;
  }
  return messages.slice(first);
}

function bytesOf(part) {
  return new TextEncoder().encode(JSON.stringify(part)).length;
}
