// The settings page: offers the models' names below the box for one. Without it a name can be typed all the same.

import { say } from "./commands.js";

const form = document.querySelector("[data-settings]");

async function offerModels(list) {
  const answer = (await say(form, { type: "models" })).find(({ type }) => type === "models");
  list.replaceChildren(...(answer?.models ?? []).map(({ id }) => new Option(id, id)));
}

offerModels(form.querySelector("[data-models]")).catch(() => {}); // nothing is offered then
