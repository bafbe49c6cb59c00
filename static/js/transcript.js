// The shown messages, in order. Keeps one view for each message of the conversation, shown or not, so that an answer
// goes on growing while the reader looks at another version; moves no element that stands where it should.

import { MessageView } from "./message.js";

export class Transcript {
  #element;
  #template;
  #mayFold;
  #views = new Map();

  /**
   * @param {HTMLElement} element
   * @param {HTMLTemplateElement} template
   * @param {object} on
   * @param {(action: string, row: object) => void} on.action a button of a message was pressed
   * @param {() => boolean} on.mayFold
   */
  constructor(element, template, { action, mayFold }) {
    this.#element = element;
    this.#template = template;
    this.#mayFold = mayFold;
    element.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-action]");
      const view = button && this.#viewAround(button);
      if (view) {
        action(button.dataset.action, view.row);
      }
    });
  }

  clear() {
    this.#views.clear();
    this.#element.replaceChildren();
  }

  /**
   * @param {object} row
   * @returns {MessageView} its view, made at need
   */
  view(row) {
    const key = keyOf(row);
    let view = this.#views.get(key);
    if (!view) {
      view = new MessageView(this.#template, this.#mayFold);
      this.#views.set(key, view);
    }
    return view;
  }

  /**
   * @param {object[]} path the rows to show
   * @param {object} now
   * @param {boolean} now.online
   * @param {string | null} now.stopping the generation that is being stopped
   * @param {boolean} now.busy
   * @param {(id: string) => object} now.siblings
   */
  render(path, { online, stopping, busy, siblings }) {
    let place = this.#element.firstElementChild;
    for (const row of path) {
      const view = this.view(row);
      view.update(row, { online, stopping: stopping !== null && row.generation?.id === stopping });
      view.versions(siblings(row.id));
      view.busy(busy, online);
      if (view.element === place) {
        place = place.nextElementSibling;
      } else {
        this.#element.insertBefore(view.element, place);
      }
    }
    while (place) {
      const next = place.nextElementSibling;
      place.remove();
      place = next;
    }
  }

  #viewAround(element) {
    const article = element.closest("article");
    return [...this.#views.values()].find((view) => view.element === article);
  }
}

// A message keeps its element when the server's row takes the place of the one that was being sent.
function keyOf(row) {
  return `${row.role} ${row.client_id ?? row.id}`;
}
