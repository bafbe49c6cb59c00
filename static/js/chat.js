// What the person does becomes commands, and what the server says becomes a change of the shown conversation. Decides
// who may send when; holds no text and draws nothing. See docs/protocol.md.

import { Conversation } from "./conversation.js";
import { giveBack } from "./give-back.js";
import { Opener } from "./opener.js";
import { refusalOf } from "./refusals.js";
import { uuid } from "./uuid.js";

export class Chat {
  #connection;
  #sender;
  #transcript;
  #composer;
  #drafts;
  #page;
  #shown;
  #opener = new Opener(() => this.#open());

  /** @param {object} parts each an instance of the class of its name */
  constructor({ connection, sender, transcript, composer, drafts, page }) {
    this.#connection = connection;
    this.#sender = sender;
    this.#transcript = transcript;
    this.#composer = composer;
    this.#drafts = drafts;
    this.#page = page;
    this.#shown = this.#conversation(null);
  }

  /** @returns {string | null} the shown conversation */
  get shown() {
    return this.#shown.id;
  }

  // What the person does

  /** @param {string | null} id the conversation to show; null is a new chat */
  show(id) {
    this.#shown.close();
    this.#shown = this.#conversation(id);
    this.#transcript.clear();
    this.#composer.text = this.#drafts.read(id);
    this.#page.current(id);
    this.#page.follow();
    this.#shown.stage(this.#sender.waiting(id));
    this.#opener.open();
    this.#render();
  }

  /**
   * @param {string} text
   * @returns {string} why not, or ""
   */
  send(text) {
    const refusal = this.#refusal();
    if (!refusal) {
      const { id, known, end } = this.#shown;
      const parent = known || id === null ? { parent: end } : {};
      this.#drafts.write(id, "");
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
    const refusal = this.#refusal();
    if (!refusal) {
      this.#post({ type: "edit", client_id: uuid(), message: row.id, content: text });
    }
    return refusal;
  }

  /** @param {object} row an answer */
  regenerate(row) {
    const command = { type: "regenerate", client_id: uuid(), message: row.id };
    if (!this.#refusal() && this.#connection.send(command)) {
      this.#shown.regenerating = row.parent;
      this.#page.follow();
      this.#render();
    }
  }

  /** Ends the answer under way; after the next reconnect, if nobody can hear it now. */
  stop() {
    const { generation } = this.#shown;
    this.#shown.stopping = generation;
    if (generation) {
      this.#connection.send({ type: "cancel", generation });
      this.#render();
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
    this.#render();
    return this.#shown.row(id);
  }

  // What the connection and the server say

  /** The connection came or went. */
  connectionChanged() {
    if (!this.#connection.online) {
      this.#shown.known = false;
      this.#shown.regenerating = null;
    }
    this.#render();
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
    position: (event) => this.#shown.place(event) && this.#render(),
    finished: (event) => this.#shown.finish(event) && this.#render(),
    conversation: (event) => this.#page.summary(event, this.#shown.id),
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
      this.#page.summary(conversation, id, { quietly: true });
    }
    this.#render();
  }

  #messageCame({ conversation, message }) {
    const sent = this.#sender.settle(message.client_id);
    if (sent && sent.conversation === null && this.#shown.id === null) {
      this.#adopt(conversation);
    }
    if (conversation === this.#shown.id) {
      this.#shown.add(message, sent !== undefined);
      this.#render();
    }
  }

  #open() {
    this.#connection.send({ type: "open", conversation: this.#shown.id, ...this.#shown.position });
    this.#shown.freeze();
  }

  #errorCame({ code, message, command, client_id: clientId }) {
    if (code === "stopping") {
      this.#composer.say(message); // what was sent goes out again to the server's successor
    } else if (command === "open" && code === "not_found") {
      this.#shown.missing = true;
    } else if (command === "open") {
      this.#composer.say(message);
      this.#opener.reopen();
    } else if (command !== "cancel" && command !== "ack") {
      this.#refused(this.#sender.settle(clientId), message);
    }
    this.#render();
  }

  #refused(item, words) {
    this.#shown.regenerating = null;
    this.#shown.unstage(item?.command.client_id);
    this.#render();
    giveBack(item, words, { shown: this.#shown, drafts: this.#drafts, composer: this.#composer, page: this.#page });
  }

  // A new chat has become a conversation.
  #adopt(id) {
    this.#sender.adopt(id);
    this.#drafts.write(null, "");
    this.#drafts.write(id, this.#composer.text);
    this.#shown.id = id;
    this.#page.address(id);
    this.#page.current(id);
  }

  #refusal() {
    const { generation, missing } = this.#shown;
    return refusalOf({ writing: generation !== null, waiting: this.#waits, online: this.#connection.online, missing });
  }

  get #waits() {
    return this.#shown.regenerating !== null || this.#sender.waiting(this.#shown.id).length > 0;
  }

  #post(command) {
    const { id, known, end } = this.#shown;
    this.#sender.keep(id, command);
    this.#shown.stage([command]);
    this.#page.follow();
    this.#render();
    if (known || id === null) {
      this.#sender.flush(id, end);
    }
  }

  #conversation(id) {
    return new Conversation(id, {
      viewOf: (row) => this.#transcript.view(row),
      on: {
        began: (generation) => generation === this.#shown.stopping && this.stop(),
        hole: () => this.#opener.reopen(),
        ack: (generation, cursor) => this.#connection.send({ type: "ack", generation, cursor }),
        announce: (words) => this.#page.announce(words),
      },
    });
  }

  #render() {
    const { path, generation, stopping, missing, id } = this.#shown;
    this.#transcript.render(path, {
      online: this.#connection.online,
      stopping,
      busy: generation !== null || this.#waits,
      siblings: (row) => this.#shown.siblings(row),
    });
    this.#composer.mode = generation ? "stop" : this.#waits ? "waiting" : "send";
    this.#page.blank({ welcome: id === null && path.length === 0, missing });
  }
}
