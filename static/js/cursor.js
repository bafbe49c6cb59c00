// What to do with a delta. Pure; see docs/protocol.md, "Cursors". Only the server computes cursors: here they are
// compared and stored, never counted.

/**
 * @param {number} cursor where the shown text ends
 * @param {{from: number, to: number}} delta
 * @returns {"accept" | "drop" | "hole"}
 */
export function decide(cursor, { from, to }) {
  if (to <= cursor) {
    return "drop";
  }
  if (from === cursor) {
    return "accept";
  }
  return "hole";
}
