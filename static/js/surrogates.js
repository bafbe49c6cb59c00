// Half a surrogate pair is no character: JSON carries it as an escape that the server rightly refuses. Pure.

/**
 * @param {string} text as a text box may hold it, after a program cut an emoji in two
 * @returns {string} with U+FFFD in the place of each half pair, as every encoder to UTF-8 writes it
 */
export function wellFormed(text) {
  return text.replace(/\p{Surrogate}/gu, "\uFFFD");
}
