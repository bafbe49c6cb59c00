// What the person does becomes commands, and what the server says becomes a change of the shown conversation. Holds no
// text and draws nothing. See docs/protocol.md.

import { Opener } from "./opener.js";
import { Scene } from "./scene.js";
import { uuid } from "./uuid.js";

export class Chat {
  #connection;
  #sender;
  #desk;
  #page;
  #scene;
  #opener = new Opener(() => this.#open());

  /** @param {object} parts each an instance of the class of its name */
  constructor({ connection, sender, transcript, desk, page }) {
    this.#connection = connection;
    this.#sender = sender;
    this.#desk = desk;
    this.#page = page;
    const on = {
      began: (generation) => generation === this.#shown.stopping && this.stop(),
      hole: () => this.#opener.reopen(),
    };
    this.#scene = new Scene({ connection, sender, transcript, desk, page, on });
  }

  /** @returns {string | null} the shown conversation */
  get shown() {
    return this.#shown.id;
  }

  // What the person does

  /** @param {string | null} id the conversation to show; null is a new chat */
  show(id) {
    this.#scene.show(id);
    this.#opener.open();
  }

  /**
   * @param {string} text
   * @returns {string} why not, or ""
   */
  send(text) {
    const refusal = this.#scene.refusal;
    if (!refusal) {
      const { id, known, end } = this.#shown;
      const parent = known || id === null ? { parent: end } : {};
      this.#desk.sent(id);
      this.#post({ type: "send", client_id: uuid(), conversation: id, content: text, ...parent });
    }
    return refusal;
  }

  /**
   * @param {object} row a message of one's own
   * @param {string} text
   * @returns {string} why not, or ""
   */
  edit(row, text) {
    const refusal = this.#scene.refusal;
    if (!refusal) {
      this.#post({ type: "edit", client_id: uuid(), message: row.id, content: text });
    }
    return refusal;
  }

  /** @param {object} row an answer */
  regenerate(row) {
    const command = { type: "regenerate", client_id: uuid(), message: row.id };
    if (!this.#scene.refusal && this.#connection.send(command)) {
      this.#shown.regenerating = row.parent;
      this.#page.follow();
      this.#scene.render();
    }
  }

  /** Ends the answer under way; after the next reconnect, if nobody can hear it now. */
  stop() {
    const { generation } = this.#shown;
    this.#shown.stopping = generation;
    if (generation) {
      this.#connection.send({ type: "cancel", generation });
      this.#scene.render();
    }
  }

  /**
   * @param {object} row
   * @param {"previous" | "next"} way to another version of it
   * @returns {object} that version
   */
  turn(row, way) {
    const id = this.#shown.siblings(row.id)[way];
    this.#shown.choose(id);
    this.#scene.render();
    return this.#shown.row(id);
  }

  // What the connection and the server say

  /** The connection came or went. */
  connectionChanged() {
    if (!this.#connection.online) {
      this.#shown.known = false;
      this.#shown.regenerating = null;
    }
    this.#scene.render();
  }

  /** @param {object} event one of docs/protocol.md; what this page does not know, it passes over */
  receive(event) {
    this.#events[event.type]?.(event);
  }

  #events = {
    welcome: (event) => this.#welcomed(event),
    transcript: (event) => this.#transcriptCame(event),
    message: (event) => this.#messageCame(event),
    delta: (event) => this.#shown.grow(event),
    position: (event) => this.#shown.place(event) && this.#scene.render(),
    finished: (event) => this.#shown.finish(event) && this.#scene.render(),
    conversation: (event) => this.#page.summary(event, this.#shown.id),
    deleted: (event) => this.#deleted(event.conversation),
    notice: (event) => this.#page.notice(event),
    error: (event) => this.#errorCame(event),
  };

  #welcomed(event) {
    this.#page.welcomed(event);
    this.#sender.reconnected(this.#shown.id);
    this.#opener.open();
  }

  #transcriptCame({ conversation, messages }) {
    const id = conversation?.id ?? null;
    if (id !== null && this.#shown.id === null && this.#sender.asksForNew) {
      this.#adopt(id);
    }
    messages.forEach((row) => this.#sender.settle(row.client_id));
    if (id !== this.#shown.id) {
      return;
    }
    this.#opener.answered();
    this.#shown.replace(messages);
    this.#shown.stage(this.#sender.waiting(id));
    this.#sender.flush(id, this.#shown.end);
    if (conversation) {
      this.#page.summary(conversation, id);
    }
    this.#scene.render();
  }

  #messageCame({ conversation, message }) {
    const sent = this.#sender.settle(message.client_id);
    if (sent && sent.conversation === null && this.#shown.id === null) {
      this.#adopt(conversation);
    }
    if (conversation === this.#shown.id) {
      this.#shown.add(message, sent !== undefined);
      this.#scene.render();
    }
  }

  #open() {
    this.#connection.send({ type: "open", conversation: this.#shown.id, ...this.#shown.position });
    this.#shown.freeze();
  }

  #errorCame({ code, message, command, client_id: clientId }) {
    if (code === "stopping") {
      this.#desk.say(message); // what was sent goes out again to the server's successor
    } else if (command === "open" && code === "not_found") {
      this.#vanish("missing");
    } else if (command === "open") {
      this.#desk.say(message);
      this.#opener.reopen();
    } else if (command !== "cancel" && command !== "ack") {
      this.#refused(clientId, message);
    }
  }

  #deleted(id) {
    this.#page.deleted(id, this.#shown.id);
    if (id === this.#shown.id) {
      this.#vanish("deleted");
    }
  }

  // What still waits to be sent there will never be taken.
  #vanish(why) {
    this.#opener.answered();
    this.#shown.vanish(why);
    this.#scene.render();
    this.#sender.waiting(this.#shown.id).forEach(({ client_id: clientId }) => this.#refused(clientId, ""));
  }

  #refused(clientId, words) {
    const item = this.#sender.settle(clientId);
    this.#shown.regenerating = null;
    this.#shown.unstage(clientId);
    this.#scene.render();
    this.#desk.giveBack(item, words, this.#shown);
  }

  // A new chat has become a conversation.
  #adopt(id) {
    this.#sender.adopt(id);
    this.#desk.adopt(id);
    this.#shown.id = id;
    this.#page.address(id);
    this.#page.current(id);
  }

  get #shown() {
    return this.#scene.shown;
  }

  #post(command) {
    const { id, known, end } = this.#shown;
    this.#sender.keep(id, command);
    this.#shown.stage([command]);
    this.#page.follow();
    this.#scene.render();
    if (known || id === null) {
      this.#sender.flush(id, end);
    }
  }
}
