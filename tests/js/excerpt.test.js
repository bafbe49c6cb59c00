import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Excerpt } from "../../static/js/excerpt.js";

let excerpt;
const part = () => [excerpt.start, excerpt.end];

beforeEach(() => {
  excerpt = new Excerpt();
});

test("a short path is drawn as a whole, and grows at its end", () => {
  excerpt.take(3, true);
  assert.deepEqual(part(), [0, 3]);
  excerpt.take(4, false);
  assert.deepEqual(part(), [0, 4]);
  assert.equal(excerpt.hasLater, false);
});

test("of a long path the last fifty are drawn", () => {
  excerpt.take(500, true);
  assert.deepEqual(part(), [450, 500]);
});

test("earlier ones come in steps, and the far end is let go", () => {
  excerpt.take(500, true);
  excerpt.earlier();
  excerpt.earlier();
  assert.deepEqual(part(), [350, 500]);
  excerpt.earlier();
  assert.deepEqual(part(), [300, 450]);
  assert.equal(excerpt.hasLater, true);
});

test("later ones come back in steps, up to the end, which then grows again", () => {
  excerpt.take(500, true);
  Array.from({ length: 9 }, () => excerpt.earlier());
  assert.deepEqual(part(), [0, 150]);
  Array.from({ length: 7 }, () => excerpt.later());
  assert.deepEqual(part(), [350, 500]);
  excerpt.take(501, false);
  assert.equal(excerpt.end, 501);
  assert.equal(excerpt.hasLater, false);
});

test("every message is drawn on the way up, and on the way down", () => {
  excerpt.take(500, true);
  const seen = new Set();
  const look = () => Array.from({ length: excerpt.end - excerpt.start }, (_, at) => seen.add(excerpt.start + at));
  for (look(); excerpt.start > 0; look()) {
    excerpt.earlier();
  }
  assert.equal(seen.size, 500);
  seen.clear();
  for (look(); excerpt.hasLater; look()) {
    excerpt.later();
  }
  assert.equal(seen.size, 500);
});

test("a message that is looked for is drawn with what stands around it", () => {
  excerpt.take(500, true);
  excerpt.around(100);
  assert.deepEqual(part(), [75, 125]);
  excerpt.around(120);
  assert.deepEqual(part(), [75, 125], "it is drawn already");
  excerpt.around(490);
  assert.equal(excerpt.hasLater, false);
});

test("never more than a few pages, however long one stays", () => {
  excerpt.take(50, true);
  for (let length = 51; length < 400; length += 1) {
    excerpt.take(length, true);
    assert.ok(excerpt.end - excerpt.start <= 200);
    assert.equal(excerpt.end, length);
  }
});

test("who reads further up keeps what he reads, whatever comes at the end", () => {
  excerpt.take(150, true);
  excerpt.earlier();
  excerpt.earlier();
  assert.deepEqual(part(), [0, 150]);
  excerpt.take(201, false);
  assert.deepEqual(part(), [0, 150]);
  assert.equal(excerpt.hasLater, true);
  excerpt.latest();
  assert.deepEqual(part(), [151, 201]);
});

test("another version may have a much shorter path", () => {
  excerpt.take(500, true);
  excerpt.take(20, true);
  assert.deepEqual(part(), [0, 20]);
  excerpt.take(500, true);
  excerpt.around(200);
  excerpt.take(210, false);
  assert.deepEqual(part(), [175, 210]);
});

test("while the end is followed it is not let go, however much comes before it", () => {
  excerpt.take(500, true);
  Array.from({ length: 5 }, () => excerpt.earlier(true));
  assert.deepEqual(part(), [200, 500]);
  excerpt.take(501, true);
  assert.deepEqual(part(), [451, 501]);
});

test("after all of it was drawn, the part that was read is drawn again", () => {
  excerpt.take(500, true);
  excerpt.around(100);
  const read = part();
  excerpt.all();
  assert.deepEqual(part(), [0, 500]);
  excerpt.take(502, false);
  excerpt.back();
  assert.deepEqual(part(), read);
  excerpt.latest();
  excerpt.back();
  assert.deepEqual(part(), [452, 502]);
});

test("a path that has become short while all of it was drawn stays whole", () => {
  excerpt.take(500, true);
  excerpt.around(100);
  excerpt.all();
  excerpt.take(3, false);
  excerpt.back();
  assert.deepEqual(part(), [0, 3]);
});
