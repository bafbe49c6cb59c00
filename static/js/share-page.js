// A shared conversation can be read without this script. It makes Markdown of the answers, as the chat does, and tells the
// times as the reader's clock has them.

import { Markdown } from "./markdown.js";

for (const element of document.querySelectorAll("[data-markdown]")) {
  const text = element.textContent;
  element.replaceChildren();
  const markdown = new Markdown(element);
  markdown.append(text);
  markdown.end();
}

const clock = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
for (const time of document.querySelectorAll("[data-moment]")) {
  time.textContent = clock.format(new Date(time.dateTime));
}
