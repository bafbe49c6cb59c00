// The colours of code, by highlight.js. It and each language are loaded when first needed. It returns markup: that becomes
// elements through DOMPurify, the one Trusted Types policy that our pages let in, and of it only <span class="…">.

import { languageFor } from "./code-languages.js";
import { slices } from "./slices.js";

const LONGEST = 24_000; // of characters: 30 ms here, beyond which a reader would notice

const ALLOWED = { ALLOWED_TAGS: ["span"], ALLOWED_ATTR: ["class"], ALLOW_DATA_ATTR: false, RETURN_DOM_FRAGMENT: true };

/**
 * @param {string} code
 * @param {string} word what stands behind the fence
 * @returns {Promise<DocumentFragment | null>} null where there are no colours for it
 */
export async function highlighted(code, word) {
  const language = languageFor(word);
  if (!language || code.length > LONGEST) {
    return null;
  }
  try {
    const [{ default: highlighter }, { default: grammar }, { default: purify }] = await Promise.all([
      import("highlight.js"),
      import(`highlight.js/${language}`),
      import("dompurify"),
    ]);
    highlighter.registerLanguage(language, grammar);
    return await inItsTurn(() => purify.sanitize(highlighter.highlight(code, { language }).value, ALLOWED));
  } catch {
    return null; // not loaded: it stays as it is
  }
}

function inItsTurn(work) {
  return new Promise((resolve, reject) => {
    slices.request(() => {
      try {
        resolve(work());
      } catch (error) {
        reject(error);
      }
      return false;
    });
  });
}
