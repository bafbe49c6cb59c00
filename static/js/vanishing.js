// What is hidden while the keyboard is in it must not leave it nowhere: the event `focus-left` rises from there, and whoever
// hears it gives the focus on. A pointer needs none, and on a phone it would call up the keys.

/**
 * @param {HTMLElement} element
 * @param {boolean} hidden
 */
export function setHidden(element, hidden) {
  const isLeft = hidden && !element.hidden && element.matches(":focus-visible, :has(:focus-visible)");
  element.hidden = hidden;
  if (isLeft) {
    element.dispatchEvent(new Event("focus-left", { bubbles: true }));
  }
}
