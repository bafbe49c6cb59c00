// How long to wait before the next try to connect, and what to call the time until then. Pure.

const FIRST = 500;
const CAP = 8_000; // so that a tab is back within ten seconds once the server is
const QUICKLY = 300;

// Close codes: docs/protocol.md
export const LOGGED_OUT = 4401;
export const SILENT = 4408;
export const TOO_MANY = 4429;
export const RESTARTING = 1012;
export const LOST = 1006;

/**
 * Doubles from half a second to 8 s; half of each wait is left to chance, so that the tabs of a restarted server do
 * not come back in step.
 * @param {number} failures tries that failed in a row, from 0
 * @param {() => number} [random] gives [0, 1)
 * @returns {number} milliseconds
 */
export function backoff(failures, random = Math.random) {
  const full = Math.min(CAP, FIRST * 2 ** Math.min(failures, 10));
  return full / 2 + (full / 2) * random();
}

/**
 * What the end of a connection calls for. A server that ends it by its own rules is there, and so may its neighbour be:
 * the first try comes quickly, and nothing is said about it unless it fails.
 * @param {number} code of the close frame; LOST if there was none
 * @param {number} failures tries that failed in a row, from 0
 * @param {() => number} random gives [0, 1)
 * @returns {{state: "connecting" | "limited" | "offline", wait: number}} milliseconds
 */
export function afterLoss(code, failures, random) {
  if (code === TOO_MANY) {
    return { state: "limited", wait: backoff(Infinity, random) };
  }
  if ((code === SILENT || code === RESTARTING) && failures === 0) {
    return { state: "connecting", wait: QUICKLY * random() };
  }
  return { state: "offline", wait: backoff(failures, random) };
}
