// A row as it comes from the server, made ready to be shown by a tab that may have some of its text. Pure.

/**
 * A row whose answer is under way carries no text: it goes on from the text shown so far, or from nothing.
 * @param {object} row see docs/protocol.md
 * @param {import("./live-answer.js").LiveAnswer | null} live what this tab has of the answer under way
 * @returns {object}
 */
export function resumed(row, live) {
  if (row.generation?.status !== "streaming") {
    return row;
  }
  const { id, cursor } = row.generation;
  if (live?.generation === id && live.cursor === cursor) {
    return { ...row, content: live.row.content, reasoning: live.row.reasoning };
  }
  // A cursor that was said before this tab left and came back: what it counts from is gone, so the text is a hole.
  return { ...row, content: "", reasoning: "", generation: { ...row.generation, cursor: 0 } };
}

/**
 * A message that is still being sent, as a row of our own.
 * @param {object} command `send` or `edit`
 * @param {string | null} parent
 * @param {object[]} files those of the message, if they are known
 * @returns {object}
 */
export function unsent({ client_id: id, content }, parent, files) {
  return {
    id,
    client_id: id,
    parent,
    role: "user",
    content,
    reasoning: "",
    files,
    generation: null,
    sending: true,
  };
}
