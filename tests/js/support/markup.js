// What treeOf makes, as HTML: to be compared with the specification's. Line breaks around blocks mean nothing there.

const AROUND_BLOCKS = /\s*(<\/?(?:blockquote|h[1-6]|hr|li|ol|p|pre|table|tbody|td|th|thead|tr|ul)\b[^>]*>)\s*/g;
const NAMES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const EMPTY = new Set(["br", "hr", "img", "input"]);

export function markupOf(nodes) {
  return nodes.map(one).join("");
}

export function normal(html) {
  return html.trim().replace(AROUND_BLOCKS, "$1").replaceAll(" />", ">");
}

function one({ text, code, language, picture, tag, attributes, children }) {
  if (text !== undefined) {
    return escaped(text);
  }
  if (code !== undefined) {
    return `<pre><code${language ? ` class="language-${escaped(language)}"` : ""}>${escaped(code)}</code></pre>`;
  }
  if (picture) {
    return `<img${said({ src: picture.src, alt: picture.words, title: picture.title })}>`;
  }
  const start = `<${tag}${said({ href: attributes.href, title: attributes.title, start: attributes.start })}>`;
  if (tag === "br") {
    return `${start}\n`;
  }
  return EMPTY.has(tag) ? start : `${start}${markupOf(children)}</${tag}>`;
}

function said(attributes) {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${escaped(value)}"`)
    .join("");
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (character) => NAMES[character]);
}
