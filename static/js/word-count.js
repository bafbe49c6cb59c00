// Counts the words of a text that comes in pieces, which may cut a word in two. Pure. Scripts without spaces between the
// words count by the character.

const UNSPACED = "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}";
const WORD = new RegExp(`[${UNSPACED}]|(?:(?![${UNSPACED}])[\\p{L}\\p{N}\\p{M}'’])+`, "gu");
const BEGINS_INSIDE = new RegExp(`^(?![${UNSPACED}])[\\p{L}\\p{N}\\p{M}'’]`, "u");
const ENDS_INSIDE = new RegExp(`(?![${UNSPACED}])[\\p{L}\\p{N}\\p{M}'’]$`, "u");

export class WordCount {
  #count = 0;
  #inside = false;

  get count() {
    return this.#count;
  }

  reset() {
    this.#count = 0;
    this.#inside = false;
  }

  /** @param {string} text what comes next */
  add(text) {
    if (text) {
      const goesOn = this.#inside && BEGINS_INSIDE.test(text);
      this.#count += (text.match(WORD)?.length ?? 0) - Number(goesOn);
      this.#inside = ENDS_INSIDE.test(text);
    }
  }

  /** @param {string} text a whole of its own: no word of it goes on */
  addWhole(text) {
    this.#inside = false;
    this.add(text);
    this.#inside = false;
  }
}
