// Lengths of time in words. Pure.

import { fill, gettext } from "./words.js";

/**
 * @param {number} milliseconds
 * @returns {string} "12 s", "2 min 5 s"; never less than a second
 */
export function duration(milliseconds) {
  const seconds = Math.max(1, Math.round(milliseconds / 1_000));
  if (seconds < 60) {
    return fill(gettext("{seconds} s"), { seconds });
  }
  return fill(gettext("{minutes} min {seconds} s"), { minutes: Math.floor(seconds / 60), seconds: seconds % 60 });
}
