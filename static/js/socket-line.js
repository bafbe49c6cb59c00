// A line to the server by WebSocket: says commands, hears events. Knows no retry; see ways.js for the other kind.

import { heard } from "./heard.js";

export class SocketLine {
  /** @type {(event: object | null) => void} null: a frame that cannot be read, but a sign of life */
  onevent = () => {};
  /** @type {(code: number) => void} */
  onclose = () => {};
  #socket;

  /**
   * @param {string} url
   * @param {typeof globalThis.WebSocket} [WebSocket]
   */
  constructor(url, WebSocket = globalThis.WebSocket) {
    this.#socket = new WebSocket(url);
    this.#socket.onmessage = ({ data }) => this.onevent(heard(parse(data)));
    this.#socket.onclose = ({ code }) => this.onclose(code);
  }

  /** @param {object} command */
  say(command) {
    this.#socket.send(JSON.stringify(command));
  }

  close() {
    this.#socket.close();
  }
}

function parse(data) {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}
