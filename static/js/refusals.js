// Why the page does not take a message just now, in words. Pure. Nothing is lost: the text stays where it was typed.

/**
 * @param {{writing: boolean, waiting: boolean, online: boolean, missing: boolean}} now
 * @returns {string} "" if it takes one
 */
export function refusalOf({ writing, waiting, online, missing }) {
  if (writing) {
    return "The answer is still being written. Your text is kept; Esc stops the answer.";
  }
  if (waiting) {
    return online
      ? "Your last message is still being sent. Your text is kept."
      : "Your last message is waiting for the connection. Your text is kept.";
  }
  return missing ? "There is no such conversation." : "";
}
