// A text box as high as its text, up to what the style allows. Most browsers do it by `field-sizing: content`.

/**
 * @param {HTMLTextAreaElement} box
 */
export function fit(box) {
  if (!CSS.supports("field-sizing", "content")) {
    box.style.blockSize = "auto";
    box.style.blockSize = `${box.scrollHeight + box.offsetHeight - box.clientHeight}px`;
  }
}
