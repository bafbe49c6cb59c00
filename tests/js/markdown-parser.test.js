// CommonMark's own examples, and what else is understood, on the way from the text to the tree of what is shown.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

import { createParser } from "../../static/js/markdown-parser.js";
import { treeOf } from "../../static/js/markdown-tree.js";
import { markupOf, normal } from "./support/markup.js";

const { tests: EXAMPLES } = createRequire(import.meta.url)("commonmark-spec");
const WITH_RAW_HTML = new Set(["HTML blocks", "Raw HTML"]);
const RAW = /^\s*<[a-z/!?]|<\/?[a-z][^>@:]*>|<!--/im;

const parser = createParser();
const plain = createParser({ linkify: false, math: false });
const anywhere = () => true;

const tree = (text) => treeOf(parser.parse(text, {}));
const nodes = (all) => all.flatMap((node) => [node, ...nodes(node.children ?? [])]);
const formulas = (text) => nodes(tree(text)).flatMap(({ math }) => math ?? []);
const links = (text) => nodes(tree(text)).flatMap(({ attributes }) => attributes?.href ?? []);
const words = (text) => nodes(tree(text)).map(({ text: said, source }) => said ?? source ?? "").join("");

function wrong() {
  const examples = EXAMPLES.filter(({ section, markdown }) => !WITH_RAW_HTML.has(section) && !RAW.test(markdown));
  const failed = examples.filter(({ markdown, html }) => {
    const shown = markupOf(treeOf(plain.parse(markdown.replaceAll("→", "\t"), {}), anywhere));
    return normal(shown) !== normal(html.replaceAll("→", "\t"));
  });
  return { count: examples.length, failed: failed.map(({ number }) => number) };
}

test("544 of the 546 examples of CommonMark 0.31.2 without raw HTML look as the specification says", () => {
  const { count, failed } = wrong();
  assert.equal(count, 546);
  assert.deepEqual(failed, [517, 531]); // pictures in links: their words are shown, because a picture would be a link in a link
});

test("math is between dollars, or between brackets with backslashes", () => {
  assert.deepEqual(formulas("$x_1$ and \\(y\\)"), ["x_1", "y"]);
  assert.deepEqual(formulas("$$a$$\n\n\\[b\\]\n\n$$\nc\n$$\n\n\\[\nd\n\\]"), ["a", "b", "c", "d"]);
  assert.deepEqual(formulas("- $$\n  a\n  $$\n> \\[ b \\]"), ["a", "b"]);
  assert.deepEqual(formulas("| a |\n|---|\n| $x$ |"), ["x"]);
});

for (const text of [
  "costs $5 and $6",
  "from $5-$6",
  "US$5 and US$6",
  "costs $5 or 6$ at most",
  "$HOME/$PATH",
  "`$a$`",
  "[costs $5](http://x.y/$)",
  "https://x.y/$a$b",
  "$ a $",
  "$$",
  "\\$a\\$",
  "$a `b$ c`",
  "$$\na\n\nb\n$$",
  "```\n$a$\n```",
]) {
  test(`no math: ${JSON.stringify(text)}`, () => assert.deepEqual(formulas(text), []));
}

test("what would be math, were it closed, is shown as it is", () => {
  assert.equal(words("$$\na = b"), "$$\na = b");
  assert.equal(words("so \\(a"), "so (a");
  assert.equal(tree("$$\na\n\nb").length, 2);
});

test("links go to the web and to mailboxes only, and tell nobody where they come from", () => {
  const [link] = nodes(tree("[a](https://x.y)")).filter(({ tag }) => tag === "a");
  assert.deepEqual(link.attributes, { href: "https://x.y", rel: "noopener noreferrer nofollow", target: "_blank" });
  assert.deepEqual(links("<mailto:a@b.c> http://x.y a@b.c"), ["mailto:a@b.c", "http://x.y", "mailto:a@b.c"]);
  for (const address of ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "file:///x", "/accounts/logout/",
    "//x.y", "ftp://x.y", "#a", "&#106;avascript:alert(1)", "java\tscript:alert(1)", "blob:x"]) {
    assert.deepEqual(links(`[a](${address}) <${address}> ![b](${address})\n\n[c]\n\n[c]: ${address}`), [], address);
  }
});

test("names of files are no addresses", () => {
  assert.deepEqual(links("main.py README.md example.com example.com/www.html"), []);
});

