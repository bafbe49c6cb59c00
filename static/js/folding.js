// On a wide screen the list of conversations can be folded away; the browser remembers it. early.js has folded it already
// when the page was first painted.

const FOLDED = "brook:folded"; // as in early.js

/**
 * @param {HTMLElement} root carries `data-folded`
 * @param {Storage} storage
 * @param {boolean} folded
 */
export function fold(root, storage, folded) {
  root.toggleAttribute("data-folded", folded);
  try {
    folded ? storage.setItem(FOLDED, "1") : storage.removeItem(FOLDED);
  } catch {
    // A full storage: it is folded on this page alone.
  }
}
