// One result of the search as a row of the list: the conversation's title, who said it and when, and the words around what was
// found. All of it enters as text.

import { make } from "./elements.js";
import { gettext } from "./words.js";

/**
 * @typedef {{text: string, hit: boolean}[]} Parts of a text; the hits are what was searched for
 * @param {{conversation: string, message: string | null, title: string, role: string, created: string, snippet: Parts}} result
 *     without `message` and `role` where it is the title that was found
 * @param {number} index
 * @param {string} words that were searched for
 * @returns {HTMLElement}
 */
export function resultRow({ conversation, message, title, role, created, snippet }, index, words) {
  const row = make("a", "search-result");
  row.id = `search-result-${index}`;
  row.setAttribute("role", "option");
  Object.assign(row.dataset, { conversation, message: message ?? "" });
  row.href = `/c/${conversation}/${message ? `#m-${message}&words=${encodeURIComponent(words)}` : ""}`;
  row.tabIndex = -1; // the box keeps the focus
  row.append(head(title, role, created), partsIn(make("span", "search-text"), snippet));
  return row;
}

function head(title, role, created) {
  const head = make("span", "search-name");
  const parts = [{ text: title || gettext("Untitled"), hit: false }];
  head.append(partsIn(make("span", "search-title"), parts), make("span", "search-when", whenOf(role, created)));
  return head;
}

function whenOf(role, created) {
  const who = { user: gettext("You"), assistant: gettext("Assistant") }[role];
  const day = created && new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium" }).format(new Date(created));
  return [who, day].filter(Boolean).join(" · ");
}

function partsIn(element, parts) {
  element.dir = "auto";
  element.append(...parts.map(({ text, hit }) => (hit ? make("mark", "hit", text) : text)));
  return element;
}
