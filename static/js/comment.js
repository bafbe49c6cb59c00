// The form in which somebody says why an answer was good or bad. Loaded when it is first wanted.

import { fit } from "./growing-box.js";
import { givesUp, sends } from "./keys.js";

export class Comment {
  #form;
  #box;
  #on;

  /**
   * @param {HTMLTemplateElement} template
   * @param {object} on
   * @param {(text: string) => string} on.save returns why not, or ""
   * @param {() => void} on.leave it is not wanted any more
   */
  constructor(template, on) {
    this.#on = on;
    this.#form = template.content.querySelector("[data-comment]").cloneNode(true);
    this.#box = this.#form.querySelector("[data-part=text]");
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#form.querySelector("[data-action=cancel-comment]").addEventListener("click", () => on.leave());
    this.#box.addEventListener("input", () => fit(this.#box));
    this.#box.addEventListener("keydown", (event) => this.#pressed(event));
  }

  get text() {
    return this.#box.value;
  }

  /**
   * @param {HTMLElement} home behind which it stands
   * @param {string} text to begin with
   */
  open(home, text) {
    this.#box.value = text;
    home.after(this.#form);
    fit(this.#box);
    this.#box.focus();
  }

  close() {
    this.#form.remove();
  }

  #submit() {
    const notice = this.#form.querySelector("[data-part=notice]");
    notice.textContent = this.#on.save(this.text);
    notice.hidden = notice.textContent === "";
  }

  #pressed(event) {
    if (sends(event)) {
      event.preventDefault();
      this.#submit();
    } else if (givesUp(event)) {
      event.stopPropagation(); // stops no answer
      this.#on.leave();
    }
  }
}
