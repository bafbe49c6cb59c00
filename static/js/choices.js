// What is asked of the model: by the shown conversation, or by the new chat until its first message takes it along. Knows
// which models there are. Draws nothing: `on` says that something changed.

import { gettext } from "./words.js";

/** @typedef {{model: string, instructions: string, temperature: number | null, max_tokens: number | null}} Options */

const PLAIN = { model: "", instructions: "", temperature: null, max_tokens: null };

export class Choices {
  #tell;
  #on;
  #shown = null;
  #temporary = false;
  #model = { name: "", images: null };
  #defaults = null;
  #new = null; // what was chosen for the new chat,
  #passing = null; // and in the temporary one
  #known = new Map();
  #saving = null;
  /** @type {{id: string, images: boolean | null}[] | null} null until the server has said */
  models = null;
  /** The one that answers where none is chosen. */
  default = "";

  /**
   * @param {object} options
   * @param {(command: object) => boolean} options.tell whether the command went out
   * @param {object} options.on
   * @param {() => void} options.on.changed
   */
  constructor({ tell, on }) {
    this.#tell = tell;
    this.#on = on;
  }

  /**
   * @param {string | null} conversation null is the new chat, as the person has set it
   * @param {boolean} [temporary]
   */
  show(conversation, temporary = false) {
    this.#shown = conversation;
    this.#temporary = temporary;
    this.#passing = null;
    this.#on.changed();
  }

  /** @param {string} conversation that the new chat became, which is shown */
  adopt(conversation) {
    this.begun(conversation);
    this.show(conversation);
  }

  /** @param {string} conversation that the new chat became, shown or not */
  begun(conversation) {
    this.#known.set(conversation, { ...PLAIN, ...(this.#new ?? this.#defaults) });
    this.#new = null;
    this.#on.changed();
  }

  /** @returns {Options | null} what was chosen for the shown new chat, taken out: it goes into the temporary one, or back */
  lift() {
    const asked = this.#chosen;
    this.#chosen = null;
    return asked;
  }

  /** @param {Options | null} asked that was lifted elsewhere */
  lay(asked) {
    this.#chosen = asked;
    this.#on.changed();
  }

  /** @returns {Options} of what is shown */
  get options() {
    const asked = this.#shown === null ? (this.#chosen ?? this.#defaults) : this.#known.get(this.#shown);
    return { ...PLAIN, ...asked };
  }

  /** @returns {string} why nothing can be changed just now, or "" */
  get refusal() {
    const isHere = this.#shown === null || this.#known.has(this.#shown);
    return isHere ? "" : gettext("This conversation is not here yet. Please try again when it is.");
  }

  /** @returns {boolean} whether it is a new chat */
  get isNew() {
    return this.#shown === null;
  }

  /** @returns {Options | undefined} what the first message takes along; undefined while nothing but the defaults is asked */
  get forNew() {
    return this.#new ? { ...PLAIN, ...this.#new } : undefined;
  }

  /** @returns {string} the model that answers here */
  get model() {
    return this.options.model || this.default || this.#model.name;
  }

  /** @returns {boolean | null} whether it reads pictures; null where nobody knows */
  get images() {
    const { model } = this;
    return this.models?.find(({ id }) => id === model)?.images ?? (model === this.#model.name ? this.#model.images : null);
  }

  /**
   * From now on this is asked.
   * @param {Partial<Options>} changes
   * @returns {Promise<string>} why not, or "" when the server has it
   */
  save(changes) {
    const options = { ...this.options, ...changes };
    if (this.#shown === null) {
      this.lay(options);
    }
    if (this.#shown === null || this.refusal) {
      return Promise.resolve(this.refusal);
    }
    this.#settle(gettext("Something newer was saved instead."));
    if (!this.#tell({ type: "configure", conversation: this.#shown, options })) {
      return Promise.resolve(gettext("Brook is not connected just now, so this was not saved. Please try again when it is."));
    }
    return new Promise((resolve) => {
      this.#saving = { conversation: this.#shown, resolve };
    });
  }

  /** @returns {boolean} whether the server could be asked which models there are */
  askForModels() {
    return this.#tell({ type: "models" });
  }

  /** The connection is gone: nobody knows whether what was on its way arrived. */
  disconnected() {
    this.#settle(gettext("The connection was lost. Please save again when it is back."));
  }

  /** @param {object} event one of docs/protocol.md; after the shown conversation has taken it */
  receive(event) {
    this.#events[event.type]?.(event);
  }

  #events = {
    welcome: (event) => this.#welcomed(event),
    transcript: ({ conversation }) => conversation && this.#learn(conversation),
    conversation: (summary) => this.#learn(summary),
    models: (event) => this.#modelsCame(event),
    error: ({ command, message }) => command === "configure" && this.#settle(message),
  };

  #welcomed({ model, defaults }) {
    this.#model = model;
    this.#defaults = defaults ?? null;
    this.#on.changed();
  }

  #learn({ id, options }) {
    if (!options) {
      return;
    }
    this.#known.set(id, options);
    if (id === this.#saving?.conversation) {
      this.#settle("");
    }
    this.#on.changed();
    if (id === this.#shown && options.model && !this.models) {
      this.askForModels(); // does it read pictures?
    }
  }

  #modelsCame({ models, default: first }) {
    this.models = models;
    this.default = first ?? "";
    this.#on.changed();
  }

  get #chosen() {
    return this.#temporary ? this.#passing : this.#new;
  }

  set #chosen(options) {
    if (this.#temporary) {
      this.#passing = options;
    } else {
      this.#new = options;
    }
  }

  #settle(words) {
    const saving = this.#saving;
    this.#saving = null;
    saving?.resolve(words);
  }
}
