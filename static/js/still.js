// Changes what stands above without moving what is being read. Browsers anchor the view themselves, but not where it
// begins at the very top, and not all of them do.

/**
 * @param {HTMLElement} box what scrolls
 * @param {HTMLElement | null} anchor what shall stay where it is on the screen
 * @param {() => void} work
 */
export function keepStill(box, anchor, work) {
  const before = anchor?.getBoundingClientRect().top;
  work();
  if (anchor?.isConnected) {
    const moved = anchor.getBoundingClientRect().top - before;
    if (Math.abs(moved) >= 1) {
      box.scrollTop += moved;
    }
  }
}

/**
 * @param {HTMLElement} box what scrolls
 * @param {HTMLElement} list its children stand one below the other
 * @returns {HTMLElement | null} the first of them that the reader sees
 */
export function firstSeen(box, list) {
  const edge = box.getBoundingClientRect().top;
  const children = list.children;
  let [low, high] = [0, children.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (children[middle].getBoundingClientRect().bottom > edge) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return children[low] ?? null;
}
