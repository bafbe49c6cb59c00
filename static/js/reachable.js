// What scrolls inside can be reached and scrolled by keyboard.

/**
 * @param {HTMLElement} element
 * @param {string} name
 */
export function reachable(element, name) {
  element.tabIndex = 0;
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", name);
}
