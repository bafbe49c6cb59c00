// The shown conversation, drawn: which one it is, and what the transcript, the composer's button and the empty pages show
// of it. Decides nothing but whether another message can be taken just now.

import { Conversation } from "./conversation.js";
import { refusalOf } from "./refusals.js";

export class Scene {
  #connection;
  #sender;
  #transcript;
  #desk;
  #page;
  #on;
  #shown;

  /**
   * @param {object} parts each an instance of the class of its name, and
   * @param {object} parts.on what a conversation asks for: `began`, `hole`
   */
  constructor({ connection, sender, transcript, desk, page, on }) {
    this.#connection = connection;
    this.#sender = sender;
    this.#transcript = transcript;
    this.#desk = desk;
    this.#page = page;
    this.#on = on;
    this.#shown = this.#conversation(null);
  }

  /** @returns {Conversation} */
  get shown() {
    return this.#shown;
  }

  /** @param {string | null} id the conversation to show; null is a new chat */
  show(id) {
    this.#shown.close();
    this.#shown = this.#conversation(id);
    this.#transcript.clear();
    this.#desk.show(id);
    this.#page.current(id);
    this.#page.follow();
    this.#shown.stage(this.#sender.waiting(id));
    this.render();
  }

  /** @returns {string} why nothing can be sent just now, or "" */
  get refusal() {
    const { generation, gone } = this.#shown;
    return refusalOf({ writing: generation !== null, waiting: this.#waits, online: this.#connection.online, gone });
  }

  /** Makes the page show what is known by now. */
  render() {
    const { path, generation, stopping, gone, id } = this.#shown;
    this.#transcript.render(path, {
      online: this.#connection.online,
      stopping,
      busy: generation !== null || this.#waits,
      siblings: (row) => this.#shown.siblings(row),
    });
    this.#desk.mode = generation ? "stop" : this.#waits ? "waiting" : "send";
    this.#page.blank(id === null && path.length === 0 ? "welcome" : gone);
  }

  get #waits() {
    return this.#shown.regenerating !== null || this.#sender.waiting(this.#shown.id).length > 0;
  }

  #conversation(id) {
    return new Conversation(id, {
      viewOf: (row) => this.#transcript.view(row),
      on: {
        ...this.#on,
        ack: (generation, cursor) => this.#connection.send({ type: "ack", generation, cursor }),
        announce: (words) => this.#page.announce(words),
      },
    });
  }
}
