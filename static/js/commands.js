// A command from a page beside the chat, which has no connection: docs/protocol.md, "Without a WebSocket".

const ANSWER_WITHIN = 15_000;

/**
 * @param {HTMLFormElement} form with the address for commands and the token
 * @param {object} command
 * @returns {Promise<object[]>} the events that answer it
 */
export async function say(form, command) {
  const response = await fetch(form.dataset.commands, {
    method: "POST",
    body: JSON.stringify(command),
    headers: { "Content-Type": "application/json", "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value },
    redirect: "manual",
    keepalive: true, // also when the page is left at once
    signal: AbortSignal.timeout(ANSWER_WITHIN),
  });
  return response.json();
}
