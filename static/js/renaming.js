// A conversation's title as a text box in its place. Enter and leaving it save, Escape gives up; a title without a
// visible character, or the same one, changes nothing.

import { sends } from "./keys.js";

const TITLE_CHARS = 200; // chat/live/protocol.py

/**
 * @param {HTMLElement} row of the list; marked with `data-renaming` meanwhile
 * @param {(title: string) => void} save
 * @returns {() => void} gives up
 */
export function openRenaming(row, save) {
  const title = row.querySelector("[data-part=title]").textContent;
  const box = boxWith(title);
  let over = false;

  function end({ keep, refocus = false }) {
    if (over) {
      return; // taking the box away is leaving it, too
    }
    over = true;
    box.remove();
    row.removeAttribute("data-renaming");
    if (refocus) {
      row.querySelector("[data-action=rename]").focus({ preventScroll: true });
    }
    const line = oneLine(box.value);
    if (keep && line !== "" && line !== title) {
      save(line);
    }
  }

  box.addEventListener("blur", () => end({ keep: true }));
  box.addEventListener("keydown", (event) => {
    if (sends(event)) {
      event.preventDefault();
      end({ keep: true, refocus: true });
    } else if (event.key === "Escape" && !event.isComposing) {
      event.stopPropagation();
      end({ keep: false, refocus: true });
    }
  });
  row.setAttribute("data-renaming", "");
  row.append(box);
  box.focus();
  box.select();
  box.scrollLeft = 0; // a long title shows its beginning
  return () => end({ keep: false });
}

/**
 * @param {string} text
 * @returns {string} as the server keeps a title
 */
export function oneLine(text) {
  return text.split(/\s+/).filter(Boolean).join(" ");
}

function boxWith(title) {
  const box = document.createElement("input");
  box.className = "conversation-box";
  box.value = title;
  box.maxLength = TITLE_CHARS;
  box.autocomplete = "off";
  box.dir = "auto";
  box.setAttribute("aria-label", "Title");
  box.setAttribute("enterkeyhint", "done");
  return box;
}
