// A conversation's title as a text box in its place. Enter and leaving it save, Escape gives up; a title without a
// visible character, or the same one, changes nothing. One that is too long stays in the box, and words below say so.

import { givesUp, sends } from "./keys.js";
import { room } from "./lengths.js";
import { fill, gettext } from "./words.js";

const TITLE_CHARS = 200; // chat/live/protocol/reading.py

/**
 * @param {HTMLElement} row of the list; marked with `data-renaming` meanwhile
 * @param {{save: (title: string) => void, ended: () => void}} on
 * @returns {() => void} gives up
 */
export function openRenaming(row, { save, ended }) {
  const title = row.querySelector("[data-part=title]").textContent;
  const box = boxWith(title);
  const trouble = wordsBelow(box, `renaming-${row.dataset.conversation}`);
  let over = false;

  function end({ keep, refocus = false }) {
    if (over || (keep && tooLong(box.value))) {
      return; // taking the box away is leaving it, too
    }
    over = true;
    box.remove();
    trouble.remove();
    row.removeAttribute("data-renaming");
    if (refocus) {
      row.querySelector("[data-menu]").focus({ preventScroll: true });
    }
    const line = oneLine(box.value);
    if (keep && line !== "" && line !== title) {
      save(line);
    }
    ended();
  }

  box.addEventListener("input", () => {
    trouble.textContent = tooLong(box.value);
    box.setAttribute("aria-invalid", String(trouble.textContent !== ""));
  });
  box.addEventListener("blur", () => end({ keep: true }));
  box.addEventListener("keydown", (event) => {
    if (sends(event)) {
      event.preventDefault();
      end({ keep: true, refocus: true });
    } else if (givesUp(event)) {
      event.stopPropagation();
      end({ keep: false, refocus: true });
    }
  });
  row.setAttribute("data-renaming", "");
  row.append(box, trouble);
  box.focus();
  box.select();
  box.scrollLeft = 0; // a long title shows its beginning
  return () => end({ keep: false });
}

// As the server keeps a title.
function oneLine(text) {
  return text.split(/\s+/).filter(Boolean).join(" ");
}

// Words that say so, or "".
function tooLong(text) {
  const { over, words } = room(oneLine(text), TITLE_CHARS);
  return over ? fill(gettext("A title has at most {most} characters: {surplus}."), { most: TITLE_CHARS, surplus: words }) : "";
}

function boxWith(title) {
  const box = document.createElement("input");
  box.className = "conversation-box";
  box.value = title;
  box.autocomplete = "off";
  box.dir = "auto";
  box.setAttribute("aria-label", gettext("Title"));
  box.setAttribute("enterkeyhint", "done");
  return box;
}

function wordsBelow(box, id) {
  const words = document.createElement("p");
  words.className = "conversation-trouble";
  words.id = id;
  words.setAttribute("aria-live", "polite");
  box.setAttribute("aria-describedby", id);
  return words;
}
