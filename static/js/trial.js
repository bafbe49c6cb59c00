// One small question to the model, to see whether and how quickly it answers: asked as a temporary chat is, kept nowhere,
// and stopped after some words. And whether its server lists its models. See docs/protocol.md, "The temporary chat".

import { uuid } from "./uuid.js";

const QUESTION = "Say hello in five words.";
const ENOUGH = 60; // characters of the answer
const TOKENS = 60;

export class Trial {
  /** Milliseconds since the question; null while it has not happened. */
  times = { answered: null, first: null, last: null };
  text = "";
  phase = "";
  /** @type {string | null} why the list of models could not be had, or ""; null while it is awaited */
  unlisted = null;
  /** @type {{status: string, words: string} | null} */
  end = null;
  #line;
  #now;
  #began;
  #clientId = uuid();
  #generation = null;
  #changed = () => {};

  /**
   * @param {object} line one that has said `welcome`
   * @param {() => number} [now] milliseconds
   */
  constructor(line, now = () => performance.now()) {
    this.#line = line;
    this.#now = now;
  }

  /** Asks. What becomes of it is told to whoever waits in `until`. */
  ask() {
    this.#line.onevent = (event) => this.#hear(event);
    this.#line.onclose = () => this.#over("lost", "");
    this.#began = this.#now();
    this.#line.say({
      type: "ask",
      client_id: this.#clientId,
      messages: [{ role: "user", content: QUESTION }],
      options: { max_tokens: TOKENS },
    });
    this.#line.say({ type: "models" });
  }

  /**
   * @param {() => boolean} happened looked at whenever something was heard
   * @param {number} within milliseconds
   * @returns {Promise<boolean>} whether it has happened, or the end came first
   */
  async until(happened, within) {
    const isOver = () => happened() || this.end !== null;
    const deadline = this.#now() + within;
    while (!isOver() && this.#now() < deadline) {
      await this.#news(deadline - this.#now());
    }
    return isOver();
  }

  /** Wants no more of it. */
  stop() {
    if (this.#generation && !this.end) {
      this.#line.say({ type: "cancel", generation: this.#generation });
    }
  }

  #news(within) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(1, within));
      this.#changed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #hear(event) {
    const heard = {
      models: () => (this.unlisted = event.trouble),
      message: () => this.#begin(event),
      position: () => this.#moved(event),
      delta: () => this.#grow(event),
      finished: () => this.#finish(event),
      error: () => event.client_id === this.#clientId && this.#over("refused", event.message),
    };
    heard[event?.type]?.();
    this.#changed();
  }

  #begin({ conversation, message }) {
    if (conversation === null && message.parent === this.#clientId) {
      this.#generation = message.generation.id;
    }
  }

  #moved({ generation, phase }) {
    if (generation === this.#generation) {
      this.phase = phase;
      if (phase === "thinking" || phase === "writing") {
        this.times.answered ??= this.#passed();
      }
    }
  }

  #grow({ generation, to, parts }) {
    if (generation !== this.#generation) {
      return;
    }
    const passed = this.#passed();
    this.times.answered ??= passed;
    this.times.first ??= passed;
    this.times.last = passed;
    this.text += parts.map(({ text }) => text).join("");
    this.#line.say({ type: "ack", generation, cursor: to });
    if (this.text.length >= ENOUGH) {
      this.stop();
    }
  }

  #finish({ generation, status, error }) {
    if (generation === this.#generation) {
      if (status === "complete") {
        this.times.answered ??= this.#passed(); // without a word before
      }
      this.#over(status, error?.message ?? "");
    }
  }

  #over(status, words) {
    this.end ??= { status, words };
    this.#changed();
  }

  #passed() {
    return this.#now() - this.#began;
  }
}
