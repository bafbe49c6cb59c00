// The browser's storages. Where they are forbidden, even to name them fails: then what is kept lasts as long as the page.

import { Memory } from "./memory.js";

export const local = allowed(() => localStorage);
export const session = allowed(() => sessionStorage);

/** @returns {Storage | Memory} */
function allowed(storage) {
  try {
    return storage() ?? new Memory();
  } catch {
    return new Memory();
  }
}
