import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { SocketLine } from "../../static/js/socket-line.js";

class Socket {
  sent = [];
  closed = false;

  constructor(url) {
    this.url = url;
    socket = this;
  }

  send(text) {
    this.sent.push(text);
  }

  close() {
    this.closed = true;
  }
}

let socket;
let line;
let heard;

beforeEach(() => {
  heard = [];
  line = new SocketLine("ws://brook.test/ws/", Socket);
  line.onevent = (event) => heard.push(event);
  line.onclose = (code) => heard.push(code);
});

test("a command travels as one JSON object in a text frame", () => {
  line.say({ type: "ping" });
  assert.equal(socket.url, "ws://brook.test/ws/");
  assert.deepEqual(socket.sent, ['{"type":"ping"}']);
});

test("a frame is heard as the event in it, and the end with its code", () => {
  socket.onmessage({ data: '{"type":"pong"}' });
  socket.onclose({ code: 1012 });
  assert.deepEqual(heard, [{ type: "pong" }, 1012]);
});

test("a frame that is not JSON is a sign of life and no event", () => {
  socket.onmessage({ data: "{" });
  assert.deepEqual(heard, [null]);
});

test("closing closes the socket", () => {
  line.close();
  assert.equal(socket.closed, true);
});
