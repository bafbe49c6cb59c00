// Numbers as the page's language writes them.

/**
 * @param {number} number
 * @param {number} [digits] behind the point, at most
 * @returns {string}
 */
export function figure(number, digits = 0) {
  return number.toLocaleString(globalThis.document?.documentElement.lang || "en", { maximumFractionDigits: digits });
}
