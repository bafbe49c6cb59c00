// What comes from the server, on its way into the page: its sentences are English, and a page in another language has them
// in that one. What is stored and sent stays as it is. An English page loads nothing for it.

let translated = null;

/** Settles as soon as `heard` knows the page's language. If the words cannot be had, what the server says stays English. */
export const ready = isEnglish()
  ? Promise.resolve()
  : import("./server-words.js").then(
      (module) => {
        translated = module.translated;
      },
      () => {},
    );

/**
 * @param {object | null} event of docs/protocol.md
 * @returns {object | null}
 */
export function heard(event) {
  return translated && event ? translated(event) : event;
}

function isEnglish() {
  return (globalThis.document?.documentElement.lang || "en") === "en";
}
