// From what markdown-it has understood to what may stand on the page: plain objects of known elements, with known attributes.
// Links go to http, https and mailto; pictures are links, because nothing is ever loaded from elsewhere. Pure.
//
// A node is {text}, {tag, attributes, children}, {code, language} or {math, source, display}.

const DEEPEST = 60; // beyond, everything stands side by side: browsers give up at a few hundred
const MAY_BE_LINKED = /^(?:https?:\/\/|mailto:)/i;
const TASK = /^\[([ xX])\][ \n]/;

/**
 * @param {object[]} tokens of markdown-it
 * @param {(address: string) => boolean} [isLinkable]
 * @returns {object[]} nodes
 */
export function treeOf(tokens, isLinkable = (address) => MAY_BE_LINKED.test(address)) {
  return new Tree(isLinkable).grow(tokens).nodes;
}

class Tree {
  nodes = [];
  #path = [];
  #isLinkable;
  #links = 0;

  constructor(isLinkable) {
    this.#isLinkable = isLinkable;
  }

  grow(tokens) {
    for (const token of tokens) {
      if (token.nesting > 0) {
        this.#enter(token);
      } else if (token.nesting < 0) {
        this.#leave(token);
      } else {
        this.#add(token);
      }
    }
    return this;
  }

  // What is not shown as an element (the paragraphs of a tight list, links to elsewhere) puts its children into what is around.
  #enter(token) {
    const before = this.#children;
    const node = !token.hidden && this.#path.length < DEEPEST ? this.#element(token) : null;
    this.#links += Number(token.type === "link_open");
    if (node) {
      before.push(node);
    }
    this.#path.push(node ? (node.inner ?? node).children : before);
  }

  #leave(token) {
    this.#links -= Number(token.type === "link_close");
    this.#path.pop();
    if (token.type === "list_item_close") {
      asTask(this.#children.at(-1));
    }
  }

  get #children() {
    return this.#path.at(-1) ?? this.nodes;
  }

  #element({ type, tag, attrs }) {
    const given = Object.fromEntries(attrs ?? []);
    switch (type) {
      case "link_open":
        return this.#isLinkable(given.href) ? element("a", linkTo(given.href, given.title)) : null;
      case "table_open":
        return scrolling(element("table"));
      case "th_open":
      case "td_open":
        return element(tag, aligned(given.style));
      case "ordered_list_open":
        return element("ol", given.start === undefined ? {} : { start: String(given.start) });
      default:
        return element(tag);
    }
  }

  #add(token) {
    switch (token.type) {
      case "inline":
        return this.grow(token.children);
      case "text":
      case "text_special":
        return this.#say(token.content);
      case "softbreak":
        return this.#say("\n");
      case "hardbreak":
        return this.#children.push(element("br"));
      case "hr":
        return this.#children.push(element("hr"));
      case "code_inline":
        return this.#children.push(element("code", {}, [{ text: token.content }]));
      case "code_block":
        return this.#children.push({ code: token.content, language: "" });
      case "fence":
        return this.#children.push({ code: token.content, language: languageOf(token.info) });
      case "math_inline":
      case "math_block":
        return this.#children.push({ math: token.content, source: token.markup, display: token.meta.display });
      case "image":
        return this.#picture(token);
      default:
        return this.#say(token.content);
    }
  }

  #say(text) {
    const last = this.#children.at(-1);
    if (last?.text !== undefined) {
      last.text += text;
    } else if (text) {
      this.#children.push({ text });
    }
  }

  #picture({ attrs, children }) {
    const { src, title } = Object.fromEntries(attrs);
    const words = textOf(children);
    if (this.#links > 0 || !this.#isLinkable(src)) {
      this.#say(words || src);
    } else {
      const link = linkTo(src, title);
      this.#children.push({ ...element("a", link, [{ text: words || src }]), picture: { src, title, words } });
    }
  }
}

// Of "python title=…", which stands behind the fence, "python".
function languageOf(info) {
  return info.trim().split(/\s/, 1)[0].slice(0, 40);
}

function element(tag, attributes = {}, children = []) {
  return { tag, attributes, children };
}

function linkTo(href, title) {
  const link = { href, rel: "noopener noreferrer nofollow", target: "_blank" };
  return title ? { ...link, title } : link;
}

// The policy forbids style="…", which is how markdown-it says it.
function aligned(style = "") {
  const [, side] = /text-align:(\w+)/.exec(style) ?? [];
  return side ? { "data-align": side } : {};
}

function scrolling(table) {
  return { ...element("div", { class: "table" }, [table]), inner: table, focusable: "table" };
}

// https://github.github.com/gfm/#task-list-items-extension-
function asTask(item) {
  const around = item?.children?.[0]?.tag === "p" ? item.children[0] : item;
  const [, mark] = TASK.exec(around?.children?.[0]?.text ?? "") ?? [];
  if (item?.tag !== "li" || mark === undefined) {
    return;
  }
  const rest = around.children.findIndex(({ tag, code }) => code !== undefined || ["ul", "ol", "p", "blockquote"].includes(tag));
  const words = around.children.splice(0, rest < 0 ? around.children.length : rest);
  words[0].text = words[0].text.slice(3);
  const box = element("input", { type: "checkbox", disabled: "", ...(mark === " " ? {} : { checked: "" }) });
  around.children.unshift(element("label", {}, [box, ...words]));
  item.attributes.class = "task";
}

function textOf(tokens) {
  return tokens.map(({ content, children, type }) => (children ? textOf(children) : type === "softbreak" ? "\n" : content)).join("");
}
