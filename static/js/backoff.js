// How long to wait before the next try to connect. Pure.

const FIRST = 500;
const CAP = 15_000;

/**
 * Doubles from half a second to 15 s; half of each wait is left to chance, so that the tabs of a restarted server do
 * not come back in step.
 * @param {number} failures tries that failed in a row, from 0
 * @param {() => number} [random] gives [0, 1)
 * @returns {number} milliseconds
 */
export function backoff(failures, random = Math.random) {
  const full = Math.min(CAP, FIRST * 2 ** Math.min(failures, 10));
  return full / 2 + (full / 2) * random();
}
