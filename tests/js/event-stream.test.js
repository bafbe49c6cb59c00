import assert from "node:assert/strict";
import { test } from "node:test";

import { eventsOf } from "../../static/js/event-stream.js";

const WHOLE = 'data: {"type":"delta","text":"Grüße 👋\u2028"}\n\ndata:{"type":"pong"}\r\n\r\n';
const EVENTS = [{ type: "delta", text: "Grüße 👋\u2028" }, { type: "pong" }];

function bodyOf(...pieces) {
  return new ReadableStream({
    start(controller) {
      pieces.forEach((piece) => controller.enqueue(piece));
      controller.close();
    },
  });
}

async function read(body) {
  const events = [];
  for await (const event of eventsOf(body)) {
    events.push(event);
  }
  return events;
}

test("a body cut at any byte gives the same events", async () => {
  const bytes = new TextEncoder().encode(WHOLE);
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    assert.deepEqual(await read(bodyOf(bytes.slice(0, cut), bytes.slice(cut))), EVENTS, `cut at ${cut}`);
  }
});

test("a body byte by byte gives the same events", async () => {
  const bytes = new TextEncoder().encode(WHOLE);
  assert.deepEqual(await read(bodyOf(...Array.from(bytes, (byte) => Uint8Array.of(byte)))), EVENTS);
});

test("comments and other fields are passed over", async () => {
  const text = ': hello\n\nevent: message\nid: 1\ndata: {"type":"pong"}\n\n';
  assert.deepEqual(await read(bodyOf(new TextEncoder().encode(text))), [{ type: "pong" }]);
});

test("a line without its end is no event", async () => {
  assert.deepEqual(await read(bodyOf(new TextEncoder().encode('data: {"type":"pong"}'))), []);
});

test("who reads no further lets the body go", async () => {
  let cancelled = false;
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(WHOLE)),
    cancel: () => (cancelled = true),
  });
  for await (const event of eventsOf(body)) {
    assert.deepEqual(event, EVENTS[0]);
    break;
  }
  assert.equal(cancelled, true);
});
