// Whether the other end still lives: asks now and then, and any frame is an answer. Without one in time the connection
// is dead, whatever the browser believes.

const PING_EVERY = 20_000;
const PONG_WITHIN = 10_000;
const PONG_WITHIN_WHEN_DOUBTED = 3_000;

export class Pulse {
  #ping;
  #dead;
  #beat = 0;
  #patience = 0;

  /**
   * @param {object} on
   * @param {() => void} on.ping asks the other end for a sign of life
   * @param {() => void} on.dead none came in time
   */
  constructor({ ping, dead }) {
    this.#ping = ping;
    this.#dead = dead;
  }

  /** There is somebody to ask. */
  start() {
    this.felt();
    this.#beat = setInterval(() => this.#ask(PONG_WITHIN), PING_EVERY);
  }

  stop() {
    this.felt();
    clearInterval(this.#beat);
  }

  /** Something was heard. */
  felt() {
    clearTimeout(this.#patience);
  }

  /** The other end may have gone unnoticed: makes sure of it now. */
  doubt() {
    this.#ask(PONG_WITHIN_WHEN_DOUBTED);
  }

  /** @param {number} within milliseconds in which something must be heard */
  expect(within) {
    this.felt();
    this.#patience = setTimeout(() => this.#dead(), within);
  }

  #ask(within) {
    this.expect(within);
    this.#ping();
  }
}
