// The whole page takes files that are dropped on it, and says so while they hover.

export class DropArea {
  #element;
  #on;
  #depth = 0;

  /**
   * @param {HTMLElement} element is shown while files hover
   * @param {(files: File[]) => void} on files were dropped
   */
  constructor(element, on) {
    this.#element = element;
    this.#on = on;
    addEventListener("dragenter", (event) => this.#hover(event, 1));
    addEventListener("dragleave", (event) => this.#hover(event, -1));
    addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
    addEventListener("drop", (event) => this.#dropped(event));
  }

  // Entering an element comes before leaving the one around it: only the balance tells whether the page was left.
  #hover(event, step) {
    if (hasFiles(event)) {
      this.#depth = Math.max(0, this.#depth + step);
      this.#element.hidden = this.#depth === 0;
    }
  }

  #dropped(event) {
    if (hasFiles(event)) {
      event.preventDefault(); // the browser would leave the page for the file
      this.#depth = 0;
      this.#element.hidden = true;
      this.#on([...event.dataTransfer.files]);
    }
  }
}

function hasFiles({ dataTransfer }) {
  return dataTransfer?.types.includes("Files") ?? false;
}
