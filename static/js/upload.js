// Brings one file to the server, with progress: fetch cannot tell how much has gone. Knows no page.

import { fill, gettext } from "./words.js";

export class NotUploaded extends Error {
  /**
   * @param {string} words for people; "" when it was taken back by the person
   * @param {object} [options]
   * @param {boolean} [options.again] it may go well another time
   * @param {boolean} [options.lost] the connection broke: nobody knows whether it arrived
   */
  constructor(words, { again = false, lost = false } = {}) {
    super(words);
    this.again = again;
    this.lost = lost;
  }
}

/**
 * @param {File} file
 * @param {object} options
 * @param {string} options.address
 * @param {string} options.token of a form, which proves that the file comes from our page
 * @param {(share: number) => void} options.progress 0 to 1
 * @param {AbortSignal} options.signal takes it back
 * @param {() => XMLHttpRequest} [options.request]
 * @returns {Promise<object>} a file of docs/protocol.md, "row"
 * @throws {NotUploaded}
 */
export function upload(file, { address, token, progress, signal, request = () => new XMLHttpRequest() }) {
  const asked = request();
  const form = new FormData();
  form.append("file", file, file.name);
  return new Promise((resolve, reject) => {
    asked.upload.onprogress = ({ lengthComputable, loaded, total }) => lengthComputable && progress(loaded / total);
    asked.onload = () => answered(asked, resolve, reject);
    asked.onerror = () => reject(new NotUploaded(gettext("The connection broke"), { again: true, lost: true }));
    asked.onabort = () => reject(new NotUploaded(""));
    signal.addEventListener("abort", () => asked.abort());
    asked.open("POST", address);
    asked.setRequestHeader("X-CSRFToken", token);
    asked.setRequestHeader("Accept", "application/json");
    asked.send(form);
  });
}

function answered({ status, responseText }, resolve, reject) {
  const told = parsed(responseText);
  if (status >= 200 && status < 300 && typeof told?.id === "string") {
    resolve(told);
  } else {
    reject(new NotUploaded(wordsOf(told, status), { again: status === 0 || status === 408 || status === 429 || status >= 500 }));
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// Ours come as JSON; what something on the way says instead is not for people.
function wordsOf(told, status) {
  const words = told?.message ?? told?.error?.message ?? told?.error;
  if (typeof words === "string" && words) {
    return words;
  }
  return status >= 200 && status < 400
    ? gettext("You are no longer logged in. Please reload the page")
    : fill(gettext("Brook did not take it (HTTP {status})"), { status });
}
