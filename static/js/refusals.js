// Why the page does not take a message just now, in words. Pure. Nothing is lost: the text stays where it was typed.

const GONE = {
  missing: "There is no such conversation. Your text is kept.",
  deleted: "This conversation was deleted. Your text is kept.",
};

/**
 * @param {{writing: boolean, waiting: boolean, online: boolean, gone: "" | "missing" | "deleted"}} now
 * @returns {string} "" if it takes one
 */
export function refusalOf({ writing, waiting, online, gone }) {
  if (writing) {
    return "The answer is still being written. Your text is kept; Esc stops the answer.";
  }
  if (waiting) {
    return online
      ? "Your last message is still being sent. Your text is kept."
      : "Your last message is waiting for the connection. Your text is kept.";
  }
  return GONE[gone] ?? "";
}
