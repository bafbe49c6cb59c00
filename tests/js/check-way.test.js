import assert from "node:assert/strict";
import { test } from "node:test";

import { Way } from "../../static/js/check-way.js";
import { Line } from "./support/line.js";
import { settled } from "./support/server.js";

const WELCOME = { type: "welcome", protocol: 2, model: { name: "mira-1" } };

/** A line whose server says welcome and answers pings. */
class Answering extends Line {
  constructor() {
    super();
    queueMicrotask(() => this.hears(WELCOME));
  }

  say(command) {
    super.say(command);
    queueMicrotask(() => command.type === "ping" && this.hears({ type: "pong" }));
  }

  get asked() {
    return this.said.some(({ type }) => type === "ask");
  }
}

function made() {
  const lines = {};
  const open = (name) => () => (lines[name] = new Answering());
  const doubt = () => assert.fail("nobody doubts this");
  return { lines, way: new Way({ socket: open("socket"), http: open("http"), doubt, ticks: {} }) };
}

test("the model is asked over the line that is open", async () => {
  const { lines, way } = made();
  assert.equal((await way.socket()).state, "good");
  const model = way.model();
  await settled();
  assert.deepEqual([lines.socket.asked, lines.http?.asked], [true, undefined]);
  lines.socket.dies();
  assert.match((await model).words, /The connection to Brook broke off/);
});

test("a line that died before the model was asked blames no model: it is asked over another one", async () => {
  const { lines, way } = made();
  await way.socket();
  lines.socket.dies();
  const model = way.model();
  await settled();
  assert.deepEqual([lines.socket.asked, lines.http?.asked], [false, true]);
  lines.http.dies();
  await model;
});
