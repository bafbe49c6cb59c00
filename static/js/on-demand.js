// Parts of the page that are loaded when they are first asked for, so that the first load stays small.

import { gettext } from "./words.js";

let hasFailed = false; // some browsers never try a module again that could not be had once

/**
 * @param {() => Promise<object>} load imports the module
 * @param {(module: object) => void} use
 * @param {(words: string) => void} say why it cannot be had
 */
export async function onDemand(load, use, say) {
  const module = await load().catch(() => null);
  if (module) {
    use(module);
  } else {
    say(hasFailed ? reload() : gettext("This part of the page could not be loaded. Please try again when Brook is connected."));
    hasFailed = true;
  }
}

function reload() {
  return gettext("This part of the page still could not be loaded. Please reload the page when Brook is connected.");
}
