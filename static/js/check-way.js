// The way that "Is it working?" goes, check by check: each leaves to the next one what it has found, above all a line that is
// open. Knows no page: check-page.js shows it.

import { checkModel, checkSocket, checkSpeed, checkStream, opened } from "./connection-check.js";
import { Trial } from "./trial.js";
import { gettext } from "./words.js";

/** @typedef {import("./findings.js").Finding} Finding */

export class Way {
  #on;
  #line = null;
  #trial = null;
  #name = "";
  #isReachable = false;

  /**
   * @param {object} on
   * @param {() => object} on.socket makes a line
   * @param {() => object} on.http makes one where something on the way forbids the other
   * @param {() => Promise<"reachable" | "logged out" | "unreachable">} on.doubt
   * @param {{address: string, count: number, apart: number}} on.ticks as `checkStream` takes it
   */
  constructor(on) {
    this.#on = on;
  }

  /** @returns {Promise<Finding>} */
  async socket() {
    const { finding, line, welcome, reachable } = await checkSocket(this.#on.socket, this.#on.doubt);
    this.#take(line, welcome);
    this.#isReachable = reachable;
    return finding;
  }

  /** @returns {Promise<Finding>} */
  async stream() {
    return this.#isReachable ? checkStream(this.#on.ticks) : unreachable();
  }

  /** @returns {Promise<Finding>} */
  async model() {
    if (this.#isReachable && !this.#line) {
      const { line, welcome } = await opened(this.#on.http());
      this.#take(welcome && line, welcome);
    }
    if (!this.#line) {
      return unreachable();
    }
    this.#trial = new Trial(this.#line);
    this.#trial.ask();
    return checkModel(this.#trial, this.#name);
  }

  /** @returns {Promise<Finding>} */
  async speed() {
    return this.#trial ? checkSpeed(this.#trial) : unreachable();
  }

  end() {
    this.#trial?.stop();
    this.#line?.close();
  }

  // One that closes before it is needed is none.
  #take(line, welcome) {
    this.#line = line;
    this.#name = welcome?.model.name || gettext("The model’s server");
    if (line) {
      line.onclose = () => (this.#line = null);
    }
  }
}

function unreachable() {
  return { state: "bad", figure: "", words: gettext("Not looked at: there is no way to Brook."), advice: "" };
}
