// Where a text that is too long for one piece is cut: where a reader notices least. Pure.

const SPACE = /\s(?=\S*$)/;

/**
 * @param {string} text more follows it
 * @returns {number} how much of it is the first piece
 */
export function cutAt(text) {
  const space = text.search(SPACE);
  return space > 0 ? space + 1 : text.length - Number(isHighSurrogate(text.at(-1)));
}

/**
 * The same for whole blocks: before a line that is not indented, at any line's end, at a space.
 * @param {string} text
 * @returns {number}
 */
export function cutAtLine(text) {
  const lines = text.lastIndexOf("\n") + 1;
  for (let at = lines; at > 0; at = at > 1 ? text.lastIndexOf("\n", at - 2) + 1 : 0) {
    if (/\S/.test(text[at] ?? " ")) {
      return at;
    }
  }
  return lines || cutAt(text);
}

function isHighSurrogate(character) {
  return character >= "\ud800" && character <= "\udbff";
}
