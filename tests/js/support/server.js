// The server's end of plain HTTP, which a test speaks for: a `fetch` that remembers what is asked of it.
export class Server {
  streams = [];
  posts = [];

  fetch = (address, request) => (request.method === "POST" ? this.#post(address, request) : this.#stream(address, request));

  get last() {
    return this.streams.at(-1);
  }

  // Each part of what a command is answered with; a function is called for it, and may fail as a network does.
  replies = [];

  async #post(address, { body, headers }) {
    this.posts.push({ address, headers, command: JSON.parse(body) });
    const reply = this.replies.shift() ?? [];
    return typeof reply === "function" ? reply() : answer(reply);
  }

  async #stream(address, { signal }) {
    const stream = new Stream(address, signal);
    this.streams.push(stream);
    return stream.response;
  }
}

class Stream {
  #body;

  constructor(address, signal) {
    this.address = address;
    this.signal = signal;
    this.response = new Response(new ReadableStream({ start: (body) => (this.#body = body) }));
    signal.addEventListener("abort", () => this.#body.error(signal.reason));
  }

  says(...events) {
    const text = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
    this.#body.enqueue(new TextEncoder().encode(text)); // in one piece, as a network may bring it
    return settled();
  }

  ends() {
    this.#body.close();
    return settled();
  }

  breaks() {
    this.#body.error(new TypeError("network error"));
    return settled();
  }
}

export function answer(events, status = 200) {
  return Response.json(events, { status });
}

/** Lets everything that waits for nothing but its turn happen. */
export function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}
