import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Connection } from "../../static/js/connection.js";
import { Ways } from "../../static/js/ways.js";
import { Line } from "./support/line.js";

let sockets;
let streams;
let heard;
let answer;
let connection;

const WELCOME = { type: "welcome", protocol: 2 };
const last = () => sockets.at(-1);
const settled = () => new Promise((resolve) => setImmediate(resolve));

function made(lines) {
  const line = new Line();
  lines.push(line);
  return line;
}

// Two tries that fail make the page ask what is wrong; the answer is there after `settled`.
async function refuse(wait) {
  last().dies();
  mock.timers.tick(wait);
  await settled();
}

async function blockSockets() {
  answer = "reachable";
  await refuse(500);
  await refuse(1_000);
  await refuse(0);
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  sockets = [];
  streams = [];
  heard = { events: [], states: [], words: [], loggedOut: 0, doubts: 0 };
  answer = "unreachable";
  connection = new Connection({
    ways: new Ways({ socket: () => made(sockets), http: () => made(streams) }),
    random: () => 1,
    on: {
      event: (event) => heard.events.push(event.type),
      state: (state, words) => {
        heard.states.push(state);
        heard.words.push(words);
      },
      loggedOut: () => (heard.loggedOut += 1),
      doubt: async () => {
        heard.doubts += 1;
        return answer;
      },
    },
  });
  connection.connect();
});

test("it is usable from the welcome on, not before", () => {
  assert.equal(connection.send({ type: "ping" }), false);
  last().hears({ type: "transcript" });
  last().hears(WELCOME);
  assert.equal(connection.send({ type: "ping" }), true);
  assert.deepEqual(heard.states, ["connecting", "open"]);
  assert.deepEqual(heard.events, ["welcome"]);
});

test("a lost connection comes back after a wait", () => {
  last().hears(WELCOME);
  last().dies();
  assert.equal(heard.states.at(-1), "offline");
  mock.timers.tick(499);
  assert.equal(sockets.length, 1);
  mock.timers.tick(1);
  assert.equal(sockets.length, 2);
  last().hears(WELCOME);
  assert.equal(heard.states.at(-1), "open");
});

test("a connection that never lasts is tried more and more rarely", () => {
  for (const wait of [500, 1_000, 2_000]) {
    last().hears(WELCOME);
    last().dies();
    const before = sockets.length;
    mock.timers.tick(wait - 1);
    assert.equal(sockets.length, before);
    mock.timers.tick(1);
    assert.equal(sockets.length, before + 1);
  }
});

test("after a connection that lasted the waits begin anew", () => {
  last().dies();
  mock.timers.tick(500);
  last().hears(WELCOME);
  mock.timers.tick(10_000);
  last().dies();
  mock.timers.tick(500);
  assert.equal(sockets.length, 3);
});

test("waking connects at once, whatever the wait", () => {
  last().dies();
  connection.wake();
  assert.equal(sockets.length, 2);
  mock.timers.tick(1_000);
  assert.equal(sockets.length, 2);
});

test("waking gives up a try that may have begun in another network", () => {
  mock.timers.tick(2_999);
  connection.wake();
  assert.equal(sockets.length, 1);
  mock.timers.tick(1);
  connection.wake();
  assert.equal(sockets.length, 2);
  assert.equal(sockets[0].closed, true);
});

test("connecting while there is a line makes no second one", () => {
  connection.connect();
  connection.wake();
  assert.equal(sockets.length, 1);
});

test("it pings, and any frame is a sign of life", () => {
  last().hears(WELCOME);
  mock.timers.tick(20_000);
  assert.deepEqual(last().said, [{ type: "ping" }]);
  mock.timers.tick(9_000);
  last().hears(null);
  mock.timers.tick(9_000);
  assert.equal(sockets[0].closed, false);
  assert.deepEqual(heard.events, ["welcome"]);
});

test("a line without a sign of life is given up", () => {
  last().hears(WELCOME);
  mock.timers.tick(20_000);
  mock.timers.tick(10_000);
  assert.equal(sockets[0].closed, true);
  assert.equal(connection.online, false);
});

test("after waking the line has three seconds to show that it lives", () => {
  last().hears(WELCOME);
  connection.wake();
  assert.deepEqual(last().said, [{ type: "ping" }]);
  mock.timers.tick(2_999);
  assert.equal(last().closed, false);
  mock.timers.tick(1);
  assert.equal(last().closed, true);
});

test("a line that is never welcomed is given up, also when it says something else", () => {
  mock.timers.tick(7_999);
  last().hears({ type: "pong" });
  assert.equal(sockets[0].closed, false);
  mock.timers.tick(1);
  assert.equal(sockets[0].closed, true);
});

test("code 4401 means logged out, and it does not come back", () => {
  last().hears(WELCOME);
  last().dies(4401);
  assert.equal(heard.loggedOut, 1);
  mock.timers.tick(60_000);
  assert.equal(sockets.length, 1);
});

for (const code of [1012, 4408]) {
  test(`after code ${code} it connects again within a moment, and calls nothing offline`, () => {
    last().hears(WELCOME);
    last().dies(code);
    mock.timers.tick(300);
    assert.equal(sockets.length, 2);
    assert.deepEqual(heard.states, ["connecting", "open", "connecting"]);
  });
}

test("when nobody is there after a restart, it says that it is offline", () => {
  last().hears(WELCOME);
  last().dies(1012);
  mock.timers.tick(300);
  last().dies();
  assert.equal(heard.states.at(-1), "offline");
});

