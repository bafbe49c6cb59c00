// The settings page: offers the models' names below the box for one. Without it a name can be typed all the same.

const form = document.querySelector("[data-settings]");
const ANSWER_WITHIN = 15_000;

async function offerModels(list) {
  const response = await fetch(form.dataset.commands, {
    method: "POST",
    body: JSON.stringify({ type: "models" }),
    headers: { "Content-Type": "application/json", "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value },
    redirect: "manual",
    signal: AbortSignal.timeout(ANSWER_WITHIN),
  });
  const answer = (await response.json()).find(({ type }) => type === "models");
  list.replaceChildren(...(answer?.models ?? []).map(({ id }) => new Option(id, id)));
}

offerModels(form.querySelector("[data-models]")).catch(() => {}); // nothing is offered then
