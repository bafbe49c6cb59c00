// Asks the server while somebody types: not at every key, and only the last answer counts.

const PAUSE = 150;
const ANSWER_WITHIN = 10_000;

export class SearchQuery {
  #address;
  #on;
  #fetch;
  #timer = 0;
  #asked = null; // the last question
  #words = "";

  /**
   * @param {string} address of the search
   * @param {object} on
   * @param {(answer: {words: string, results: object[]}) => void} on.found
   * @param {(reason: "offline" | "refused") => void} on.failed
   * @param {typeof fetch} [fetcher]
   */
  constructor(address, on, fetcher = fetch.bind(globalThis)) {
    this.#address = address;
    this.#on = on;
    this.#fetch = fetcher;
  }

  /**
   * @param {string} text as it stands in the box
   * @returns {boolean} whether something is being asked
   */
  type(text) {
    const words = text.trim();
    if (words === this.#words) {
      return words !== "";
    }
    this.#words = words;
    this.stop();
    if (words) {
      this.#timer = setTimeout(() => this.#ask(words), PAUSE);
    }
    return words !== "";
  }

  /** The same once more, after it failed. */
  again() {
    this.stop();
    this.#ask(this.#words);
  }

  /** Nobody waits any more. */
  stop() {
    clearTimeout(this.#timer);
    this.#asked?.abort();
    this.#asked = null;
  }

  /** Forgets what was asked last, so that the same words are asked anew. */
  clear() {
    this.stop();
    this.#words = "";
  }

  async #ask(words) {
    const asked = new AbortController();
    this.#asked = asked;
    const tooLate = setTimeout(() => asked.abort("late"), ANSWER_WITHIN);
    try {
      const results = await this.#answer(words, asked.signal);
      asked === this.#asked && this.#on.found({ words, results });
    } catch (error) {
      asked === this.#asked && this.#on.failed(error instanceof Refused ? "refused" : "offline");
    } finally {
      clearTimeout(tooLate);
    }
  }

  async #answer(words, signal) {
    const address = `${this.#address}?${new URLSearchParams({ q: words })}`;
    const response = await this.#fetch(address, { headers: { Accept: "application/json" }, redirect: "manual", signal });
    if (!response.ok) {
      throw new Refused();
    }
    return (await response.json()).results;
  }
}

class Refused extends Error {}
