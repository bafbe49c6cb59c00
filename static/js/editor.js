// One's own message as a text box in its place. The old version stays: an edit is a sibling.

import { fit } from "./growing-box.js";
import { sends } from "./keys.js";
import { room } from "./lengths.js";

/**
 * @param {HTMLTemplateElement} template
 * @param {import("./message.js").MessageView} view
 * @param {object} options
 * @param {string} options.text
 * @param {string} [options.notice] why it is open again
 * @param {number} options.limit code points
 * @param {(text: string) => string} options.send returns why not, or ""
 */
export function openEditor(template, view, { text, notice = "", limit, send }) {
  const form = template.content.querySelector("[data-editor]").cloneNode(true);
  const box = form.querySelector("[data-part=text]");
  const line = form.querySelector("[data-part=notice]");

  function say(words) {
    line.textContent = words;
    line.hidden = words === "";
  }

  function submit() {
    if (box.value.trim() === "") {
      return;
    }
    const { over, words } = room(box.value, limit);
    const refusal = over ? `This message is too long: ${words}. Please shorten it.` : send(box.value);
    say(refusal);
    if (!refusal) {
      view.edit(null);
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  form.querySelector("[data-action=cancel-edit]").addEventListener("click", (event) => {
    event.stopPropagation();
    view.edit(null);
  });
  box.addEventListener("input", () => fit(box));
  box.addEventListener("keydown", (event) => {
    if (sends(event)) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      view.edit(null);
    }
  });

  box.value = text;
  view.edit(form);
  say(notice);
  fit(box);
  box.focus();
}
