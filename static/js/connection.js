// One WebSocket per tab, kept alive: connects, says when it is usable, and comes back by itself after every loss.
// Knows frames, not conversations: what to say after a reconnect is the chat's matter. See docs/protocol.md.

import { backoff } from "./backoff.js";

const PING_EVERY = 20_000;
const PONG_WITHIN = 10_000;
const PONG_WITHIN_WHEN_DOUBTED = 3_000;
const WELCOME_WITHIN = 15_000;
const LOGGED_OUT = 4401;
const PROTOCOL = 1; // the version that this script speaks: chat/live/protocol.py
const TRIES_BEFORE_ASKING = 2;

export class Connection {
  #url;
  #on;
  #WebSocket;
  #random;
  #socket = null;
  #state = "closed";
  #failures = 0;
  #timers = {};

  /**
   * @param {object} options
   * @param {string} options.url
   * @param {object} options.on
   * @param {(event: object) => void} options.on.event every event, `welcome` first
   * @param {(state: string) => void} options.on.state one of `connectionWords` in states.js
   * @param {() => void} options.on.loggedOut
   * @param {() => Promise<"reachable" | "logged out" | "unreachable">} options.on.doubt asked after refused tries: a
   *     browser does not tell a page why a handshake failed
   * @param {typeof WebSocket} [options.WebSocket]
   * @param {() => number} [options.random]
   */
  constructor({ url, on, WebSocket = globalThis.WebSocket, random = Math.random }) {
    this.#url = url;
    this.#on = on;
    this.#WebSocket = WebSocket;
    this.#random = random;
  }

  get online() {
    return this.#state === "open";
  }

  /** Connects now, whatever the backoff says; does nothing if there is a socket already. */
  connect() {
    if (this.#socket || this.#state === "outdated") {
      return;
    }
    clearTimeout(this.#timers.retry);
    if (this.#state === "closed") {
      this.#become("connecting");
    }
    const socket = new this.#WebSocket(this.#url);
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#received(socket, data);
    socket.onclose = ({ code }) => this.#lost(socket, code);
    this.#expect(WELCOME_WITHIN);
  }

  /** For when the network or the tab came back: connect at once, or make sure that the socket is not dead. */
  wake() {
    if (!this.#socket) {
      this.#failures = 0;
      this.connect();
    } else if (this.online) {
      this.#ping(PONG_WITHIN_WHEN_DOUBTED);
    }
  }

  /**
   * @param {object} command
   * @returns {boolean} false if there is no connection to say it to
   */
  send(command) {
    if (!this.online) {
      return false;
    }
    this.#socket.send(JSON.stringify(command));
    return true;
  }

  /** Ends it without coming back: the page is left. */
  close() {
    this.#drop();
    clearTimeout(this.#timers.retry);
    this.#become("closed");
  }

  #received(socket, data) {
    if (socket !== this.#socket) {
      return;
    }
    clearTimeout(this.#timers.dead);
    const event = parse(data);
    if (event?.type === "welcome") {
      this.#welcomed(event);
    }
    if (event && this.online && event.type !== "pong") {
      this.#on.event(event);
    }
  }

  #welcomed(event) {
    if (event.protocol !== PROTOCOL) {
      this.#drop();
      this.#become("outdated");
      return;
    }
    this.#failures = 0;
    this.#timers.ping = setInterval(() => this.#ping(PONG_WITHIN), PING_EVERY);
    this.#become("open");
  }

  #ping(patience) {
    if (this.send({ type: "ping" })) {
      this.#expect(patience);
    }
  }

  // Any frame is a sign of life; without one in time the connection is dead, whatever the browser believes.
  #expect(patience) {
    clearTimeout(this.#timers.dead);
    const socket = this.#socket;
    this.#timers.dead = setTimeout(() => this.#lost(socket, 0), patience);
  }

  #lost(socket, code) {
    if (socket !== this.#socket) {
      return;
    }
    const wasOpen = this.online;
    this.#drop();
    if (code === LOGGED_OUT) {
      this.#become("closed");
      this.#on.loggedOut();
      return;
    }
    if (wasOpen || this.#state === "connecting") {
      this.#become("offline");
    }
    this.#timers.retry = setTimeout(() => this.connect(), backoff(this.#failures, this.#random));
    this.#failures += 1;
    if (this.#failures >= TRIES_BEFORE_ASKING) {
      this.#ask();
    }
  }

  async #ask() {
    const answer = await this.#on.doubt();
    if (this.online || this.#state === "closed" || this.#state === "outdated") {
      return;
    }
    if (answer === "logged out") {
      this.close();
      this.#on.loggedOut();
    } else if (answer === "reachable") {
      this.#become("refused");
    } else {
      this.#become(globalThis.navigator?.onLine === false ? "offline" : "unreachable");
    }
  }

  #drop() {
    clearInterval(this.#timers.ping);
    clearTimeout(this.#timers.dead);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #become(state) {
    if (state !== this.#state) {
      this.#state = state;
      this.#on.state(state);
    }
  }
}

function parse(data) {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}
