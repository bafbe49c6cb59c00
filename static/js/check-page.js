// The page "Is it working?": runs the checks one after another and shows what they found. Nothing but words tells a state.

import { checkModel, checkSocket, checkSpeed, checkStream, opened } from "./connection-check.js";
import { doubt } from "./doubt.js";
import { summaryOf } from "./findings.js";
import { ready } from "./heard.js";
import { HttpLine } from "./http-line.js";
import { SocketLine } from "./socket-line.js";
import { Trial } from "./trial.js";
import { fill, gettext } from "./words.js";

const form = document.querySelector("[data-checks]");
const { socket, events, commands, ticks, count, apart } = form.dataset;
const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
const summary = form.querySelector("[data-part=summary]");
const button = form.querySelector("[data-part=again]");

let running = null;

/** The way to the model: a line that is open. */
class Way {
  line = null;
  trial = null;
  name = "";
  reachable = false;

  async socket() {
    const found = await checkSocket(() => new SocketLine(`${location.origin.replace(/^http/, "ws")}${socket}`), doubt);
    this.#take(found.line, found.welcome);
    this.reachable = found.reachable;
    return found.finding;
  }

  async stream() {
    return this.reachable ? checkStream({ address: ticks, count: Number(count), apart: Number(apart) }) : unreachable();
  }

  async model() {
    if (this.reachable && !this.line) {
      const { line, welcome } = await opened(new HttpLine({ events, commands, token }));
      this.#take(welcome && line, welcome);
    }
    if (!this.line) {
      return unreachable();
    }
    this.trial = new Trial(this.line);
    this.trial.ask();
    return checkModel(this.trial, this.name);
  }

  async speed() {
    return this.trial ? checkSpeed(this.trial) : unreachable();
  }

  end() {
    this.trial?.stop();
    this.line?.close();
  }

  #take(line, welcome) {
    this.line = line;
    this.name = welcome?.model.name || gettext("The model’s server");
  }
}

async function run() {
  const way = new Way();
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

function unreachable() {
  return { state: "bad", figure: "", words: gettext("Not looked at: there is no way to Brook."), advice: "" };
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!running) {
    run();
  }
});
addEventListener("pagehide", () => running?.end());

ready.then(run);
