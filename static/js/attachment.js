// One file of a draft. Pure.

/**
 * @typedef {object} Attachment
 * @property {File} [source] on this computer; not after a reload
 * @property {object} [file] on the server: docs/protocol.md, "row"
 * @property {string | null} id of that
 * @property {string} name
 * @property {number} size bytes
 * @property {"text" | "image" | ""} kind "" while nobody knows
 * @property {"reading" | "waiting" | "uploading" | "ready" | "failed"} state
 * @property {number} progress 0 to 1
 * @property {string} words why it failed
 * @property {boolean} again whether trying again may help
 * @property {boolean} lost it failed with the connection
 * @property {AbortController} [stop] takes it back
 */

/**
 * @param {File} source
 * @returns {Attachment}
 */
export function fresh(source) {
  const { name, size } = source;
  return { source, name, size, kind: "", id: null, state: "reading", progress: 0, words: "", again: false, lost: false };
}

/**
 * @param {object} file that is on the server
 * @param {File} [source] where it came from
 * @returns {Attachment}
 */
export function kept(file, source) {
  const { id, name, size, kind } = file;
  return { source, file, id, name, size, kind, state: "ready", progress: 1, words: "", again: false, lost: false };
}
