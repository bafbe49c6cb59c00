// Length of a message as the server counts it: code points, not UTF-16 units. Pure.

import { figure, fill, ngettext } from "./words.js";

/**
 * @param {string} text
 * @returns {number}
 */
export function codePoints(text) {
  let pairs = 0;
  for (let index = 0; index < text.length - 1; index += 1) {
    if (text.charCodeAt(index) >>> 10 === 0x36 && text.charCodeAt(index + 1) >>> 10 === 0x37) {
      pairs += 1;
      index += 1;
    }
  }
  return text.length - pairs;
}

/**
 * What the counter near the composer says: nothing until a tenth of the limit is left.
 * @param {string} text
 * @param {number} limit code points
 * @returns {{over: boolean, words: string}}
 */
export function room(text, limit) {
  if (text.length < limit * 0.9) {
    return { over: false, words: "" };
  }
  const left = limit - codePoints(text);
  if (left < 0) {
    return { over: true, words: counted(ngettext("{count} character too many", "{count} characters too many", -left), -left) };
  }
  const words = counted(ngettext("{count} character left", "{count} characters left", left), left);
  return { over: false, words: left <= limit * 0.1 ? words : "" };
}

function counted(words, count) {
  return fill(words, { count: figure(count) });
}
