// What is being read, so that it can be found again after the text took another width: the first block that begins in the
// upper half of the view and how far below its edge; where none does, the share of the block that is beyond the edge.

import { firstSeen } from "./still.js";

/**
 * @param {HTMLElement} box what scrolls
 * @param {HTMLElement} list its children stand one below the other
 * @returns {{block: HTMLElement, below: number, share: number} | null} `below`: pixels from the edge to the block; `share`: how
 *     much of the block is beyond the edge, from 0 to 1
 */
export function placeIn(box, list) {
  const { top: edge, height } = box.getBoundingClientRect();
  let cut = null;
  for (const block of blocksFrom(firstSeen(box, list), edge)) {
    const { top, height: length } = block.getBoundingClientRect();
    if (top >= edge) {
      return top < edge + height / 2 || !cut ? { block, below: top - edge, share: 0 } : cut;
    }
    cut ??= { block, below: 0, share: (edge - top) / length };
  }
  return cut;
}

/**
 * Scrolls until what was being read stands where it stood.
 * @param {HTMLElement} box
 * @param {{block: HTMLElement, below: number, share: number}} place
 * @returns {boolean} whether that moved anything
 */
export function restore(box, { block, below, share }) {
  const { top, height } = block.getBoundingClientRect();
  const moved = height > 0 ? top - box.getBoundingClientRect().top - below + share * height : 0;
  const before = box.scrollTop;
  if (Math.abs(moved) >= 1) {
    box.scrollTop += moved;
  }
  return box.scrollTop !== before;
}

// The blocks that end below the edge, in order. What is not seen takes no place, and has no blocks.
function* blocksFrom(element, edge) {
  for (let next = element; next; next = next.nextElementSibling) {
    const { bottom, height } = next.getBoundingClientRect();
    if (bottom > edge && height > 0) {
      yield* hasBlocks(next) ? blocksFrom(next.firstElementChild, edge) : [next];
    }
  }
}

function hasBlocks({ firstElementChild: child }) {
  return child !== null && !getComputedStyle(child).display.startsWith("inline");
}
