// What "Is it working?" has found, in words for people: each trouble says what is wrong, and what to do. Pure.

import { figure, fill, gettext } from "./words.js";

const SLOW_PING = 1_000;
const SLOW_WORDS = 3_000;
const MEASURABLE = 100; // milliseconds between first and last words, below which a speed is chance
const WHOLE = new Set(["complete", "cancelled"]);

/** @typedef {{state: "good" | "slow" | "warning" | "bad", figure: string, words: string, advice: string}} Finding */

/**
 * @param {number} milliseconds there and back
 * @returns {Finding}
 */
export function pinged(milliseconds) {
  const figure = fill(gettext("{time} there and back"), { time: time(milliseconds) });
  if (milliseconds <= SLOW_PING) {
    return good(figure);
  }
  return slow(figure, gettext("The way to Brook is long or crowded."), gettext("Another network may be quicker."));
}

/**
 * @param {"logged out" | "limited" | "reachable" | "unreachable" | "silent"} why
 * @param {string} [refusal] the server's own words
 * @returns {Finding}
 */
export function socketTrouble(why, refusal = "") {
  switch (why) {
    case "logged out":
      return bad(gettext("You are logged out."), gettext("Log in again, then come back to this page."));
    case "limited":
      return bad(
        refusal || gettext("Brook takes no further connection just now."),
        gettext("Close some of your other tabs, then check again."),
      );
    case "reachable":
      return bad(
        gettext("Brook answers, but something on the way refuses the live connection; it goes on over plain HTTP, a little slower."),
        gettext("Whoever runs the proxy on the way should let WebSockets through to /ws/."),
      );
    case "silent":
      return bad(
        gettext("The live connection came about, and then nothing came through it any more."),
        gettext("Check again; if it stays like this, another network may do."),
      );
    default:
      return bad(
        gettext("Brook cannot be reached."),
        gettext("Look whether this device is online, and ask whoever runs Brook whether it is running."),
      );
  }
}

/**
 * @param {number} span milliseconds between the first piece and the last
 * @param {number} count
 * @param {number} apart milliseconds between them when they left
 * @returns {Finding}
 */
export function streamed(span, count, apart) {
  const figure = fill(gettext("{count} pieces, the last {time} after the first"), { count, time: time(span) });
  if (span >= (apart * (count - 1)) / 2) {
    return good(figure);
  }
  return bad(
    gettext("Something on the way gathers what Brook sends and hands it over in one go."),
    gettext("Whoever runs the proxy on the way should switch off its buffering for Brook (in nginx: proxy_buffering off)."),
    figure,
  );
}

/** @returns {Finding} the pieces did not all arrive */
export function brokenOff() {
  return bad(
    gettext("The test stream broke off on its way."),
    gettext("Check again; if it stays like this, whoever runs Brook or a proxy on the way should look at their log."),
  );
}

/**
 * The model's server has not answered.
 * @param {{phase: string, end: {status: string, words: string} | null}} trial
 * @param {number} waited milliseconds
 * @returns {Finding}
 */
export function unanswered({ phase, end }, waited) {
  if (end) {
    return ended(end);
  }
  if (phase === "queued") {
    return bad(gettext("Brook is busy with other answers; the question still waits for its turn."), gettext("Check again in a minute."));
  }
  return bad(
    fill(gettext("The model’s server has not answered for {time}."), { time: time(waited) }),
    gettext("Whoever runs Brook should look whether the model’s server is running, and whether UPSTREAM_URL leads there."),
  );
}

/**
 * The model's server has answered, without a word.
 * @param {{end: {status: string, words: string} | null}} trial
 * @param {number} waited milliseconds
 * @returns {Finding}
 */
export function wordless({ end }, waited) {
  if (end) {
    return ended(end);
  }
  return bad(
    fill(gettext("The model has taken the question, and has written nothing for {time}."), { time: time(waited) }),
    gettext("Its server is probably overloaded: try another model, or later."),
  );
}

/**
 * @param {string} name the model's
 * @param {number} milliseconds until its server answered
 * @returns {Finding}
 */
export function answered(name, milliseconds) {
  return good(fill(gettext("{name} answered after {time}"), { name, time: time(milliseconds) }));
}

/**
 * The model's server answers, and does not list its models.
 * @param {Finding} finding that it answers
 * @param {string} why the server's own words
 * @returns {Finding}
 */
export function unlisted({ figure }, why) {
  return {
    state: "warning",
    figure,
    words: fill(gettext("It answers, but its list of models could not be had, so there may be none to choose from: {why}"), { why }),
    advice: gettext("Whoever runs Brook should look at the key and the model’s server, or name the models in UPSTREAM_MODELS."),
  };
}

/**
 * @param {{times: {first: number, last: number}, text: string, end: {status: string, words: string} | null}} trial
 * @returns {Finding}
 */
export function written({ times, text, end }) {
  const figure = speed(times, text);
  if (end && !WHOLE.has(end.status)) {
    return { ...ended(end), figure };
  }
  if (times.first <= SLOW_WORDS) {
    return good(figure);
  }
  return slow(
    figure,
    fill(gettext("The model took {time} to begin."), { time: time(times.first) }),
    gettext("A smaller model is quicker, and so is a server with fewer people on it."),
  );
}

/**
 * @param {Finding[]} findings
 * @returns {string} all of them in a sentence
 */
export function summaryOf(findings) {
  const troubles = findings.filter(({ state }) => state !== "good").length;
  if (troubles === 0) {
    return gettext("Everything works.");
  }
  return troubles === 1
    ? gettext("One thing is not as it should be; see above.")
    : gettext("Some things are not as they should be; see above.");
}

function ended({ status, words }) {
  if (status === "lost") {
    return bad(gettext("The connection to Brook broke off."), gettext("Check again."));
  }
  if (status === "complete") {
    return bad(
      gettext("The model ended its answer without a word."),
      gettext("Check again; if it stays like this, another model may do better."),
    );
  }
  return bad(
    words || gettext("The answer ended, and nobody said why."),
    status === "refused"
      ? gettext("Check again in a minute.")
      : gettext("Whoever runs Brook should look at the model’s server, and at UPSTREAM_URL and its key."),
  );
}

function speed({ first, last }, text) {
  const begin = fill(gettext("First words after {time}"), { time: time(first) });
  if (last - first < MEASURABLE) {
    return begin;
  }
  const pace = figure((text.trim().length / (last - first)) * 1_000);
  return fill(gettext("{begin}, then {pace} characters a second"), { begin, pace });
}

function time(milliseconds) {
  return milliseconds < 1_000 ? `${figure(Math.max(1, milliseconds))} ms` : `${figure(milliseconds / 1_000, 1)} s`;
}

function good(figure) {
  return { state: "good", figure, words: "", advice: "" };
}

function slow(figure, words, advice) {
  return { state: "slow", figure, words, advice };
}

function bad(words, advice, figure = "") {
  return { state: "bad", figure, words, advice };
}
