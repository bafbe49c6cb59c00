// Which way leads to the server: a WebSocket, or plain HTTP where something on the way forbids WebSockets. Makes the
// lines and remembers what was learnt; when to connect is the connection's matter.

const REFUSALS = 2;
const ANSWER_WITHIN = 10_000;

export class Ways {
  #socket;
  #http;
  #refusals = 0;
  #probe = null;
  #blocked = false;

  /**
   * @param {object} options each makes a line, which has `say`, `close`, `onevent` and `onclose`
   * @param {() => import("./socket-line.js").SocketLine} options.socket
   * @param {() => import("./http-line.js").HttpLine} options.http
   */
  constructor({ socket, http }) {
    this.#socket = socket;
    this.#http = http;
  }

  /** Whether WebSockets do not get through. */
  get blocked() {
    return this.#blocked;
  }

  /** @returns {object} a line, by the way that is to be tried now */
  open() {
    return this.#blocked ? this.#http() : this.#socket();
  }

  /** The way leads there, or the server is away: nothing was refused. */
  absolve() {
    this.#refusals = 0;
  }

  /**
   * The server is there, and yet the line did not come about. Once may be chance; twice in a row it is the way.
   * @returns {boolean} whether the other way is to be tried now
   */
  refuse() {
    this.#refusals += 1;
    if (this.#refusals < REFUSALS) {
      return false;
    }
    this.#refusals = 0;
    this.#blocked = !this.#blocked;
    return true;
  }

  /**
   * Looks whether a WebSocket gets through by now, beside the line in use.
   * @param {(line: object, welcome: object) => void} through it did
   */
  probe(through) {
    if (!this.#blocked || this.#probe) {
      return;
    }
    const line = this.#socket();
    const timer = setTimeout(() => this.rest(), ANSWER_WITHIN);
    this.#probe = { line, timer };
    line.onclose = () => this.rest();
    line.onevent = (event) => {
      if (event?.type === "welcome") {
        clearTimeout(timer);
        this.#probe = null;
        this.#blocked = false;
        through(line, event);
      }
    };
  }

  /** Looks no further. */
  rest() {
    const probe = this.#probe;
    this.#probe = null;
    clearTimeout(probe?.timer);
    probe?.line.close();
  }
}
