// Which models to offer for what was typed into the search. Pure.

const LONG = 8;

/**
 * @param {{id: string, images: boolean | null}[] | null} models null: nobody knows yet
 * @returns {boolean} whether a box to search or to type is worth its place
 */
export function needsBox(models) {
  return models !== null && (models.length === 0 || models.length > LONG);
}

/**
 * @param {{id: string, images: boolean | null}[]} models
 * @param {string} typed
 * @returns {{id: string, images: boolean | null}[]} those that have every typed word in their names; where the upstream has
 *     no list, what was typed is a name
 */
export function offered(models, typed) {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (models.length === 0) {
    return words.length > 0 ? [{ id: typed.trim(), images: null }] : [];
  }
  return models.filter(({ id }) => words.every((word) => id.toLowerCase().includes(word)));
}

/**
 * @param {number} at -1 is none
 * @param {string} key
 * @param {number} count
 * @returns {number} the place that the key leads to
 */
export function moved(at, key, count) {
  switch (key) {
    case "ArrowDown":
      return Math.min(at + 1, count - 1);
    case "ArrowUp":
      return Math.max(at - 1, 0);
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return at;
  }
}
