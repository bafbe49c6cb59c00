import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { checkModel, checkSocket, checkSpeed, checkStream } from "../../static/js/connection-check.js";
import { summaryOf } from "../../static/js/findings.js";
import { Line } from "./support/line.js";
import { settled } from "./support/server.js";

const WELCOME = { type: "welcome", protocol: 2, model: { name: "mira-1" } };
const neverAsked = () => assert.fail("nobody doubts this");

beforeEach(() => mock.timers.reset());

// Every trouble says what is wrong and what to do.
function assertTrouble(finding, words, advice) {
  assert.equal(finding.state, "bad");
  assert.match(finding.words, words);
  assert.match(finding.advice, advice);
}

/** A line whose server says welcome and answers pings. */
class Answering extends Line {
  constructor() {
    super();
    queueMicrotask(() => this.hears(WELCOME));
  }

  say(command) {
    super.say(command);
    queueMicrotask(() => this.hears({ type: "pong" }));
  }
}

// The live connection

test("a line that answers is good, and stays open for what comes next", async () => {
  const line = new Answering();
  const found = await checkSocket(() => line, neverAsked);
  assert.equal(found.finding.state, "good");
  assert.match(found.finding.figure, /^\d+ ms there and back$/);
  assert.equal(found.line, line);
  assert.deepEqual(found.welcome, WELCOME);
  assert.equal(line.said.filter(({ type }) => type === "ping").length, 3);
  assert.equal(line.closed, false);
});

async function refused(code, answer) {
  const line = new Line();
  const checking = checkSocket(() => line, async () => answer ?? neverAsked());
  line.dies(code);
  return checking;
}

test("a refused line is told apart: a proxy, no way at all, no login, too many tabs", async () => {
  const proxy = await refused(1006, "reachable");
  assertTrouble(proxy.finding, /refuses the live connection/, /WebSockets/);
  assert.equal(proxy.reachable, true);
  const away = await refused(1006, "unreachable");
  assertTrouble(away.finding, /cannot be reached/, /online/);
  assert.equal(away.reachable, false);
  assertTrouble((await refused(1006, "logged out")).finding, /logged out/, /Log in/);
  assertTrouble((await refused(4401)).finding, /logged out/, /Log in/);
  assertTrouble((await refused(4429)).finding, /no further connection/, /tabs/);
});

test("the server's own words for its refusal go before ours", async () => {
  const line = new Line();
  const checking = checkSocket(() => line, neverAsked);
  line.hears({ type: "error", message: "You have 100 tabs." });
  line.dies(4429);
  assert.equal((await checking).finding.words, "You have 100 tabs.");
});

test("a line that says nothing is given up", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const line = new Line();
  const checking = checkSocket(() => line, async () => "reachable");
  mock.timers.tick(8_000);
  assertTrouble((await checking).finding, /refuses/, /WebSockets/);
  assert.equal(line.closed, true);
});

test("a line that goes silent after its welcome is given up, and Brook is there all the same", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const line = new Line();
  const checking = checkSocket(() => line, neverAsked);
  line.hears(WELCOME);
  await settled();
  mock.timers.tick(5_000);
  const found = await checking;
  assertTrouble(found.finding, /nothing came through/, /another network/);
  assert.equal(found.reachable, true);
  assert.equal(found.line, null);
  assert.equal(line.closed, true);
});

// The stream

const pieces = (count) => Array.from({ length: count }, (_, tick) => `data: {"tick": ${tick}}\n\n`);

function streaming(chunks, apart) {
  return async () => {
    const left = chunks.map((chunk) => new TextEncoder().encode(chunk));
    const pull = async (body) => {
      await new Promise((resolve) => setTimeout(resolve, apart));
      left.length > 0 ? body.enqueue(left.shift()) : body.close();
    };
    return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
  };
}

const look = (fetch, apart = 20) => checkStream({ address: "/connection/ticks/", count: 5, apart, fetch });

test("pieces that arrive one by one are good", async () => {
  const finding = await look(streaming(pieces(5), 20));
  assert.equal(finding.state, "good");
  assert.match(finding.figure, /^5 pieces, the last \d+ ms after the first$/);
});

test("pieces that arrive in one go were held back by something", async () => {
  assertTrouble(await look(streaming([pieces(5).join("")], 1), 200), /in one go/, /proxy_buffering off/);
  assertTrouble(await look(streaming([pieces(5).slice(0, 3).join(""), pieces(5).slice(3).join("")], 1), 200), /in one go/, /buffering/);
});

