// Where the reader is taken: to the head of a message, or, if they cannot be seen from there, to words in it that were
// searched for. How words are found in a text is loaded when that is first needed.

let markIn = null;

const SEEN = 0.8; // of the view: what is below stands at its very end, or beyond it
const ABOVE = 1 / 3; // of the view, which stands before what was searched for

/**
 * @param {HTMLElement} message
 * @param {HTMLElement} box what scrolls
 * @param {string} words that were searched for, or ""
 * @returns {() => boolean} goes there, and says whether it has to be looked at again: the message may still be being drawn
 */
export function wayTo(message, box, words) {
  const text = message.querySelector("[data-part=content]");
  let length = 0;
  let place = null;
  if (words) {
    import("./found.js").then((found) => (markIn = found.markIn)).catch(() => {}); // without it, the head will do
  }
  return () => {
    const before = box.scrollTop;
    if (words && markIn && !place && text.scrollHeight !== length) {
      length = text.scrollHeight;
      place = markIn(text, words);
    }
    if (place && !isNear(place, message, box)) {
      box.scrollTop += place.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight * ABOVE;
    } else {
      message.scrollIntoView({ block: "start" });
    }
    return box.scrollTop !== before || (words !== "" && !place);
  };
}

function isNear(place, message, box) {
  return place.getBoundingClientRect().bottom - message.getBoundingClientRect().top < box.clientHeight * SEEN;
}
