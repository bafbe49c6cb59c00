import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { joined, LiveAnswer } from "../../static/js/live-answer.js";

let row;
let shown;
let acks;
let holes;
let news;
let work;
let live;

const parts = (text) => [{ kind: "content", text }];
const draw = () => work();

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  row = { content: "", reasoning: "", generation: { id: "g", cursor: 0 } };
  shown = "";
  acks = [];
  holes = 0;
  news = "";
  live = new LiveAnswer({
    row,
    view: { append: (kind, text) => (shown += text) },
    on: { ack: (cursor) => acks.push(cursor), hole: () => (holes += 1), news: (text) => (news += text) },
    frames: (drawing) => {
      work = drawing;
      return { request() {}, flush: drawing };
    },
  });
});

test("text is shown with the next picture, all that came in one piece", () => {
  live.take({ from: 0, to: 2, parts: parts("ab") });
  live.take({ from: 2, to: 4, parts: parts("cd") });
  assert.equal(shown, "");
  draw();
  assert.equal(shown, "abcd");
  assert.equal(row.content, "abcd");
  assert.equal(news, "abcd");
});

test("what was shown is acknowledged, a few times a second", () => {
  live.take({ from: 0, to: 2, parts: parts("ab") });
  draw();
  live.take({ from: 2, to: 4, parts: parts("cd") });
  draw();
  assert.deepEqual(acks, [2]);
  mock.timers.tick(250);
  live.take({ from: 4, to: 6, parts: parts("ef") });
  draw();
  assert.deepEqual(acks, [2, 6]);
});

test("much text is acknowledged at once", () => {
  live.take({ from: 0, to: 1, parts: parts("a") });
  draw();
  live.take({ from: 1, to: 50_001, parts: parts("x".repeat(50_000)) });
  draw();
  assert.deepEqual(acks, [1, 50_001]);
});

test("a repeated delta is dropped", () => {
  live.take({ from: 0, to: 2, parts: parts("ab") });
  live.take({ from: 0, to: 2, parts: parts("ab") });
  draw();
  assert.equal(shown, "ab");
});

test("a hole is asked about once, and nothing after it is shown", () => {
  live.take({ from: 0, to: 2, parts: parts("ab") });
  live.take({ from: 4, to: 6, parts: parts("ef") });
  live.take({ from: 6, to: 8, parts: parts("gh") });
  draw();
  assert.equal(shown, "ab");
  assert.equal(holes, 1);
});

test("a position beyond the cursor that is not filled in two seconds is a hole", () => {
  live.expect(5);
  mock.timers.tick(1_999);
  assert.equal(holes, 0);
  mock.timers.tick(1);
  assert.equal(holes, 1);
});

test("a position that is filled in time is none", () => {
  live.expect(2);
  live.take({ from: 0, to: 2, parts: parts("ab") });
  mock.timers.tick(5_000);
  assert.equal(holes, 0);
});

test("a position at the cursor is none", () => {
  live.expect(0);
  mock.timers.tick(5_000);
  assert.equal(holes, 0);
});

test("ending shows what has come, and takes nothing more", () => {
  live.take({ from: 0, to: 2, parts: parts("ab") });
  live.end();
  live.take({ from: 2, to: 4, parts: parts("cd") });
  draw();
  assert.equal(shown, "ab");
});

test("neighbouring parts of one kind are joined; unknown kinds are passed over", () => {
  const runs = joined([
    { kind: "reasoning", text: "a" },
    { kind: "reasoning", text: "b" },
    { kind: "picture", text: "?" },
    { kind: "content", text: "c" },
  ]);
  assert.deepEqual(runs, [
    { kind: "reasoning", text: "ab" },
    { kind: "content", text: "c" },
  ]);
});

test("what could not be drawn is not drawn twice", () => {
  live = new LiveAnswer({
    row,
    view: {
      append() {
        throw new Error("a defect of the view");
      },
    },
    on: { ack() {}, hole() {}, news() {} },
    frames: (drawing) => ({ request() {}, flush: drawing }),
  });
  live.take({ from: 0, to: 2, parts: parts("ab") });
  assert.throws(() => live.end(), /a defect of the view/);
  live.end();
  assert.equal(row.content, "ab");
});
