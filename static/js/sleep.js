// Notices that the machine slept: a timer then comes far too late by the clock on the wall. No event tells it, and the
// socket still looks open although the other end has long given up.

const EVERY = 5_000;
const LATE = 10_000;

/**
 * @param {() => void} woke the page ran again after a pause; also in a hidden tab, whose timers are held back
 */
export function watchSleep(woke) {
  let before = Date.now();
  setInterval(() => {
    const now = Date.now();
    if (now - before > EVERY + LATE) {
      woke();
    }
    before = now;
  }, EVERY);
}
