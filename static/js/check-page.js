// The page "Is it working?": runs the checks one after another and shows what they found. Nothing but words tells a state.

import { Way } from "./check-way.js";
import { doubt } from "./doubt.js";
import { summaryOf } from "./findings.js";
import { ready } from "./heard.js";
import { HttpLine } from "./http-line.js";
import { SocketLine } from "./socket-line.js";
import { fill, gettext } from "./words.js";

const form = document.querySelector("[data-checks]");
const { socket, events, commands, ticks, count, apart } = form.dataset;
const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
const summary = form.querySelector("[data-part=summary]");
const button = form.querySelector("[data-part=again]");

let running = null;

const lines = {
  socket: () => new SocketLine(`${location.origin.replace(/^http/, "ws")}${socket}`),
  http: () => new HttpLine({ events, commands, token }),
};

async function run() {
  const way = new Way({ ...lines, doubt, ticks: { address: ticks, count: Number(count), apart: Number(apart) } });
  running = way;
  button.setAttribute("aria-disabled", "true");
  const rows = [...form.querySelectorAll("[data-check]")];
  rows.forEach((row) => show(row, { state: "waiting", figure: "", words: "", advice: "" }));
  const findings = [];
  for (const row of rows) {
    show(row, { state: "looking", figure: "", words: "", advice: "" });
    summary.textContent = fill(gettext("Looking at: {part}"), { part: row.querySelector("h2").textContent });
    const finding = await way[row.dataset.check]();
    findings.push(finding);
    show(row, finding);
  }
  way.end();
  summary.textContent = summaryOf(findings);
  button.removeAttribute("aria-disabled");
  running = null;
}

function show(row, { state, figure, words, advice }) {
  row.dataset.state = state;
  for (const [part, text] of Object.entries({ state: nameOf(state), figure, words, advice })) {
    const element = row.querySelector(`[data-part=${part}]`);
    element.textContent = text;
    element.hidden = text === "";
  }
}

function nameOf(state) {
  switch (state) {
    case "looking":
      return gettext("Looking…");
    case "good":
      return gettext("Good");
    case "slow":
      return gettext("Slow");
    case "warning":
      return gettext("Good, but for one thing");
    case "bad":
      return gettext("Not good");
    default:
      return gettext("Not looked at yet");
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!running) {
    run();
  }
});
addEventListener("pagehide", () => running?.end());

ready.then(run);
