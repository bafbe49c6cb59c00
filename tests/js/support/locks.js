// What navigator.locks of all tabs of a browser have in common.
export class Locks {
  #held = new Map();
  #waiting = [];

  async request(name, { signal, ifAvailable = false }, work) {
    if (this.#held.has(name)) {
      if (ifAvailable) {
        return work(null);
      }
      await this.#turn(name, signal);
    }
    const lock = { name };
    this.#held.set(name, lock);
    try {
      return await work(lock);
    } finally {
      this.free(name);
    }
  }

  /** The page that held it is gone. */
  free(name) {
    this.#held.delete(name);
    const next = this.#waiting.findIndex((waiting) => waiting.name === name);
    this.#waiting.splice(next, next < 0 ? 0 : 1).forEach(({ go }) => go());
  }

  #turn(name, signal) {
    const awake = setInterval(() => {}, 1_000); // a signal's time alone keeps no test running
    return new Promise((go, reject) => {
      this.#waiting.push({ name, go });
      signal.addEventListener("abort", () => {
        this.#waiting = this.#waiting.filter((waiting) => waiting.go !== go);
        reject(signal.reason);
      });
    }).finally(() => clearInterval(awake));
  }
}
