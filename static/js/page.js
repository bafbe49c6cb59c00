// What of the page is not the transcript, the composer or the list: address, title, the empty pages, the model's name,
// the words about the connection, the notices, and the status line.

import { addressOf } from "./address.js";
import { Notices } from "./notices.js";
import { connectionWords } from "./states.js";
import { StatusLine } from "./status-line.js";

const BEFORE_WORDS = 1_000;

export class Page {
  #parts = {};
  #sidebar;
  #on;
  #status;
  #notices;
  #later = 0;

  /**
   * @param {HTMLElement} shell
   * @param {object} options
   * @param {import("./sidebar.js").Sidebar} options.sidebar
   * @param {object} options.on `welcomed(event)`, `follow()`, `editor(row, text, notice)`
   */
  constructor(shell, { sidebar, on }) {
    for (const hook of ["welcome", "missing", "deleted", "title", "connection", "model-name", "model-note"]) {
      this.#parts[hook] = shell.querySelector(`[data-${hook}]`);
    }
    this.#status = new StatusLine(shell.querySelector("[data-status-line]"));
    this.#notices = new Notices(shell.querySelector("[data-notices]"));
    this.#sidebar = sidebar;
    this.#on = on;
  }

  /** @param {string} id a new chat became this conversation */
  address(id) {
    history.pushState(null, "", addressOf(id));
  }

  /** @param {string | null} id the shown conversation */
  current(id) {
    this.#sidebar.current = id;
    this.#notices.show(id);
    this.#title(id && this.#sidebar.title(id));
    this.announce("");
  }

  /**
   * @param {{id: string, title: string, updated: string, generating: boolean}} summary
   * @param {string | null} shown
   */
  summary(summary, shown) {
    this.#sidebar.update(summary);
    if (summary.id === shown) {
      this.#sidebar.current = shown;
      this.#title(summary.title);
    }
  }

  /**
   * @param {string} id a conversation that is gone
   * @param {string | null} shown
   */
  deleted(id, shown) {
    this.#sidebar.remove(id);
    if (id === shown) {
      this.#title("");
    }
  }

  /** @param {{conversation: string, message: string}} event `notice` */
  notice(event) {
    this.#notices.say(event);
  }

  /** @param {{model: {name: string, note: string}, limits: object}} event */
  welcomed(event) {
    this.#parts["model-name"].textContent = event.model.name;
    this.#parts["model-note"].textContent = event.model.note;
    this.#parts["model-note"].hidden = !event.model.note;
    this.#on.welcomed(event);
  }

  /** @param {"" | "welcome" | "missing" | "deleted"} which of the empty pages to show, if any */
  blank(which) {
    for (const name of ["welcome", "missing", "deleted"]) {
      this.#parts[name].hidden = name !== which;
    }
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

  /** Goes to the end of the text, and stays there. */
  follow() {
    this.#on.follow();
  }

  /**
   * @param {object} row
   * @param {string} text
   * @param {string} notice
   */
  editor(row, text, notice) {
    this.#on.editor(row, text, notice);
  }

  #say(words, state) {
    const element = this.#parts.connection;
    element.querySelector("[data-part=words]").textContent = words;
    element.querySelector("[data-action=reload]").hidden = state !== "outdated";
    element.hidden = words === "";
  }

  #title(title) {
    this.#parts.title.textContent = title || "";
    document.title = title ? `${title} · Brook` : "Brook";
  }
}
