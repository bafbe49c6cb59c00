// The shown conversation, drawn: which one it is, and what the transcript, the composer's button and the empty pages show
// of it. Decides nothing but whether another message can be taken just now.

import { Conversation } from "./conversation.js";
import { refusalOf, refusalToAnswer } from "./refusals.js";

export class Scene {
  #connection;
  #sender;
  #transcript;
  #desk;
  #page;
  #scroll;
  #temporary;
  #on;
  #shown;

  /**
   * @param {object} parts each an instance of the class of its name, and
   * @param {object} parts.on what a conversation asks for: `began`, `hole`
   */
  constructor({ connection, sender, transcript, desk, page, scroll, temporary, on }) {
    this.#connection = connection;
    this.#sender = sender;
    this.#transcript = transcript;
    this.#desk = desk;
    this.#page = page;
    this.#scroll = scroll;
    this.#temporary = temporary;
    this.#on = on;
    this.#shown = this.#conversation(null);
  }

  /** @returns {Conversation} */
  get shown() {
    return this.#shown;
  }

  /**
   * @param {string | null} id the conversation to show; null is a new chat
   * @param {boolean} [temporary] one that only this page has
   */
  show(id, temporary = false) {
    this.#temporary.leave(this.#shown);
    this.#shown.close();
    this.#shown = this.#conversation(id);
    this.#shown.temporary = temporary;
    this.#transcript.clear();
    this.#desk.show(id, temporary);
    this.#page.current(id);
    this.follow();
    if (!temporary) {
      this.#shown.stage(this.#sender.waiting(id));
    }
    this.render();
  }

  /** @returns {string} why nothing can be sent just now, or "" */
  get refusal() {
    return refusalOf(this.#state);
  }

  /** @returns {string} why no other answer can be asked for just now, or "" */
  get refusalToAnswer() {
    return refusalToAnswer(this.#state);
  }

  /** Makes the page show what is known by now. */
  render() {
    const { path, generation, stopping, gone, id } = this.#shown;
    this.#transcript.render(path, {
      online: this.#connection.online,
      stopping,
      siblings: (row) => this.#shown.siblings(row),
    });
    this.#desk.mode = generation ? "stop" : this.#waits ? "waiting" : "send";
    this.#page.blank(id === null && path.length === 0 ? "welcome" : gone);
    this.#desk.update(this.#writing);
  }

  /**
   * Takes the reader to this message.
   * @param {string} id
   * @param {string} [words] in it that were searched for
   * @returns {boolean} whether it is here
   */
  jump(id, words) {
    const view = this.reach(id);
    if (view) {
      this.#scroll.lead(view.element, words);
      view.mark();
    }
    return view !== undefined;
  }

  /**
   * Draws this message, whatever version of it or of what is before it is shown.
   * @param {string} id
   * @returns {import("./message.js").MessageView | undefined} undefined if it is not here
   */
  reach(id) {
    const row = this.#shown.lead(id);
    if (row) {
      this.render();
    }
    return row && this.#transcript.reach(row);
  }

  /** Goes to the end of the text, and stays there. */
  follow() {
    this.#scroll.follow();
  }

  get #state() {
    const { generation, gone } = this.#shown;
    return { writing: generation !== null, waiting: this.#waits, online: this.#connection.online, gone };
  }

  // What decides whether something can be sent, and what becomes of a message that is queued.
  get #writing() {
    const { id, path, generation, known, gone } = this.#shown;
    return {
      busy: generation !== null || this.#waits,
      known: id === null ? this.#connection.online : known,
      ended: path.at(-1)?.generation?.status ?? null,
      generation,
      gone,
      isNew: id === null && path.length === 0,
    };
  }

  get #waits() {
    const { id, regenerating, temporary } = this.#shown;
    return temporary ? this.#temporary.waits : regenerating !== null || this.#sender.waiting(id).length > 0;
  }

  #conversation(id) {
    return new Conversation(id, {
      viewOf: (row) => this.#transcript.view(row),
      on: {
        ...this.#on,
        ack: (generation, cursor) => this.#connection.send({ type: "ack", generation, cursor }),
        announce: (words) => this.#page.announce(words),
        news: (text, whole) => this.#scroll.news(text, whole),
      },
    });
  }
}
