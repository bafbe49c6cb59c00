// Nodes of markdown-tree.js on the page. What is there already is kept as far as it is still right, so that a selection and
// the focus survive while a text grows. No markup is ever parsed.

import { CodeBlock } from "./code-block.js";
import { Formula } from "./math.js";
import { reachable } from "./reachable.js";
import { gettext } from "./words.js";

/**
 * Makes the elements of `before`, which stand side by side in `parent`, those of `after`. Each node remembers its own.
 * @param {Node} parent
 * @param {object[]} before
 * @param {object[]} after
 */
export function patch(parent, before, after) {
  const place = before.at(-1)?.dom.nextSibling ?? null;
  after.forEach((node, at) => {
    const old = before[at];
    if (!old) {
      parent.insertBefore(create(node), place);
    } else if (!takeOver(old, node)) {
      old.dom.replaceWith(create(node));
    }
  });
  for (const { dom } of before.slice(after.length)) {
    dom.remove();
  }
}

/**
 * Nothing will change in these nodes: what waits for that, as the colours of code do, need not wait any longer.
 * @param {object[]} nodes
 */
export function settle(nodes) {
  for (const { view, children } of nodes) {
    view?.settle();
    settle(children ?? []);
  }
}

function create(node) {
  if (node.text !== undefined) {
    node.dom = document.createTextNode(node.text);
  } else if (node.tag) {
    node.dom = document.createElement(node.tag);
    dress(node.dom, node);
    patch(node.dom, [], node.children);
  } else {
    node.view = node.code === undefined ? new Formula(node) : new CodeBlock(node);
    node.dom = node.view.element;
  }
  return node.dom;
}

function takeOver(old, node) {
  node.dom = old.dom;
  if (node.text !== undefined) {
    return old.text !== undefined && rewrite(old, node);
  }
  if (node.tag) {
    return node.tag === old.tag && refit(old, node);
  }
  node.view = old.view;
  return (node.code === undefined) === (old.code === undefined) && Boolean(old.view?.become(node));
}

function rewrite(old, { dom, text }) {
  if (text.startsWith(old.text)) {
    if (text.length > old.text.length) {
      dom.appendData(text.slice(old.text.length));
    }
  } else {
    dom.data = text;
  }
  return true;
}

function refit(old, node) {
  for (const name of Object.keys(old.attributes)) {
    if (!(name in node.attributes)) {
      node.dom.removeAttribute(name);
    }
  }
  dress(node.dom, node, old.attributes);
  patch(node.dom, old.children, node.children);
  return true;
}

function dress(dom, { attributes, focusable }, before = {}) {
  for (const [name, value] of Object.entries(attributes)) {
    if (before[name] !== value) {
      dom.setAttribute(name, value);
    }
  }
  if (focusable) {
    reachable(dom, gettext("Table"));
  }
}
