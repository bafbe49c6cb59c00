// Puts something in its place, picture after picture, until it stays there: what comes into view takes its real size only
// then, and moves what stands below. Ends with the reader's next move.

const STILL = 4; // pictures
const MOST = 120;
const MOVES = ["wheel", "touchstart", "pointerdown", "keydown"];

/**
 * @param {() => boolean} place puts it there, and says whether it had to be moved
 * @returns {AbortController} aborted when it is over; aborts it
 */
export function settle(place) {
  const over = new AbortController();
  let still = 0;
  let left = MOST;
  const look = () => {
    if (over.signal.aborted) {
      return;
    }
    still = place() ? 0 : still + 1;
    left -= 1;
    still < STILL && left > 0 ? requestAnimationFrame(look) : over.abort();
  };
  for (const move of MOVES) {
    document.addEventListener(move, () => over.abort(), { capture: true, passive: true, signal: over.signal });
  }
  look();
  return over;
}
