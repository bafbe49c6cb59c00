// A line to the server by plain HTTP, for where something on the way forbids WebSockets: commands go as POST requests,
// events come as the body of one GET that does not end. Knows no retry. See docs/protocol.md, "Without a WebSocket".

import { LOGGED_OUT, LOST, RESTARTING, TOO_MANY } from "./backoff.js";
import { eventsOf } from "./event-stream.js";
import { heard } from "./heard.js";
import { fill, gettext } from "./words.js";

const PONG_EVERY = 15_000; // the server's, in a quiet stream
const SILENCE = 2 * PONG_EVERY;

export class HttpLine {
  /** @type {(event: object) => void} */
  onevent = () => {};
  /** @type {(code: number) => void} as a WebSocket would have been closed */
  onclose = () => {};
  #addresses;
  #token;
  #fetch;
  #stream = null;
  #conversation = null;
  #heardAt = 0;
  #heardOf = new Set();
  #farewell = RESTARTING;
  #silence = 0;

  /**
   * @param {object} options
   * @param {string} options.events the address of the stream
   * @param {string} options.commands the address for commands
   * @param {string} options.token of a form, which proves that a command comes from our page
   * @param {typeof globalThis.fetch} [options.fetch]
   */
  constructor({ events, commands, token, fetch = (...request) => globalThis.fetch(...request) }) {
    this.#addresses = { events, commands };
    this.#token = token;
    this.#fetch = fetch;
    this.#follow({ conversation: null }); // its `welcome` is the start; what is to be shown is said after it
  }

  /** @param {object} command */
  say(command) {
    const silently = { open: () => this.#follow(command), ping: () => this.#pong(), ack: () => {} };
    (silently[command.type] ?? (() => this.#post(command)))();
  }

  close() {
    clearTimeout(this.#silence);
    const stream = this.#stream;
    this.#stream = null;
    stream?.abort();
  }

  // Events

  async #follow({ conversation, generation, cursor }) {
    this.close();
    const stream = new AbortController();
    this.#stream = stream;
    this.#conversation = conversation;
    this.#heardOf.clear();
    this.#alive();
    const code = await this.#read(stream, query({ conversation, generation, cursor })).catch(() => LOST);
    if (stream === this.#stream) {
      this.#end(code);
    }
  }

  async #read(stream, search) {
    const request = { signal: stream.signal, redirect: "manual", cache: "no-store" };
    const response = await this.#fetch(`${this.#addresses.events}${search}`, request);
    if (response.type === "opaqueredirect") {
      return LOGGED_OUT;
    }
    for await (const event of eventsOf(response.body)) {
      if (stream !== this.#stream) {
        break;
      }
      this.#hear(event);
    }
    return response.ok ? this.#farewell : LOST;
  }

  #hear(event) {
    this.#alive();
    this.#heardOf.add(event.message?.client_id);
    if (event.type === "error" && event.code === "too_many_tabs") {
      this.#farewell = TOO_MANY;
    }
    this.onevent(heard(event));
  }

  #alive() {
    this.#heardAt = Date.now();
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#end(LOST), SILENCE);
  }

  // There is nobody to ask. A stream that spoke within the server's beat lives; one that did not is left to answer.
  #pong() {
    if (Date.now() - this.#heardAt <= PONG_EVERY && globalThis.navigator?.onLine !== false) {
      this.onevent({ type: "pong" });
    }
  }

  #end(code) {
    if (this.#stream) {
      this.close();
      this.onclose(code);
    }
  }

  // Commands

  async #post(command) {
    try {
      const response = await this.#fetch(this.#addresses.commands, {
        method: "POST",
        body: JSON.stringify(command),
        headers: { "Content-Type": "application/json", "X-CSRFToken": this.#token },
        redirect: "manual",
      });
      await this.#answered(command, response);
    } catch {
      this.#end(LOST); // nobody knows whether it arrived: it is said again on the next line
    }
  }

  async #answered(command, response) {
    if (response.type === "opaqueredirect") {
      this.#end(LOGGED_OUT);
    } else if (response.headers.get("Content-Type")?.startsWith("application/json")) {
      (await response.json()).forEach((event) => this.#answer(command, event));
    } else if (response.status >= 500) {
      this.#end(LOST);
    } else {
      this.onevent(refused(command, response.status));
    }
  }

  #answer(command, event) {
    if (!this.#stream) {
      return;
    }
    if (event.type !== "transcript") {
      this.onevent(heard(event));
      this.#begun(event);
      return;
    }
    const { id } = event.conversation;
    const begins = command.conversation === null && this.#conversation === null;
    // A stream that told of it already may be ahead of this transcript, which would take shown text away.
    if (id !== this.#conversation || !this.#heardOf.has(command.client_id)) {
      this.onevent(heard(event));
    }
    if (begins) {
      this.#follow({ conversation: id });
    }
  }

  // The answer to `ask` belongs to no conversation: its text comes by a stream of its own.
  #begun({ type, conversation, message }) {
    if (type === "message" && conversation === null && this.#conversation === null) {
      const { id, cursor } = message.generation;
      this.#follow({ conversation: null, generation: id, cursor });
    }
  }
}

function query(fields) {
  const given = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  return given.length > 0 ? `?${new URLSearchParams(given)}` : "";
}

function refused({ type, client_id: clientId }, status) {
  const message = fill(gettext("This was not accepted on its way to Brook (HTTP {status}). Reloading the page may help."), { status });
  return { type: "error", code: "bad_command", message, command: type, client_id: clientId ?? null };
}
