// A text box as high as its text, up to what the style allows. Most browsers do it by `field-sizing: content`. In others it is
// made small for a moment, to see how high its text is.

/**
 * @param {HTMLTextAreaElement} box
 */
export function fit(box) {
  if (!CSS.supports("field-sizing", "content")) {
    const frame = box.parentElement;
    frame.style.minBlockSize = `${frame.getBoundingClientRect().height}px`; // or the text above would be scrolled by the difference
    box.style.alignSelf = "start"; // nor does it fill its frame
    box.style.blockSize = "auto";
    box.style.blockSize = `${box.scrollHeight + box.offsetHeight - box.clientHeight}px`;
    box.style.alignSelf = frame.style.minBlockSize = "";
  }
}