test("an address that begins with www. is one, as GFM says", () => {
  assert.deepEqual(links("www.example.org"), ["http://www.example.org"]);
  assert.deepEqual(links("Visit www.commonmark.org/help for more."), ["http://www.commonmark.org/help"]);
  assert.deepEqual(links("Visit www.commonmark.org/a.b. (www.google.com/search?q=Markup+(business))"), [
    "http://www.commonmark.org/a.b",
    "http://www.google.com/search?q=Markup+(business)",
  ]);
  assert.deepEqual(links("**www.a.org** ~~WWW.b.org~~ http://www.c.org/www.d.org"), [
    "http://www.a.org",
    "http://WWW.b.org",
    "http://www.c.org/www.d.org",
  ]);
  assert.deepEqual(links("www. www.. awww.a.org x/www.a.org x.www.a.org `www.a.org` [www.a.org](http://b.org)"), ["http://b.org"]);
  assert.equal(words("so www.a.org."), "so www.a.org.");
});

test("pictures are links with their words", () => {
  const [link] = nodes(tree("![a *map*](https://x.y/m.png)")).filter(({ tag }) => tag === "a");
  assert.equal(link.attributes.href, "https://x.y/m.png");
  assert.equal(markupOf(link.children), "a map");
  assert.equal(nodes(tree("[![a](https://x.y/i.png)](https://x.y)")).filter(({ tag }) => tag === "a").length, 1);
});

test("raw HTML is text", () => {
  assert.equal(words("<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>"), "<script>alert(1)</script><img src=x onerror=alert(1)>");
  assert.deepEqual(nodes(tree("<b>a</b>")).map(({ tag }) => tag), ["p", undefined]);
});

test("a task has a box that belongs to its words, and nobody can press", () => {
  const [list] = tree("- [ ] open\n- [x] done\n  - more\n\n1. [a]");
  const [open, done] = list.children;
  assert.deepEqual(open.children[0].children[0].attributes, { type: "checkbox", disabled: "" });
  assert.equal(done.children[0].children[0].attributes.checked, "");
  assert.deepEqual(done.children.map(({ tag }) => tag), ["label", "ul"]);
});

test("alignment is said without a style", () => {
  const cells = nodes(tree("| a | b |\n|:-:|--:|\n| c | d |")).filter(({ tag }) => tag === "td");
  assert.deepEqual(cells.map(({ attributes }) => attributes), [{ "data-align": "center" }, { "data-align": "right" }]);
});

test("nothing but known elements and attributes comes out of hostile text", () => {
  const known = new Set(["class", "href", "rel", "target", "title", "start", "type", "disabled", "checked", "data-align"]);
  const hostile = '[a](http://x "onclick=1") ![x" onerror="y](http://z) <a onclick=x> `<b>` | onload=1 |\n|---|\n\n3. a\n\n```"><script>\n';
  for (const { tag, attributes } of nodes(tree(hostile))) {
    assert.match(tag ?? "p", /^[a-z][a-z0-9]*$/);
    assert.deepEqual(Object.keys(attributes ?? {}).filter((name) => !known.has(name)), []);
  }
});

for (const [name, mark] of Object.entries({ quotes: "> ", lists: "- ", "quotes and lists": "> 1. " })) {
  test(`what is deeper than ${name} go is shown all the same`, () => {
    assert.ok(words(`${mark.repeat(200)}deep`).endsWith("deep"));
  });
}

const depth = (all) => all.reduce((deepest, { children }) => Math.max(deepest, 1 + depth(children ?? [])), 0);

for (const [name, text] of Object.entries({
  quotes: ">".repeat(10_000) + "a",
  brackets: "[".repeat(10_000),
  stars: "*a ".repeat(10_000),
  emphasis: "*a _b ".repeat(3_000) + "c_ d* ".repeat(3_000),
  lists: "- ".repeat(10_000) + "a",
  pictures: "![".repeat(10_000),
  dollars: "$a".repeat(10_000),
  "a wide table": `${"|a".repeat(500)}\n${"|-".repeat(500)}\n${"|a\n".repeat(2_000)}`,
})) {
  test(`ten thousand ${name} are no matter`, () => {
    const begun = performance.now();
    assert.ok(depth(tree(text)) <= 64);
    assert.ok(performance.now() - begun < 1_000); // seconds, without the bounds; generous, for a busy machine
  });
}