test("a stream that breaks off, is answered by something else, or does not come, is said so", async () => {
  const answers = [
    streaming(pieces(3), 1),
    async () => new Response("<html>Please log in</html>"),
    async () => new Response(null),
    async () => new Response('data: {"tick"\n\n'),
    async () => Promise.reject(new TypeError("network")),
  ];
  for (const fetch of answers) {
    assertTrouble(await look(fetch), /broke off/, /log/);
  }
});

// The model

function trial({ times = {}, text = "", phase = "", end = null } = {}) {
  const until = async (happened) => happened() || end !== null;
  return { times: { answered: null, first: null, last: null, ...times }, text, phase, end, until };
}

test("a server that answers is good, and the model is named", async () => {
  const finding = await checkModel(trial({ times: { answered: 120 } }), "mira-1");
  assert.equal(finding.state, "good");
  assert.equal(finding.figure, "mira-1 answered after 120 ms");
});

test("a server that cannot be reached is told in its own words, with where to look", async () => {
  const finding = await checkModel(trial({ end: { status: "failed", words: "The model's server could not be reached." } }), "mira-1");
  assertTrouble(finding, /could not be reached/, /UPSTREAM_URL/);
});

test("a server that says nothing, and a Brook that is busy, are told apart", async () => {
  assertTrouble(await checkModel(trial({ phase: "connecting" }), "mira-1"), /has not answered for 30 s/, /UPSTREAM_URL/);
  assertTrouble(await checkModel(trial({ phase: "queued" }), "mira-1"), /busy/, /a minute/);
  assertTrouble(await checkModel(trial({ end: { status: "refused", words: "Brook is being restarted." } }), "m"), /restarted/, /a minute/);
  assertTrouble(await checkModel(trial({ end: { status: "lost", words: "" } }), "m"), /broke off/, /Check again/);
});

test("an answer that ended as it should, without a word, is called that", async () => {
  const empty = trial({ times: { answered: 90 }, end: { status: "complete", words: "" } });
  assert.equal((await checkModel(empty, "mira-1")).state, "good");
  assertTrouble(await checkSpeed(empty), /^The model ended its answer without a word\.$/, /another model/);
});

test("a server that answers but does not list its models is good but for that, with its own words", async () => {
  const why = "The model's server refused our key (HTTP 401).";
  const finding = await checkModel({ ...trial({ times: { answered: 120 } }), unlisted: why }, "mira-1");
  assert.equal(finding.state, "warning");
  assert.equal(finding.figure, "mira-1 answered after 120 ms");
  assert.ok(finding.words.endsWith(why));
  assert.match(finding.words, /none to choose from/);
  assert.match(finding.advice, /UPSTREAM_MODELS/);
  assert.match(summaryOf([finding, { state: "good" }]), /^One thing/);
  assert.equal((await checkModel({ ...trial({ times: { answered: 120 } }), unlisted: "" }, "mira-1")).state, "good");
});

test("first words and speed are measured", async () => {
  const quick = trial({ times: { answered: 90, first: 400, last: 2_400 }, text: "a".repeat(60), end: { status: "cancelled", words: "" } });
  const finding = await checkSpeed(quick);
  assert.equal(finding.state, "good");
  assert.equal(finding.figure, "First words after 400 ms, then 30 characters a second");
});

test("of an answer that came at once no speed is told", async () => {
  const short = trial({ times: { first: 400, last: 410 }, text: "Hello.", end: { status: "complete", words: "" } });
  assert.equal((await checkSpeed(short)).figure, "First words after 400 ms");
});

test("a model that takes long is slow, one that writes nothing is not good", async () => {
  const begun = (first) => checkSpeed(trial({ times: { first, last: first }, text: "Hi", end: { status: "complete", words: "" } }));
  assert.equal((await begun(3_000)).state, "good");
  const late = await begun(6_000);
  assert.equal(late.state, "slow");
  assert.equal(late.words, "The model took 6 s to begin.");
  assert.match(late.advice, /smaller model/);
  assertTrouble(await checkSpeed(trial({ times: { answered: 90 } })), /written nothing/, /another model/);
  assertTrouble(await checkSpeed(trial({ end: { status: "failed", words: "" } })), /nobody said why/, /UPSTREAM_URL/);
});

test("an answer that breaks after its first words is told, with what was measured", async () => {
  const broken = trial({ times: { first: 300, last: 300 }, text: "He", end: { status: "failed", words: "It broke." } });
  const finding = await checkSpeed(broken);
  assertTrouble(finding, /It broke/, /UPSTREAM_URL/);
  assert.equal(finding.figure, "First words after 300 ms");
});

test("all of it in a sentence", () => {
  const [good, bad] = [{ state: "good" }, { state: "bad" }];
  assert.equal(summaryOf([good, good]), "Everything works.");
  assert.match(summaryOf([good, bad]), /^One thing/);
  assert.match(summaryOf([bad, bad]), /^Some things/);
});
