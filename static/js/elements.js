// Elements and their words. Text enters the page as text.

/**
 * @param {string} name of the element
 * @param {string} className
 * @param {string} [text]
 * @returns {HTMLElement}
 */
export function make(name, className, text = "") {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}

/**
 * Changes nothing where nothing changes: what is read aloud is not read again, what is selected stays so.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function put(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