test("code 4429 is told in the words of the error before it, and tried again after the longest wait", () => {
  last().hears({ type: "error", code: "too_many_tabs", message: "Too many tabs." });
  last().dies(4429);
  assert.equal(heard.states.at(-1), "limited");
  assert.equal(heard.words.at(-1), "Too many tabs.");
  mock.timers.tick(7_999);
  assert.equal(sockets.length, 1);
  mock.timers.tick(1);
  assert.equal(sockets.length, 2);
  last().hears(WELCOME);
  assert.equal(heard.words.at(-1), "");
});

test("a server that turns this page away is there: nobody asks what is wrong", async () => {
  for (let tries = 0; tries < 4; tries += 1) {
    last().dies(4429);
    mock.timers.tick(8_000);
  }
  await settled();
  assert.equal(heard.doubts, 0);
});

test("another protocol version means reload: nothing after it is heard, and it does not come back", () => {
  last().hears({ type: "welcome", protocol: 3 });
  last().hears({ type: "transcript" });
  assert.equal(heard.states.at(-1), "outdated");
  assert.deepEqual(heard.events, []);
  assert.equal(last().closed, true);
  mock.timers.tick(60_000);
  connection.wake();
  assert.equal(sockets.length, 1);
});

test("another protocol version after a reconnect means reload, too", () => {
  last().hears(WELCOME);
  last().dies(1012);
  mock.timers.tick(300);
  last().hears({ type: "welcome", protocol: 3 });
  assert.equal(heard.states.at(-1), "outdated");
  assert.equal(connection.send({ type: "ping" }), false);
});

for (const [said, state, loggedOut] of [
  ["reachable", "refused", 0],
  ["unreachable", "unreachable", 0],
  ["logged out", "closed", 1],
]) {
  test(`repeated refusals while the server is ${said} become "${state}"`, async () => {
    answer = said;
    await refuse(500);
    await refuse(0);
    assert.equal(heard.states.at(-1), state);
    assert.equal(heard.loggedOut, loggedOut);
  });
}

test("a closed connection stays closed until the page is back", () => {
  last().hears(WELCOME);
  connection.close();
  mock.timers.tick(60_000);
  assert.equal(sockets.length, 1);
  connection.connect();
  assert.equal(sockets.length, 2);
});

test("a server that is reachable twice in a row while sockets are refused is asked by HTTP, at once", async () => {
  await blockSockets();
  assert.equal(streams.length, 1);
  streams[0].hears(WELCOME);
  assert.equal(heard.states.at(-1), "fallback");
  assert.equal(connection.send({ type: "open" }), true);
  assert.deepEqual(streams[0].said, [{ type: "open" }]);
});

test("a server that was away in between does not count", async () => {
  answer = "reachable";
  await refuse(500);
  await refuse(1_000);
  answer = "unreachable";
  await refuse(2_000);
  answer = "reachable";
  await refuse(4_000);
  assert.equal(streams.length, 0);
});

test("a socket that was welcomed in between does not count", async () => {
  answer = "reachable";
  await refuse(500);
  await refuse(1_000);
  last().hears(WELCOME);
  await refuse(2_000);
  await refuse(4_000);
  await refuse(8_000);
  assert.equal(heard.doubts, 2);
  assert.equal(streams.length, 0);
});

test("a stream that begins again is no new connection, unless its server speaks another version", async () => {
  await blockSockets();
  streams[0].hears(WELCOME);
  streams[0].hears(WELCOME);
  assert.deepEqual(heard.events, ["welcome"]);
  streams[0].hears({ type: "welcome", protocol: 3 });
  assert.equal(heard.states.at(-1), "outdated");
});

test("a lost stream comes back as a stream", async () => {
  await blockSockets();
  streams[0].hears(WELCOME);
  streams[0].dies();
  mock.timers.tick(8_000);
  assert.equal(streams.length, 2);
});

test("where HTTP is refused as well, sockets have their turn again", async () => {
  await blockSockets();
  const before = sockets.length;
  for (let tries = 0; tries < 2; tries += 1) {
    streams.at(-1).dies();
    await settled();
    mock.timers.tick(8_000);
  }
  assert.ok(sockets.length > before);
});

test("every five minutes it looks whether a socket gets through, and changes over without a gap", async () => {
  await blockSockets();
  streams[0].hears(WELCOME);
  const before = sockets.length;
  for (let minute = 0; minute < 20 && sockets.length === before; minute += 1) {
    mock.timers.tick(15_000);
    streams[0].hears({ type: "pong" });
  }
  assert.equal(sockets.length, before + 1);
  assert.equal(streams[0].closed, false);
  last().hears(WELCOME);
  assert.equal(heard.states.at(-1), "open");
  assert.equal(streams[0].closed, true);
  assert.deepEqual(heard.events, ["welcome", "welcome"]);
  assert.deepEqual(heard.states.slice(-2), ["fallback", "open"]);
});

test("a look that finds nothing changes nothing", async () => {
  await blockSockets();
  streams[0].hears(WELCOME);
  connection.probe();
  last().dies();
  assert.equal(heard.states.at(-1), "fallback");
  assert.equal(streams[0].closed, false);
  connection.probe();
  connection.close();
  assert.equal(last().closed, true);
});

test("nobody looks for a socket while there is one", () => {
  last().hears(WELCOME);
  connection.probe();
  assert.equal(sockets.length, 1);
});

test("a page that nobody looks at gives its stream back, and asks again when somebody does", async () => {
  await blockSockets();
  streams[0].hears(WELCOME);
  connection.rest();
  assert.equal(streams[0].closed, true);
  mock.timers.tick(60_000);
  assert.equal(streams.length, 1);
  connection.wake();
  assert.equal(streams.length, 2);
});

test("a page with a socket keeps it while nobody looks", () => {
  last().hears(WELCOME);
  connection.rest();
  assert.equal(last().closed, false);
});
