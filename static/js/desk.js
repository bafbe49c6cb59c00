// Where the person writes: the composer, with the draft of the shown conversation in it. Nothing that was typed is lost:
// what the server refused comes back to where it was written.

export class Desk {
  #composer;
  #drafts;
  #page;

  /**
   * @param {object} parts
   * @param {import("./composer.js").Composer} parts.composer
   * @param {import("./drafts.js").Drafts} parts.drafts
   * @param {import("./page.js").Page} parts.page
   */
  constructor({ composer, drafts, page }) {
    this.#composer = composer;
    this.#drafts = drafts;
    this.#page = page;
  }

  /** @param {string | null} id the conversation that is shown now */
  show(id) {
    this.#composer.text = this.#drafts.read(id);
  }

  /** @param {string | null} id the draft of this conversation was sent */
  sent(id) {
    this.#drafts.write(id, "");
  }

  /** @param {string} id a new chat became this conversation */
  adopt(id) {
    this.#drafts.write(null, "");
    this.#drafts.write(id, this.#composer.text);
  }

  /** @param {"send" | "stop" | "waiting"} mode */
  set mode(mode) {
    this.#composer.mode = mode;
  }

  /** @param {string} words */
  say(words) {
    this.#composer.say(words);
  }

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
    const { conversation, command } = item;
    const { content } = command;
    if (conversation !== shown.id) {
      const draft = this.#drafts.read(conversation);
      this.#drafts.write(conversation, draft ? `${content}\n\n${draft}` : content);
      return;
    }
    const edited = command.type === "edit" ? shown.row(command.message) : undefined;
    if (edited) {
      this.#page.editor(edited, content, words);
    } else {
      this.#composer.giveBack(content);
      this.say(words);
    }
  }
}
