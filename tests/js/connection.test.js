import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Connection } from "../../static/js/connection.js";

let sockets;
let heard;
let answer;
let connection;

class Socket {
  sent = [];
  closed = false;

  constructor(url) {
    this.url = url;
    sockets.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.closed = true;
  }

  says(event) {
    this.onmessage({ data: JSON.stringify(event) });
  }

  dies(code = 1006) {
    this.onclose({ code });
  }
}

const WELCOME = { type: "welcome", protocol: 1 };
const last = () => sockets.at(-1);
const settled = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  sockets = [];
  heard = { events: [], states: [], loggedOut: 0 };
  answer = "unreachable";
  connection = new Connection({
    url: "ws://brook.test/ws/",
    WebSocket: Socket,
    random: () => 1,
    on: {
      event: (event) => heard.events.push(event.type),
      state: (state) => heard.states.push(state),
      loggedOut: () => (heard.loggedOut += 1),
      doubt: async () => answer,
    },
  });
  connection.connect();
});

test("it is usable from the welcome on, not before", () => {
  assert.equal(connection.send({ type: "ping" }), false);
  last().says(WELCOME);
  assert.equal(connection.send({ type: "ping" }), true);
  assert.deepEqual(heard.states, ["connecting", "open"]);
  assert.deepEqual(heard.events, ["welcome"]);
});

test("a lost socket comes back after a wait", () => {
  last().says(WELCOME);
  last().dies();
  assert.equal(heard.states.at(-1), "offline");
  mock.timers.tick(499);
  assert.equal(sockets.length, 1);
  mock.timers.tick(1);
  assert.equal(sockets.length, 2);
  last().says(WELCOME);
  assert.equal(heard.states.at(-1), "open");
});

test("waking connects at once, whatever the wait", () => {
  last().dies();
  connection.wake();
  assert.equal(sockets.length, 2);
  mock.timers.tick(1_000);
  assert.equal(sockets.length, 2);
});

test("connecting while there is a socket makes no second one", () => {
  connection.connect();
  connection.wake();
  assert.equal(sockets.length, 1);
});

test("it pings, and any frame is a sign of life", () => {
  last().says(WELCOME);
  mock.timers.tick(20_000);
  assert.deepEqual(last().sent, [{ type: "ping" }]);
  mock.timers.tick(9_000);
  last().says({ type: "delta" });
  mock.timers.tick(9_000);
  assert.equal(sockets[0].closed, false);
});

test("a socket without a sign of life is given up", () => {
  last().says(WELCOME);
  mock.timers.tick(20_000);
  mock.timers.tick(10_000);
  assert.equal(sockets[0].closed, true);
  assert.equal(connection.online, false);
});

test("a socket that is never welcomed is given up", () => {
  mock.timers.tick(15_000);
  assert.equal(sockets[0].closed, true);
});

test("code 4401 means logged out, and it does not come back", () => {
  last().says(WELCOME);
  last().dies(4401);
  assert.equal(heard.loggedOut, 1);
  mock.timers.tick(60_000);
  assert.equal(sockets.length, 1);
});

test("another protocol version means reload, and it does not come back", () => {
  last().says({ type: "welcome", protocol: 2 });
  assert.equal(heard.states.at(-1), "outdated");
  assert.deepEqual(heard.events, []);
  mock.timers.tick(60_000);
  connection.wake();
  assert.equal(sockets.length, 1);
});

for (const [said, state, loggedOut] of [
  ["reachable", "refused", 0],
  ["unreachable", "unreachable", 0],
  ["logged out", "closed", 1],
]) {
  test(`repeated refusals while the server is ${said} become "${state}"`, async () => {
    answer = said;
    last().dies();
    mock.timers.tick(500);
    last().dies();
    await settled();
    assert.equal(heard.states.at(-1), state);
    assert.equal(heard.loggedOut, loggedOut);
  });
}

test("a frame that is not JSON is passed over", () => {
  last().says(WELCOME);
  last().onmessage({ data: "{" });
  assert.deepEqual(heard.events, ["welcome"]);
});

test("a closed connection stays closed until the page is back", () => {
  last().says(WELCOME);
  connection.close();
  mock.timers.tick(60_000);
  assert.equal(sockets.length, 1);
  connection.connect();
  assert.equal(sockets.length, 2);
});
