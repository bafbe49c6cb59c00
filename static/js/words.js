// What the page says, in the person's language. English is what stands in the source; another language comes with the page,
// as a catalogue that gettext made (docs/architecture.md, "Languages").

const catalogue = Object.assign(Object.create(null), JSON.parse(globalThis.document?.getElementById("words")?.textContent || "{}"));

// Of the languages that there are, each has two forms, and this rule: gettext's "nplurals=2; plural=(n != 1)".
const plural = (count) => Number(count !== 1);

/**
 * @param {string} text English
 * @returns {string}
 */
export function gettext(text) {
  const found = catalogue[text];
  return (Array.isArray(found) ? found[0] : found) || text;
}

/**
 * @param {string} one
 * @param {string} many
 * @param {number} count
 * @returns {string}
 */
export function ngettext(one, many, count) {
  const form = plural(count);
  return catalogue[one]?.[form] || [one, many][form] || many;
}

/**
 * @param {string} text with names in braces: "{count} left"
 * @param {Record<string, string | number>} values
 * @returns {string}
 */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * @param {number} number
 * @param {number} [digits] behind the point, at most
 * @returns {string} as the page's language writes it
 */
export function figure(number, digits = 0) {
  return number.toLocaleString(globalThis.document?.documentElement.lang || "en", { maximumFractionDigits: digits });
}
