// Why the page does not take a message just now, or does not do something, in words. Pure. Nothing is lost: the text
// stays where it was typed.

import { gettext } from "./words.js";

/**
 * @typedef {{writing: boolean, waiting: boolean, online: boolean, gone: "" | "missing" | "deleted"}} Now
 */

/**
 * For what waits for the connection by itself.
 * @param {Now} now
 * @returns {string} "" if a message is taken
 */
export function refusalOf({ writing, waiting, online, gone }) {
  if (writing) {
    return gettext("The answer is still being written. Your text is kept; Esc stops the answer.");
  }
  if (waiting) {
    return online
      ? gettext("Your last message is still being sent. Your text is kept.")
      : gettext("Your last message is waiting for the connection. Your text is kept.");
  }
  return lost(gone);
}

/**
 * For another answer, which is asked for now or not at all.
 * @param {Now} now
 * @returns {string} "" if one can be asked for
 */
export function refusalToAnswer({ writing, waiting, online, gone }) {
  if (!online) {
    return refusalToAct({ online });
  }
  if (writing) {
    return gettext("An answer is still being written. Wait for its end, or stop it first.");
  }
  return waiting ? gettext("Your last message is still being sent. Please wait for its answer.") : lost(gone);
}

/**
 * For what the server does at once, whatever else is under way.
 * @param {{online: boolean}} now
 * @returns {string} "" if it can be done
 */
export function refusalToAct({ online }) {
  return online ? "" : gettext("Brook is not connected just now, so this was not done. Please try again when it is.");
}

function lost(gone) {
  switch (gone) {
    case "missing":
      return gettext("There is no such conversation. Your text is kept.");
    case "deleted":
      return gettext("This conversation was deleted. Your text is kept.");
    default:
      return "";
  }
}
