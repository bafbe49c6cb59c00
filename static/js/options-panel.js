// The dialog for what is asked of the model: instructions, temperature, the longest answer. Nothing changes before Save, and
// it stays open until the server has it, so that nothing typed is lost.

import { codePoints, room } from "./lengths.js";
import { figure, fill, gettext } from "./words.js";

export class OptionsPanel {
  #dialog;
  #parts = {};
  #choices;
  #opened = null;
  #limit = Infinity;

  /**
   * @param {HTMLDialogElement} dialog
   * @param {import("./choices.js").Choices} choices
   */
  constructor(dialog, choices) {
    this.#dialog = dialog;
    this.#choices = choices;
    for (const part of dialog.querySelectorAll("[data-part]")) {
      this.#parts[part.dataset.part] = part;
    }
    const { form, instructions, temperature, number, plain } = this.#parts;
    form.addEventListener("submit", (event) => this.#submitted(event));
    instructions.addEventListener("input", () => this.#count());
    temperature.addEventListener("input", () => this.#turn(temperature.value));
    number.addEventListener("input", () => this.#turn(number.value));
    plain.addEventListener("click", () => this.#turn(""));
    form.addEventListener("input", () => this.#say(""));
    form.addEventListener("beforeinput", (event) => this.#letter(event));
    dialog.addEventListener("click", (event) => event.target === dialog && event.stopImmediatePropagation(), { capture: true });
  }

  /** @param {number} limit code points of the instructions */
  open(limit) {
    this.#limit = limit;
    const { instructions, tokens, lead } = this.#parts;
    const { options } = this.#choices;
    this.#opened = options;
    instructions.value = options.instructions;
    tokens.value = options.max_tokens ?? "";
    this.#turn(options.temperature ?? "");
    lead.textContent = this.#choices.isNew
      ? gettext("For this new chat; they go along with its first message.")
      : gettext("For this conversation, from the next answer on.");
    this.#count();
    this.#say("");
    this.#busy(false);
    this.#dialog.showModal();
  }

  /** Another conversation is shown: what is asked here was meant for the one before. */
  close() {
    this.#dialog.close();
  }

  async #submitted(event) {
    event.preventDefault();
    const trouble = this.#trouble();
    if (trouble) {
      this.#say(trouble);
      return;
    }
    this.#busy(true);
    const words = await this.#choices.save(this.#changes());
    this.#busy(false);
    this.#say(words);
    if (!words) {
      this.#dialog.close();
    }
  }

  #trouble() {
    const { instructions, number, tokens } = this.#parts;
    const { over, words } = room(instructions.value, this.#limit);
    if (over) {
      return fill(gettext("The instructions are too long: {words}."), { words });
    }
    return [number, tokens].filter((box) => !box.validity.valid).map((box) => this.#wanted(box))[0] ?? "";
  }

  // Some browsers let no letter into a number, and say nothing.
  #letter({ target, data }) {
    if (target.type === "number" && /[^-+\d.,e]/i.test(data ?? "")) {
      this.#say(this.#wanted(target));
    }
  }

  #wanted(box) {
    return box === this.#parts.number
      ? gettext("The temperature is a number from 0 to 2.")
      : gettext("The longest answer is a whole number of tokens, from 1 to 1,000,000.");
  }

  // Only what was changed here: somebody else may have changed the rest meanwhile.
  #changes() {
    const { instructions, number, tokens } = this.#parts;
    const now = { instructions: instructions.value, temperature: numberOf(number.value), max_tokens: numberOf(tokens.value) };
    return Object.fromEntries(Object.entries(now).filter(([name, value]) => value !== this.#opened[name]));
  }

  // The slider stands in the middle where nothing is set; the words and the empty number say so.
  #turn(value) {
    const { temperature, number, plain } = this.#parts;
    const isSet = value !== "";
    if (number.value !== String(value)) {
      number.value = value;
    }
    temperature.value = isSet ? value : 1;
    temperature.toggleAttribute("data-unset", !isSet);
    temperature.setAttribute("aria-valuetext", isSet ? String(value) : gettext("As the model does"));
    plain.disabled = !isSet;
  }

  #count() {
    const { instructions, count } = this.#parts;
    const { over } = room(instructions.value, this.#limit);
    const used = figure(codePoints(instructions.value));
    const most = figure(this.#limit);
    count.textContent = fill(gettext("{used} of {most} characters"), { used, most });
    count.toggleAttribute("data-over", over);
  }

  #say(words) {
    this.#parts.notice.textContent = words;
    this.#parts.notice.hidden = words === "";
  }

  #busy(saving) {
    this.#parts.save.disabled = saving;
    this.#parts.save.textContent = saving ? gettext("Saving…") : gettext("Save");
  }
}

function numberOf(text) {
  return text === "" ? null : Number(text);
}
