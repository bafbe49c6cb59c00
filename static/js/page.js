// What of the page is not the transcript, the composer or the list: address, title, the empty pages, the model's name,
// the words about the connection, the notices, and the status line.

import { addressOf } from "./address.js";
import { Notices } from "./notices.js";
import { connectionWords } from "./states.js";
import { StatusLine } from "./status-line.js";
import { fill, gettext } from "./words.js";

const BEFORE_WORDS = 1_000;

export class Page {
  #parts = {};
  #sidebar;
  #topbar;
  #on;
  #status;
  #notices;
  #shell;
  #current = null;
  #title = "";
  #blank = "";
  #later = 0;
  #model = { name: "", provider: "", note: "" };

  /**
   * @param {HTMLElement} shell
   * @param {object} options
   * @param {import("./sidebar.js").Sidebar} options.sidebar
   * @param {import("./topbar.js").Topbar} options.topbar
   * @param {object} options.on `welcomed(event)`, `gone(id)`, `told(id, isBack)`: the server told something of this
   *     conversation; it `isBack` if it is shown here as deleted
   */
  constructor(shell, { sidebar, topbar, on }) {
    for (const hook of ["welcome", "missing", "deleted", "title", "connection", "model-name", "model-note", "model-trouble"]) {
      this.#parts[hook] = shell.querySelector(`[data-${hook}]`);
    }
    this.#shell = shell;
    this.#status = new StatusLine(shell.querySelector("[data-status-line]"));
    this.#notices = new Notices(shell.querySelector("[data-notices]"));
    this.#sidebar = sidebar;
    this.#topbar = topbar;
    this.#on = on;
  }

  /** @param {string} id a new chat became this conversation */
  address(id) {
    history.pushState(null, "", addressOf(id));
  }

  /** @param {string | null} id the shown conversation */
  current(id) {
    this.#sidebar.current = id;
    this.#current = id;
    this.#notices.show(id);
    this.#name(id && this.#sidebar.title(id));
    this.#topbar.show(id);
    this.announce("");
  }

  /**
   * @param {{id: string, title: string, updated: string, generating: boolean, pinned: boolean, archived: boolean}} summary
   * @param {string | null} shown
   */
  summary(summary, shown) {
    this.#sidebar.update(summary);
    this.#on.told(summary.id, summary.id === shown && ["deleted", "missing"].includes(this.#blank));
    if (summary.id === shown) {
      this.#sidebar.current = shown;
      this.#name(summary.title || gettext("Untitled"));
      this.#topbar.take(summary);
    }
  }

  /**
   * @param {string} id a conversation that is gone
   * @param {string | null} shown
   */
  deleted(id, shown) {
    this.#sidebar.remove(id);
    this.#on.gone(id);
    if (id === shown) {
      this.#name("");
      this.#topbar.gone();
    }
  }

  /** @param {{conversation: string, message: string}} event `notice` */
  notice(event) {
    this.#notices.say(event);
  }

  /** @param {{model: {name: string, provider: string, note: string}, limits: object}} event */
  welcomed(event) {
    this.#model = event.model;
    this.model(event.model.name);
    this.#parts["model-trouble"].hidden = Boolean(event.model.name);
    this.#on.welcomed(event);
  }

  /** @param {string} name of the model that answers what is sent from here */
  model(name) {
    this.#parts["model-name"].textContent = name;
    this.#parts["model-note"].textContent = [introduction({ ...this.#model, name }), this.#model.note].filter(Boolean).join(" ");
    this.#parts["model-note"].hidden = !this.#parts["model-note"].textContent;
  }

  /** @param {"" | "welcome" | "missing" | "deleted"} which of the empty pages to show, if any */
  blank(which) {
    for (const name of ["welcome", "missing", "deleted"]) {
      this.#parts[name].hidden = name !== which;
    }
    this.#blank = which;
    if (which === "missing") {
      this.#topbar.gone();
    }
    this.#head();
  }

  /**
   * @param {string} state of the connection; words appear only if it does not pass at once
   * @param {string} reason the server's own words
   */
  connection(state, reason) {
    clearTimeout(this.#later);
    const words = connectionWords(state, reason);
    const wait = state === "connecting" && words ? BEFORE_WORDS : 0;
    this.#later = setTimeout(() => this.#say(words, state), wait);
  }

  /** @param {string} words */
  announce(words) {
    this.#status.announce(words);
  }

  #say(words, state) {
    const element = this.#parts.connection;
    element.querySelector("[data-part=words]").textContent = words;
    element.querySelector("[data-action=reload]").hidden = state !== "outdated";
    element.hidden = words === "";
  }

  #name(title) {
    this.#title = title || "";
    document.title = title ? `${title} · Brook` : "Brook";
    this.#head();
  }

  // A chat without a title has a heading too; an empty page brings its own.
  #head() {
    const isUnnamed = this.#current === null && !this.#blank;
    this.#parts.title.textContent = this.#title || (isUnnamed ? this.#kind() : "");
    this.#parts.title.hidden = !this.#parts.title.textContent;
  }

  #kind() {
    return this.#shell.hasAttribute("data-temporary") ? gettext("Temporary chat") : gettext("New chat");
  }
}

function introduction({ name, provider }) {
  return name ? fill(gettext("The model that answers is {model}, on {provider}."), { model: name, provider }) : "";
}
