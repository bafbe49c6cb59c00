// What the person does becomes commands, and what the server says becomes a change of the shown conversation. Holds no
// text and draws nothing. See docs/protocol.md.

import { Acts } from "./acts.js";
import { Delivery } from "./delivery.js";
import { Opener } from "./opener.js";
import { Scene } from "./scene.js";
import { Temporary } from "./temporary.js";
import { gettext } from "./words.js";

export class Chat {
  #connection;
  #desk;
  #page;
  #scene;
  #temporary;
  #target = null; // the message to jump to, as soon as it is here, and what was searched for in it
  #opener = new Opener(() => this.#open());

  /**
   * @param {object} parts each an instance of the class of its name, and
   * @param {{ofNew: () => object | undefined, here: () => object | undefined}} [parts.options] what is asked of the model: by
   *     a conversation that is begun, and by the chat that is shown
   */
  constructor({ connection, sender, transcript, desk, page, scroll, options = { ofNew() {}, here() {} } }) {
    this.#connection = connection;
    this.#desk = desk;
    this.#page = page;
    const on = {
      began: (generation) => generation === this.#shown.stopping && this.stop(),
      hole: () => this.#opener.reopen(),
    };
    this.#temporary = new Temporary(connection, options.here);
    this.#scene = new Scene({ connection, sender, transcript, desk, page, scroll, temporary: this.#temporary, on });
    this.acts = new Acts(connection, this.#scene, this.#temporary);
    this.delivery = new Delivery({ sender, scene: this.#scene, desk, page, temporary: this.#temporary, options: options.ofNew });
  }

  /** @returns {string | null} the shown conversation */
  get shown() {
    return this.#shown.id;
  }

  /** @returns {boolean} whether only this page has what is shown */
  get temporary() {
    return this.#shown.temporary;
  }

  /** @returns {boolean} whether something would be gone if it was left now */
  get unkept() {
    return this.#shown.temporary && this.#shown.path.length > 0;
  }

  /** @returns {object[]} the shown messages that the server has */
  get path() {
    return this.#shown.path.filter((row) => !row.sending);
  }

  /** @param {string} id of a message of the shown conversation */
  row(id) {
    return this.#shown.row(id);
  }

  /** @returns {{id: string, message: string}[]} the links to the shown conversation */
  get shares() {
    return this.#shown.shares;
  }

  // What the person does

  /**
   * @param {string | null} id the conversation to show; null is a new chat
   * @param {string | null} [message] where to begin to read; null is the end
   * @param {{temporary?: boolean, words?: string}} [options] `temporary`: one that only this page has; `words` of the message that
   *     were searched for
   */
  show(id, message = null, { temporary = false, words = "" } = {}) {
    this.#target = message && { message, words };
    this.#scene.show(id, temporary);
    this.delivery.turned();
    this.#opener.open();
  }

  /**
   * @param {string} message of the shown conversation
   * @param {string} [words] in it that were searched for
   */
  jump(message, words = "") {
    this.#target = { message, words };
    if (this.#shown.known) {
      this.#arrive();
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
    this.acts.choose(id);
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
    conversation: (event) => this.#summaryCame(event),
    deleted: (event) => this.#deleted(event.conversation),
    notice: (event) => this.#page.notice(event),
    error: (event) => this.#errorCame(event),
  };

  #welcomed(event) {
    this.#page.welcomed(event);
    this.delivery.reconnected();
    this.#opener.open();
  }

  #transcriptCame({ conversation, messages }) {
    const id = conversation?.id ?? null;
    messages.forEach((row) => this.delivery.stored(row.client_id, id));
    if (id !== this.#shown.id) {
      return;
    }
    this.#opener.answered();
    if (this.#shown.temporary) {
      this.#temporary.resume(this.#shown);
      this.#scene.render();
      return;
    }
    this.#shown.replace(messages);
    this.delivery.flush();
    if (conversation) {
      this.#summaryCame(conversation);
    }
    this.#scene.render();
    this.acts.chooseAgain();
    this.#arrive();
  }

  #summaryCame(summary) {
    this.#page.summary(summary, this.#shown.id);
    if (summary.id === this.#shown.id) {
      this.#shown.shares = summary.shares ?? [];
    }
  }

  // Once: afterwards the reader goes where he likes.
  #arrive() {
    const target = this.#target;
    this.#target = null;
    if (target !== null && !this.#scene.jump(target.message, target.words)) {
      this.#desk.say(gettext("The message that was looked for is no longer here."));
    }
  }

  #messageCame({ conversation, message }) {
    this.delivery.stored(message.client_id, conversation);
    if (conversation === null) {
      this.#temporary.answered(this.#shown, message);
      this.#scene.render();
    } else if (conversation === this.#shown.id) {
      this.#shown.add(message);
      this.#scene.render();
    }
  }

  #open() {
    this.#connection.send({ type: "open", conversation: this.#shown.id, ...this.#shown.position });
    this.#shown.freeze();
  }

  #errorCame(event) {
    const { code, message, command, conversation } = event;
    if (code === "stopping") {
      this.#desk.say(message); // what was sent goes out again to the server's successor
    } else if (command === "open") {
      this.#notOpened(conversation ?? null, code, message);
    } else if (command !== "cancel" && command !== "ack") {
      this.delivery.refused(event);
    }
  }

  // Of one that was left meanwhile nobody wants to know.
  #notOpened(id, code, words) {
    if (id !== this.#shown.id) {
      return;
    }
    if (code === "not_found") {
      this.#vanish("missing");
    } else {
      this.#desk.say(words);
      this.#opener.reopen();
    }
  }

  #deleted(id) {
    this.#page.deleted(id, this.#shown.id);
    if (id === this.#shown.id) {
      this.#vanish("deleted");
    }
  }

  #vanish(why) {
    this.#opener.answered();
    this.#shown.vanish(why);
    this.#scene.render();
    this.delivery.giveUp();
  }

  get #shown() {
    return this.#scene.shown;
  }
}
