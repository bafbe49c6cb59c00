// What a key means where text is written. Pure.

/**
 * Enter sends and Shift+Enter breaks the line, or, for a person who has set it so, Enter breaks the line; Ctrl+Enter and
 * Cmd+Enter send for everybody. Never while an input method is composing a word.
 * @param {{key: string, shiftKey: boolean, ctrlKey?: boolean, metaKey?: boolean, isComposing: boolean, keyCode: number}} event
 * @param {boolean} [enterSends] the person's setting
 * @returns {boolean}
 */
export function sends(event, enterSends = true) {
  const { key, shiftKey, ctrlKey, metaKey } = event;
  return key === "Enter" && !shiftKey && !composes(event) && Boolean(enterSends || ctrlKey || metaKey);
}

/**
 * @param {{isComposing: boolean, keyCode: number}} event
 * @returns {boolean} whether the key belongs to an input method that is composing a word: Safari ends the composition before
 *     it reports the key, and then says 229
 */
export function composes({ isComposing, keyCode }) {
  return isComposing || keyCode === 229;
}

/**
 * @param {{key: string, isComposing: boolean, keyCode: number}} event
 * @returns {boolean} Escape; not the one that takes a word back in an input method
 */
export function givesUp(event) {
  return event.key === "Escape" && !composes(event);
}

/**
 * Arrow up alone: in an empty box it edits one's last message.
 * @param {KeyboardEvent} event
 * @returns {boolean}
 */
export function looksBack({ key, shiftKey, ctrlKey, metaKey, altKey, isComposing }) {
  return key === "ArrowUp" && !shiftKey && !ctrlKey && !metaKey && !altKey && !isComposing;
}
