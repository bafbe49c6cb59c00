// Work in slices: as much at once as nobody notices, and the rest when the browser had its turn. One for the whole page, so
// that five hundred messages together are as quick and as polite as one.

const SLICE = 8; // milliseconds; a frame has 16

/** What a job says when there is more to do, but the browser has to lay out much of what was done. */
export const LATER = "later";

class Slices {
  #jobs = new Set();
  #until = 0;
  #channel = new MessageChannel(); // unlike a timer, it is not held up in a hidden tab

  constructor() {
    this.#channel.port1.onmessage = () => {
      this.#until = 0;
      this.#run();
    };
  }

  /** @param {() => boolean | "later"} job does a little, and says whether there is more; asked again, it is the same job */
  request(job) {
    this.#jobs.add(job);
    this.#run();
  }

  #run() {
    if (this.#jobs.size > 0 && this.#until === 0) {
      this.#until = performance.now() + SLICE;
      this.#channel.port2.postMessage(null);
    }
    for (const job of [...this.#jobs]) {
      this.#jobs.delete(job);
      if (this.#do(job)) {
        this.#jobs.add(job);
      }
    }
  }

  #do(job) {
    let more = true;
    while (more && more !== LATER && performance.now() < this.#until) {
      more = job();
    }
    return more;
  }
}

export const slices = new Slices();
