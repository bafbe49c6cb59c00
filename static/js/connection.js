// The tab's connection, kept alive: connects, says when it is usable, and comes back by itself after every loss.
// Knows events, not conversations: what to say after a reconnect is the chat's matter. See docs/protocol.md.

import { afterLoss, LOGGED_OUT, LOST, RESTARTING, SILENT, TOO_MANY } from "./backoff.js";
import { Pulse } from "./pulse.js";

const WELCOME_WITHIN = 8_000;
const TRY_ANEW_AFTER = 3_000;
const PROBE_EVERY = 300_000;
const STEADY_AFTER = 10_000;
const PROTOCOL = 2; // the version that this script speaks: chat/live/protocol/
const TRIES_BEFORE_ASKING = 2;
const BY_THE_SERVER = new Set([SILENT, TOO_MANY, RESTARTING]);

export class Connection {
  #ways;
  #on;
  #random;
  #line = null;
  #welcome = false;
  #state = "closed";
  #triedAt = 0;
  #openedAt = 0;
  #failures = 0;
  #unanswered = 0;
  #refusal = "";
  #timers = {};
  #pulse = new Pulse({ ping: () => this.send({ type: "ping" }), dead: () => this.#lost(this.#line, LOST) });

  /**
   * @param {object} options
   * @param {import("./ways.js").Ways} options.ways
   * @param {object} options.on
   * @param {(event: object) => void} options.on.event every event, `welcome` first
   * @param {(state: string, words: string) => void} options.on.state one of `connectionWords` in states.js, and the
   *     server's own words if it gave any
   * @param {() => void} options.on.loggedOut
   * @param {() => Promise<"reachable" | "logged out" | "unreachable">} options.on.doubt asked after refused tries: a
   *     browser does not tell a page why a handshake failed
   * @param {() => number} [options.random]
   */
  constructor({ ways, on, random = Math.random }) {
    this.#ways = ways;
    this.#on = on;
    this.#random = random;
  }

  get online() {
    return this.#state === "open" || this.#state === "fallback";
  }

  /** Connects now, whatever the backoff says; does nothing if there is a line already. */
  connect() {
    if (this.#line || this.#state === "outdated") {
      return;
    }
    clearTimeout(this.#timers.retry);
    if (this.#state === "closed") {
      this.#become("connecting");
    }
    this.#refusal = "";
    this.#triedAt = Date.now();
    this.#take(this.#ways.open());
    this.#pulse.expect(WELCOME_WITHIN);
  }

  /** For when the network or the tab came back: connect at once, or make sure that the line is not dead. */
  wake() {
    if (this.online) {
      this.#pulse.doubt();
    } else if (!this.#line || Date.now() - this.#triedAt >= TRY_ANEW_AFTER) {
      this.#failures = 0;
      this.#drop();
      this.connect();
    }
  }

  /** For when the way may be another than before: looks whether a WebSocket gets through by now. */
  probe() {
    this.#ways.probe((line, welcome) => this.#change(line, welcome));
  }

  /**
   * For when nobody looks: plain HTTP holds one of the few connections that a browser makes to a server.
   * @returns {boolean} whether it was given up
   */
  rest() {
    const holds = this.#state === "fallback";
    if (holds) {
      this.close();
    }
    return holds;
  }

  /**
   * @param {object} command
   * @returns {boolean} false if there is no connection to say it to
   */
  send(command) {
    if (!this.online) {
      return false;
    }
    this.#line.say(command);
    return true;
  }

  /** Ends it without coming back: the page is left. */
  close() {
    this.#drop();
    this.#ways.rest();
    clearTimeout(this.#timers.retry);
    this.#become("closed");
  }

  // Events

  #take(line) {
    this.#line = line;
    this.#welcome = false;
    line.onevent = (event) => this.#received(line, event);
    line.onclose = (code) => this.#lost(line, code);
  }

  #received(line, event) {
    if (line !== this.#line) {
      return;
    }
    if (event?.type === "welcome") {
      this.#welcomed(event);
    } else if (this.online) {
      this.#pulse.felt();
      if (event && event.type !== "pong") {
        this.#on.event(event);
      }
    }
    if (event?.type === "error") {
      this.#refusal = event.message;
    }
  }

  // Over HTTP every stream begins with one, by a server that may be another than before: the version is looked at anew.
  #welcomed(event) {
    if (event.protocol !== PROTOCOL) {
      this.#drop();
      this.#become("outdated");
    } else if (!this.#welcome) {
      this.#opened();
      this.#on.event(event);
    }
  }

  #opened() {
    this.#welcome = true;
    this.#pulse.start();
    this.#ways.absolve();
    this.#unanswered = 0;
    this.#openedAt = Date.now();
    this.#timers.probe = setInterval(() => this.probe(), PROBE_EVERY);
    this.#become(this.#ways.blocked ? "fallback" : "open");
  }

  // The probe has found the better way: what was on its way by the other one is asked for anew.
  #change(line, welcome) {
    if (this.#state === "closed" || this.#state === "outdated") {
      line.close();
      return;
    }
    this.#drop();
    clearTimeout(this.#timers.retry);
    this.#take(line);
    this.#received(line, welcome);
  }

  // Losses

  #lost(line, code) {
    if (line !== this.#line) {
      return;
    }
    const wasOpen = this.online;
    this.#drop();
    if (code === LOGGED_OUT) {
      this.#become("closed");
      this.#on.loggedOut();
      return;
    }
    if (wasOpen && Date.now() - this.#openedAt >= STEADY_AFTER) {
      this.#failures = 0;
    }
    this.#retry(code, wasOpen);
    this.#wonder(code, wasOpen);
  }

  #retry(code, wasOpen) {
    const { state, wait } = afterLoss(code, this.#failures, this.#random);
    if (wasOpen || this.#state === "connecting" || state === "limited") {
      this.#become(state, state === "limited" ? this.#refusal : "");
    }
    this.#timers.retry = setTimeout(() => this.connect(), wait);
    this.#failures += 1;
  }

  #wonder(code, wasOpen) {
    if (wasOpen || BY_THE_SERVER.has(code)) {
      return;
    }
    this.#unanswered += 1;
    if (this.#unanswered >= TRIES_BEFORE_ASKING) {
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
      this.#refused();
    } else {
      this.#ways.absolve();
      this.#become(globalThis.navigator?.onLine === false ? "offline" : "unreachable");
    }
  }

  #refused() {
    if (this.#ways.refuse()) {
      this.#drop();
      this.connect();
    }
  }

  #drop() {
    this.#pulse.stop();
    clearInterval(this.#timers.probe);
    const line = this.#line;
    this.#line = null;
    line?.close();
  }

  #become(state, words = "") {
    if (state !== this.#state || words) {
      this.#state = state;
      this.#on.state(state, words);
    }
  }
}
