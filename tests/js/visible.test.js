import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { keepVisible } from "../../static/js/visible.js";

let viewport;
let visible;
let scrolled;

const root = { style: { setProperty: (name, value) => (visible = [name, value]) } };

function becomes(height, scale = 1) {
  Object.assign(viewport, { height, scale });
  viewport.dispatchEvent(new Event("resize"));
}

beforeEach(() => {
  viewport = Object.assign(new EventTarget(), { height: 844, scale: 1 });
  visible = null;
  scrolled = 0;
  globalThis.window = { visualViewport: viewport };
  globalThis.innerHeight = 844;
  globalThis.scrollTo = () => (scrolled += 1);
  keepVisible(root);
});

test("over a keyboard the shell is as high as what is seen, and the page is not pushed up", () => {
  becomes(508);
  assert.deepEqual(visible, ["--visible", "508px"]);
  assert.equal(scrolled, 1);
});

test("a keyboard that goes gives the page back", () => {
  becomes(508);
  becomes(844);
  assert.deepEqual(visible, ["--visible", ""]);
  assert.equal(scrolled, 1);
});

test("a bar of the browser's own is no keyboard", () => {
  becomes(780);
  assert.deepEqual(visible, ["--visible", ""]);
});

test("who looks closer moves the page as they like", () => {
  becomes(422, 2);
  assert.deepEqual(visible, ["--visible", ""]);
  assert.equal(scrolled, 0);
});

test("a browser without a visual viewport is left alone", () => {
  globalThis.window = {};
  keepVisible(root);
  assert.equal(visible, null);
});
