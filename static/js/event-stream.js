// The body of GET /events/ as the events in it. The server writes each one as a single `data:` line; what else an event
// stream may hold is passed over.

/**
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<object>} ends when the body ends; throws when it breaks
 */
export async function* eventsOf(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const lines = (rest + decoder.decode(read.value, { stream: true })).split(/\r\n|\n|\r/);
      rest = lines.pop();
      yield* lines.map(eventIn).filter((event) => event !== null);
    }
  } finally {
    reader.cancel().catch(() => {}); // it may have broken already
  }
}

function eventIn(line) {
  return line.startsWith("data:") ? JSON.parse(line.slice(5)) : null;
}
