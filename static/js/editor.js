// One's own message as a text box in its place. The old version stays: an edit is a sibling.

import { fit } from "./growing-box.js";
import { givesUp, sends } from "./keys.js";
import { room } from "./lengths.js";
import { fill, gettext } from "./words.js";

/**
 * @param {HTMLTemplateElement} template
 * @param {import("./message.js").MessageView} view
 * @param {object} options
 * @param {string} options.text
 * @param {string} [options.notice] why it is open again
 * @param {boolean} [options.focus] whether the person is about to write
 * @param {boolean} options.mayBeEmpty there are files besides the text
 * @param {number} options.limit code points
 * @param {boolean} [options.enterSends] the person's setting
 * @param {(text: string) => string} options.send returns why not, or ""
 * @param {(text: string) => void} options.keep what was typed so far; "" once it is done with
 */
export function openEditor(template, view, { text, notice = "", focus = true, mayBeEmpty, limit, enterSends = true, send, keep }) {
  const form = template.content.querySelector("[data-editor]").cloneNode(true);
  const box = form.querySelector("[data-part=text]");
  const line = form.querySelector("[data-part=notice]");
  const opener = focus ? document.activeElement : null;

  function say(words) {
    line.textContent = words;
    line.hidden = words === "";
  }

  function close() {
    keep("");
    view.edit(null);
    opener?.focus({ preventScroll: true }); // where it cannot be, the message keeps it
  }

  function submit() {
    const refusal = troubleWith(box.value, limit, mayBeEmpty) || send(box.value);
    say(refusal);
    if (!refusal) {
      close();
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  form.querySelector("[data-action=cancel-edit]").addEventListener("click", (event) => {
    event.stopPropagation();
    close();
  });
  box.addEventListener("input", () => {
    say("");
    fit(box);
    keep(box.value);
  });
  box.addEventListener("keydown", (event) => {
    if (sends(event, enterSends)) {
      event.preventDefault();
      submit();
    } else if (givesUp(event)) {
      event.stopPropagation(); // stops no answer
      close();
    }
  });

  box.value = text;
  view.edit(form);
  say(notice);
  if (notice) {
    keep(text); // it was sent, and came back
  }
  fit(box);
  if (focus) {
    box.focus();
  }
}

function troubleWith(text, limit, mayBeEmpty) {
  if (text.trim() === "" && !mayBeEmpty) {
    return gettext("The message is empty. Write something, or cancel: then it stays as it was.");
  }
  const { over, words } = room(text, limit);
  return over ? fill(gettext("This message is too long: {words}. Please shorten it."), { words }) : "";
}
