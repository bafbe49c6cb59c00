// Which key sends. Pure.

/**
 * Enter sends, Shift+Enter breaks the line; never while an input method is composing a word. Safari ends the
 * composition before it reports the key, and then says 229.
 * @param {{key: string, shiftKey: boolean, isComposing: boolean, keyCode: number}} event
 * @returns {boolean}
 */
export function sends({ key, shiftKey, isComposing, keyCode }) {
  return key === "Enter" && !shiftKey && !isComposing && keyCode !== 229;
}
