import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { GrowingText } from "../../static/js/growing-text.js";

// As much of a document as text needs.
class Node {
  children = [];

  append(child) {
    this.children.push(child);
  }

  replaceChildren() {
    this.children = [];
  }

  get firstChild() {
    return this.children[0];
  }

  get textContent() {
    return this.children.map((child) => child.textContent).join("");
  }
}

class Text {
  constructor(data) {
    this.textContent = data;
  }

  appendData(data) {
    this.textContent += data;
  }
}

globalThis.document = { createElement: () => new Node(), createTextNode: (data) => new Text(data) };

const LINE = `${"x".repeat(99)}\n`;
let element;
let text;

beforeEach(() => {
  element = new Node();
  text = new GrowingText(element);
});

test("what is appended goes into the node that is there: a selection survives", () => {
  text.append("Hello");
  const node = element.firstChild.firstChild;
  text.append(" you\n\nthere");
  assert.equal(element.firstChild.firstChild, node);
  assert.equal(node.textContent, "Hello you\n\nthere");
});

test("however it is cut, the text on the page is the text", () => {
  const whole = LINE.repeat(300);
  for (const size of [1, 7, 99, 100, 101, 5_999, 6_001, 40_000]) {
    const part = new Node();
    const growing = new GrowingText(part);
    for (let at = 0; at < whole.length; at += size) {
      growing.append(whole.slice(at, at + size));
    }
    assert.equal(part.textContent, whole);
    assert.equal(growing.text, whole);
  }
});

test("a long text is laid out in blocks that end at line breaks", () => {
  text.append(LINE.repeat(300));
  assert.ok(element.children.length > 3);
  for (const block of element.children) {
    assert.ok(block.textContent.endsWith("\n"));
    assert.ok(block.textContent.length < 7_000);
  }
});

test("setting a longer text appends what is missing", () => {
  text.append("Hello");
  const node = element.firstChild.firstChild;
  text.set("Hello you");
  assert.equal(element.firstChild.firstChild, node);
  assert.equal(element.textContent, "Hello you");
});

test("setting another text draws it anew", () => {
  text.append("Hello");
  text.set("Bye");
  assert.equal(element.textContent, "Bye");
  text.set("");
  assert.equal(element.textContent, "");
});
