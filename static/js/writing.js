// Wires together where the person writes and chooses: the box, the files, the queued message, the model, the options and
// the temporary chat. Decides nothing. What each part does stands at the head of its file.

import { AttachmentList } from "./attachment-list.js";
import { Attachments } from "./attachments.js";
import { Choices } from "./choices.js";
import { Composer } from "./composer.js";
import { Desk } from "./desk.js";
import { Drafts } from "./drafts.js";
import { DropArea } from "./drop-area.js";
import { onDemand } from "./on-demand.js";
import { Question } from "./question.js";
import { Queue } from "./queue.js";
import { QueueCard } from "./queue-card.js";
import { wellFormed } from "./surrogates.js";
import { TemporarySwitch } from "./temporary-switch.js";
import { gettext } from "./words.js";

export class Writing {
  #shell;
  #on;
  #attachments;
  #carrying = null; // a promise
  #list;
  #picker;
  #panel;
  #leaving;
  #switch;
  #online = false;

  /**
   * @param {HTMLElement} shell
   * @param {object} on
   * @param {Storage} on.local where drafts are kept
   * @param {Storage} on.unsent where the queued message is kept
   * @param {() => import("./chat.js").Chat} on.chat
   * @param {() => import("./page.js").Page} on.page
   * @param {(command: object) => boolean} on.tell whether the command went out
   * @param {() => boolean} on.online
   * @param {(row: object, text: string, notice: string) => void} on.edit opens a message's editor again
   * @param {() => boolean} on.lookBack edits one's last message
   */
  constructor(shell, on) {
    this.#shell = shell;
    this.#on = on;
    this.choices = new Choices({ tell: on.tell, on: { changed: () => this.#choicesChanged() } });
    this.composer = this.#makeComposer();
    this.#list = this.#makeList();
    const drafts = new Drafts(on.local, shell.dataset.user);
    this.#attachments = this.#makeAttachments(drafts);
    this.desk = this.#makeDesk(drafts);
    this.#leaving = new Question(this.#find("leaving"));
    this.#listen();
  }

  /** @param {object} event one of docs/protocol.md; after the chat has taken it */
  receive(event) {
    if (event.type === "welcome") {
      this.#welcomed(event.limits);
    }
    const rows = event.messages ?? (event.type === "message" ? [event.message] : []);
    rows.forEach(({ files }) => this.#attachments.stored(files ?? []));
    this.choices.receive(event);
  }

  /** The connection came or went. */
  connectionChanged() {
    const online = this.#on.online();
    if (this.#online && !online) {
      this.choices.disconnected();
      this.#attachments.disconnected();
    }
    this.#online = online;
    this.#picker?.connectionChanged();
  }

  /**
   * Goes on at once, or after the person has said that the temporary chat may go.
   * @param {() => void} go
   */
  leave(go) {
    if (this.#on.chat().unkept) {
      this.#leaving.ask(go);
    } else {
      go();
    }
  }

  #makeComposer() {
    const { messageChars, enterSends } = this.#shell.dataset;
    return new Composer(this.#find("composer"), {
      limit: Number(messageChars),
      enterSends: enterSends !== "false",
      on: {
        send: (text) => this.#submit(text),
        stop: () => this.#on.chat().stop(),
        input: () => this.desk.typed(),
        lookBack: () => this.#on.lookBack(),
        files: (files) => this.#attachments.add(files),
      },
    });
  }

  #submit(text) {
    const refusal = this.desk.submit(wellFormed(text));
    this.#list.point();
    return refusal;
  }

  #makeList() {
    const template = this.#shell.querySelector("template[data-template=attachment]");
    return new AttachmentList(this.#find("attachments"), template, {
      again: (item) => this.#attachments.again(item),
      remove: (item) => {
        this.desk.filesTouched();
        this.#attachments.remove(item);
        this.composer.focus();
      },
    });
  }

  #makeAttachments(drafts) {
    return new Attachments({
      drafts,
      bring: (item) => this.#bring(item),
      on: {
        changed: () => this.#filesChanged(),
        refused: (words) => this.composer.say(words),
      },
    });
  }

  async #bring(item) {
    const carrying = await this.#carry();
    if (carrying) {
      await carrying.bring(item);
    } else if (this.#on.online()) {
      const words = gettext("This part of the page could not be loaded. Please try again when Brook is connected.");
      Object.assign(item, { state: "failed", words, again: true, lost: true });
    } else {
      item.state = "waiting";
    }
  }

  // Loaded as soon as there is a connection, so that it is there when a file is chosen without one.
  #carry() {
    const { files } = this.#shell.dataset;
    const token = this.#shell.querySelector("[name=csrfmiddlewaretoken]").value;
    const by = {
      online: () => this.#on.online(),
      images: () => this.choices.images,
      limits: () => this.#attachments.limits,
      changed: () => this.#filesChanged(),
    };
    const begin = ({ carryingTo }) => carryingTo(files, token, by);
    this.#carrying ??= import("./carrying.js").then(begin).catch(() => (this.#carrying = null));
    return this.#carrying;
  }

  #makeDesk(drafts) {
    const card = new QueueCard(this.#find("queued"), {
      edit: () => {
        this.desk.editQueued();
        this.composer.focus();
      },
      send: () => this.desk.sendQueued(),
      remove: () => {
        this.desk.removeQueued();
        this.composer.focus();
      },
    });
    return new Desk({
      composer: this.composer,
      drafts,
      attachments: this.#attachments,
      queue: new Queue(this.#on.unsent, this.#shell.dataset.user),
      card,
      on: {
        send: (text, more) => this.#on.chat().delivery.send(text, more),
        stop: () => this.#on.chat().stop(),
        edit: (row, text, notice) => this.#on.edit(row, text, notice),
        images: () => this.choices.images,
        exists: (id) => exists(`${this.#shell.dataset.files}${id}/`),
        shown: (id, temporary) => this.#shown(id, temporary),
        adopted: (id) => this.choices.adopt(id),
        begun: (id) => this.choices.begun(id),
        drawn: ({ isNew }) => this.#switch.offer(isNew),
      },
    });
  }

  #listen() {
    const picker = this.#find("file-picker");
    this.#press("attach", () => picker.click());
    picker.addEventListener("change", () => {
      this.#attachments.add([...picker.files]);
      picker.value = ""; // so that the same file can be chosen again
      this.composer.focus();
    });
    this.#press("options", () => this.#openOptions());
    this.#find("model-button").addEventListener("click", () => this.#openPicker());
    this.#switch = new TemporarySwitch(this.#shell, () => this.#toggleTemporary());
    new DropArea(this.#find("drop"), (files) => this.#attachments.add(files));
    addEventListener("pagehide", () => this.desk.flush());
    addEventListener("beforeunload", (event) => {
      if (this.#attachments.unsaved || this.#on.chat().unkept) {
        event.preventDefault();
      }
    });
  }

  #welcomed(limits) {
    this.composer.limit = limits.message_chars;
    this.#attachments.limits = limits;
    this.#carry();
    this.#attachments.connected();
  }

  #shown(id, temporary) {
    this.choices.show(id, temporary);
    this.#panel?.close();
    this.#switch.show(temporary);
  }

  #openOptions() {
    const words = this.choices.refusal;
    if (words) {
      this.composer.say(words);
      return;
    }
    this.#onDemand(() => import("./options-panel.js"), ({ OptionsPanel }) => {
      this.#panel ??= new OptionsPanel(this.#find("options"), this.choices);
      this.#panel.open(this.#attachments.limits?.instructions_chars ?? Infinity);
    });
  }

  #openPicker() {
    this.#onDemand(() => import("./model-picker.js"), ({ ModelPicker }) => {
      this.#picker ??= new ModelPicker(this.#find("models"), this.#find("model-button"), this.choices, (model) => this.#choose(model));
      this.#picker.open();
    });
  }

  #onDemand(load, use) {
    onDemand(load, use, (words) => this.composer.say(words));
  }

  // What was typed and chosen goes along.
  #toggleTemporary() {
    const chat = this.#on.chat();
    if (this.#attachments.list.length > 0) {
      this.#attachments.refuseTemporary();
      return;
    }
    const [draft, asked] = [this.desk.lift(), this.choices.lift()];
    chat.show(null, null, { temporary: !chat.temporary });
    this.desk.lay(draft);
    this.choices.lay(asked);
    this.composer.focus();
  }

  async #choose(model) {
    const words = await this.choices.save({ model });
    if (words) {
      this.composer.say(words);
    }
    this.composer.focus();
  }

  #choicesChanged() {
    const { model, options } = this.choices;
    this.#on.page().model(model);
    this.#find("own-instructions").hidden = options.instructions.trim() === "";
    this.#picker?.render();
  }

  #filesChanged() {
    this.#list.show(this.#attachments.list);
    this.desk?.filesChanged();
  }

  #find(hook) {
    return this.#shell.querySelector(`[data-${hook}]`);
  }

  #press(action, work) {
    for (const button of this.#shell.querySelectorAll(`[data-action=${action}]`)) {
      button.addEventListener("click", work);
    }
  }
}

// Whoever cannot answer does not say that it is gone.
async function exists(address) {
  try {
    return (await fetch(address, { method: "HEAD" })).status !== 404;
  } catch {
    return true;
  }
}
