// The buttons below the messages, and what each of them does: by a command (acts.js), in a dialog, or in the browser alone.
// What cannot be done now is said in words.

import { copy } from "./clipboard.js";
import { openerOf } from "./menu.js";
import { ModelMenu } from "./model-menu.js";
import { onDemand } from "./on-demand.js";
import { Question } from "./question.js";
import { Rating } from "./rating.js";
import { gettext } from "./words.js";

const BEGINNING = 140;
const REPEATED = new Set(["previous", "next"]); // a second press soon after the first is meant

export class MessageActions {
  #chat;
  #transcript;
  #editing;
  #on;
  #comment;
  #removal;
  #share = null; // not before it is asked for
  #shareDialog;
  #models;

  /**
   * @param {HTMLElement} shell
   * @param {object} parts
   * @param {import("./chat.js").Chat} parts.chat
   * @param {import("./transcript.js").Transcript} parts.transcript
   * @param {import("./editing.js").Editing} parts.editing
   * @param {object} parts.on
   * @param {(words: string) => void} parts.on.say why something was not done
   * @param {(words: string) => void} parts.on.announce
   * @param {(command: object) => boolean} parts.on.tell
   * @param {() => {id: string}[] | null} parts.on.models those that are known
   * @param {() => void} parts.on.removed the focus is free
   */
  constructor(shell, { chat, transcript, editing, on }) {
    this.#chat = chat;
    this.#transcript = transcript;
    this.#editing = editing;
    this.#on = on;
    this.#comment = shell.querySelector("template[data-template=comment]");
    this.#removal = new Question(shell.querySelector("[data-removal]"));
    this.#shareDialog = shell.querySelector("[data-share]");
    this.#models = new ModelMenu(shell.querySelector("#model-menu"), {
      known: on.models,
      ask: () => on.tell({ type: "models" }),
      choose: (model, opener) => this.#say(chat.acts.regenerate(transcript.rowAround(opener), model)),
    });
    this.#serve(shell.querySelector("#message-menu"));
    shell.querySelector("[data-action=share-all]").addEventListener("click", () => this.#shareAll());
  }

  /**
   * @param {string} name
   * @param {object} row
   * @param {MouseEvent} event
   */
  press(name, row, event) {
    if (event.detail < 2 || REPEATED.has(name)) {
      this.#actions[name]?.(row, name);
    }
  }

  /** @param {object} event of docs/protocol.md, after the chat has taken it */
  receive(event) {
    if (event.type === "models") {
      this.#models.take(event.models);
    } else if (event.type === "conversation" || event.type === "transcript") {
      this.#share?.update(this.#chat.shares);
    } else if (event.type === "error" && (event.command === "share" || event.command === "unshare")) {
      this.#share?.refused(event.message);
    }
  }

  /** Copies the last answer. */
  copyLast() {
    const row = this.#chat.path.findLast(({ role, content }) => role === "assistant" && content);
    if (row) {
      this.#copy(row);
    }
  }

  /**
   * Opens one's own last message in an editor.
   * @returns {boolean} whether there is one
   */
  editLast() {
    const row = this.#chat.path.findLast(({ role }) => role === "user");
    if (row) {
      this.#transcript.reach(row); // of a long path another part may be drawn
      this.#editing.open(row);
    }
    return row !== undefined;
  }

  #actions = {
    copy: (row) => this.#copy(row),
    edit: (row) => this.#editing.open(row),
    regenerate: (row) => this.#say(this.#chat.acts.regenerate(row)),
    retry: (row) => this.#say(this.#chat.acts.regenerate(row)),
    continue: (row) => this.#say(this.#chat.acts.resume(row)),
    good: (row, name) => this.#rate(row, name),
    bad: (row, name) => this.#rate(row, name),
    comment: (row) => this.#askWhy(row),
    previous: (row, name) => this.#turn(row, name),
    next: (row, name) => this.#turn(row, name),
    share: (row) => this.#openShare(row, row === this.#chat.path.at(-1)),
    remove: (row) => this.#removal.ask(() => this.#remove(row), beginning(row)),
  };

  // The menu stands once for all messages.
  #serve(menu) {
    menu.addEventListener("click", (event) => {
      const name = event.target.closest("[data-action]")?.dataset.action;
      const row = this.#transcript.rowAround(openerOf(menu));
      if (name && row) {
        this.press(name, row, event);
      }
    });
  }

  async #copy(row) {
    const words = (await copy(row.content)) ? gettext("Copied") : gettext("Copying is not possible here");
    this.#transcript.view(row).say(words);
    this.#on.announce(words);
  }

  // A thumb says it all at once; why is asked afterwards, and need not be answered.
  #rate(row, name) {
    const rating = Rating.asked(name, row);
    const refusal = this.#chat.acts.rate(row, rating, rating === 0 ? "" : (row.comment ?? ""));
    this.#say(refusal);
    if (!refusal && rating !== 0) {
      this.#transcript.view(row).say(gettext("Thank you"));
      this.#on.announce(gettext("Thank you"));
    }
  }

  #askWhy(row) {
    const open = ({ Comment }) => {
      this.#transcript.view(row).rating.open(Comment, this.#comment, (comment) => this.#chat.acts.rate(row, row.rating, comment));
    };
    onDemand(() => import("./comment.js"), open, (words) => this.#on.say(words));
  }

  // The version that comes into its place has arrows of its own: the focus goes on to them.
  #turn(row, way) {
    this.#transcript.view(this.#chat.turn(row, way)).focusArrow(way);
  }

  #remove(row) {
    const refusal = this.#chat.acts.remove(row);
    this.#say(refusal);
    if (!refusal) {
      this.#on.removed();
    }
  }

  #shareAll() {
    const last = this.#chat.path.at(-1);
    if (last) {
      this.#openShare(last, true);
    } else {
      this.#say(gettext("There is nothing to share yet."));
    }
  }

  #openShare({ id }, isLast) {
    const open = ({ ShareDialog }) => {
      this.#share ??= new ShareDialog(this.#shareDialog, {
        share: (message) => this.#chat.acts.share(message),
        unshare: (share) => this.#chat.acts.unshare(share),
        copy,
        words: (message) => beginning(this.#chat.row(message)),
      });
      this.#share.open(id, isLast, this.#chat.shares);
    };
    onDemand(() => import("./share.js"), open, (words) => this.#on.say(words));
  }

  #say(refusal) {
    if (refusal) {
      this.#on.say(refusal);
    }
  }
}

function beginning(row) {
  const text = (row?.content || row?.files?.[0]?.name || "").trim();
  return text.length > BEGINNING ? `${text.slice(0, BEGINNING)}…` : text;
}
