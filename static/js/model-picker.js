// The list of models above the button that names the one in use: a listbox that the arrow keys go through, with a box to
// search in where it is long, or to type a name into where the upstream has no list.

import { make } from "./elements.js";
import { composes } from "./keys.js";
import { moved, needsBox, offered } from "./model-list.js";
import { gettext } from "./words.js";

export class ModelPicker {
  #dialog;
  #button;
  #parts = {};
  #choices;
  #on;
  #shown = [];
  #at = -1;
  #asked = false;
  #drawn = ""; // what is drawn, and
  #seen = null; // which model was brought into view

  /**
   * @param {HTMLDialogElement} dialog
   * @param {HTMLButtonElement} button
   * @param {import("./choices.js").Choices} choices
   * @param {(model: string) => void} on one was chosen; "" is the default
   */
  constructor(dialog, button, choices, on) {
    this.#dialog = dialog;
    this.#button = button;
    this.#choices = choices;
    this.#on = on;
    for (const part of dialog.querySelectorAll("[data-part]")) {
      this.#parts[part.dataset.part] = part;
    }
    dialog.addEventListener("close", () => button.setAttribute("aria-expanded", "false"));
    dialog.addEventListener("keydown", (event) => this.#pressed(event));
    this.#parts.box.addEventListener("input", () => this.#typed());
    this.#parts.list.addEventListener("click", ({ target }) => this.#choose(target.closest("[role=option]")));
  }

  open() {
    this.#asked = this.#choices.askForModels();
    this.#parts.box.value = "";
    this.#dialog.showModal();
    this.#button.setAttribute("aria-expanded", "true");
    this.#at = -1;
    this.#drawn = "";
    this.#seen = null;
    this.render();
  }

  /** The connection came or went, and with it what was asked. */
  connectionChanged() {
    if (this.#dialog.open) {
      this.#asked = this.#choices.askForModels();
      this.render();
    }
  }

  /** Shows what is known by now. What is shown already stays: somebody may be pressing it, or scroll through it. */
  render() {
    if (!this.#dialog.open) {
      return;
    }
    const models = this.#choices.models;
    const marked = this.#shown[this.#at]?.id ?? this.#choices.model;
    this.#shown = models ? offered(models, this.#parts.box.value) : [];
    this.#at = this.#shown.findIndex(({ id }) => id === marked);
    const { model, default: first } = this.#choices;
    const drawn = JSON.stringify([models, this.#asked, this.#shown, model, first]);
    if (drawn !== this.#drawn) {
      this.#drawn = drawn;
      this.#draw(models);
    }
  }

  #draw(models) {
    this.#parts.list.replaceChildren(...this.#shown.map((model, place) => this.#option(model, place)));
    this.#parts.list.hidden = this.#shown.length === 0;
    this.#parts.search.hidden = !needsBox(models);
    this.#say(models);
    this.#mark();
    this.#place();
    this.#focus();
  }

  #say(models) {
    const words = this.#words(models);
    this.#parts.words.textContent = words;
    this.#parts.words.hidden = words === "";
  }

  #words(models) {
    if (!models) {
      return this.#asked
        ? gettext("Asking which models there are…")
        : gettext("Brook is not connected just now; which models there are is told when it is.");
    }
    if (models.length === 0) {
      return gettext("The model’s server has no list. Type the name of a model.");
    }
    return this.#shown.length === 0 ? gettext("No model has such a name.") : "";
  }

  #option({ id, images }, place) {
    const option = document.createElement("div");
    option.className = "models-option";
    option.role = "option";
    option.id = `model-${place}`;
    option.dataset.place = String(place);
    option.setAttribute("aria-selected", String(id === this.#choices.model));
    option.append(make("span", "models-name", id));
    if (id === this.#choices.default) {
      option.append(make("span", "models-mark", gettext("Default")));
    } else if (images) {
      option.append(make("span", "models-mark", gettext("Reads pictures")));
    }
    return option;
  }

  #typed() {
    this.render();
    this.#at = this.#shown.length > 0 ? 0 : -1;
    this.#seen = null; // the list is another, wherever it was scrolled to
    this.#mark();
  }

  #pressed(event) {
    if (composes(event)) {
      return;
    }
    const to = moved(this.#at, event.key, this.#shown.length);
    const inText = event.target === this.#parts.box && (event.key === "Home" || event.key === "End");
    if (event.key === "Enter" && event.target.closest("button") === null) {
      event.preventDefault();
      this.#choose(this.#parts.list.children[this.#at]);
    } else if (["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key) && !inText) {
      event.preventDefault();
      this.#at = to;
      this.#mark();
    }
  }

  #mark() {
    const options = [...this.#parts.list.children];
    options.forEach((option, place) => option.toggleAttribute("data-marked", place === this.#at));
    const marked = this.#shown[this.#at]?.id ?? null;
    if (marked !== this.#seen) {
      this.#seen = marked;
      options[this.#at]?.scrollIntoView({ block: "nearest" });
    }
    for (const element of [this.#parts.box, this.#parts.list]) {
      element.setAttribute("aria-activedescendant", options[this.#at]?.id ?? "");
    }
  }

  #choose(option) {
    const model = option && this.#shown[Number(option.dataset.place)];
    if (model) {
      this.#dialog.close();
      this.#on(model.id === this.#choices.default ? "" : model.id);
    }
  }

  // Above the button; on a narrow screen the style makes it a sheet, and these are passed over.
  #place() {
    const { left, top } = this.#button.getBoundingClientRect();
    this.#dialog.style.setProperty("--left", `${Math.max(8, Math.min(left, innerWidth - this.#dialog.offsetWidth - 8))}px`);
    this.#dialog.style.setProperty("--bottom", `${innerHeight - top + 8}px`);
  }

  #focus() {
    const { search, box, list } = this.#parts;
    const place = search.hidden ? list : box;
    if (document.activeElement !== place) {
      place.focus({ preventScroll: true });
    }
  }
}
