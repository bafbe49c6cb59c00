// Keeps what the reader has selected while elements are exchanged for others with the same text.

/**
 * @param {Node} element whose text does not change
 * @param {() => void} work
 */
export function keepingSelection(element, work) {
  const selection = document.getSelection();
  const { anchorNode, anchorOffset, focusNode, focusOffset } = selection;
  const anchor = offsetIn(element, anchorNode, anchorOffset);
  const focus = offsetIn(element, focusNode, focusOffset);
  work();
  if (selection.rangeCount > 0 && (anchor !== null || focus !== null)) {
    const from = anchor === null ? [anchorNode, anchorOffset] : placeAt(element, anchor);
    const to = focus === null ? [focusNode, focusOffset] : placeAt(element, focus);
    selection.setBaseAndExtent(...from, ...to);
  }
}

function offsetIn(element, node, offset) {
  if (!node || !element.contains(node)) {
    return null;
  }
  const range = document.createRange();
  range.setStart(element, 0);
  range.setEnd(node, offset);
  return range.toString().length;
}

function placeAt(element, offset) {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let rest = offset;
  while (texts.nextNode()) {
    const { length } = texts.currentNode;
    if (rest <= length) {
      return [texts.currentNode, rest];
    }
    rest -= length;
  }
  return [element, element.childNodes.length];
}
