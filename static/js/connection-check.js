// What "Is it working?" looks at, one part of the way after another. Each check returns how it stands; the words are in
// findings.js. Knows no page: check-page.js shows it.

import { LOGGED_OUT, TOO_MANY } from "./backoff.js";
import { eventsOf } from "./event-stream.js";
import { answered, brokenOff, pinged, socketTrouble, streamed, unanswered, unlisted, wordless, written } from "./findings.js";

const WELCOME_WITHIN = 8_000;
const PONG_WITHIN = 5_000;
const PINGS = 3;
const STREAM_WITHIN = 10_000;
const ANSWER_WITHIN = 30_000;
const LIST_WITHIN = 5_000;
const WORDS_WITHIN = 60_000;
const END_WITHIN = 20_000;

/** @typedef {import("./findings.js").Finding} Finding */

const now = () => performance.now();

/**
 * Opens a line and asks for some signs of life.
 * @param {() => object} open makes a line
 * @param {() => Promise<"reachable" | "logged out" | "unreachable">} doubt
 * @returns {Promise<{finding: Finding, line: object | null, welcome: object | null, reachable: boolean}>} a line that is open
 */
export async function checkSocket(open, doubt) {
  const { line, welcome, code, refusal } = await opened(open());
  if (!welcome) {
    const why = code === LOGGED_OUT ? "logged out" : code === TOO_MANY ? "limited" : await doubt();
    return { finding: socketTrouble(why, refusal), line: null, welcome: null, reachable: why === "reachable" };
  }
  const times = await pings(line);
  if (times.length < PINGS) {
    line.close();
    return { finding: socketTrouble("silent"), line: null, welcome: null, reachable: true };
  }
  const middle = times.sort((one, other) => one - other)[Math.floor(PINGS / 2)];
  return { finding: pinged(middle), line, welcome, reachable: true };
}

/**
 * @param {object} line one that was just made
 * @returns {Promise<{line: object, welcome: object | null, code: number, refusal: string}>}
 */
export function opened(line) {
  return new Promise((resolve) => {
    let refusal = "";
    const end = (welcome, code) => {
      clearTimeout(timer);
      resolve({ line, welcome, code, refusal });
    };
    const timer = setTimeout(() => {
      line.close();
      end(null, 0);
    }, WELCOME_WITHIN);
    line.onclose = (code) => end(null, code);
    line.onevent = (event) => {
      if (event?.type === "welcome") {
        end(event, 0);
      } else if (event?.type === "error") {
        refusal = event.message;
      }
    };
  });
}

/**
 * A stream whose pieces leave the server one by one: when do they arrive?
 * @param {object} stream
 * @param {string} stream.address
 * @param {number} stream.count pieces
 * @param {number} stream.apart milliseconds between them
 * @param {typeof globalThis.fetch} [stream.fetch]
 * @returns {Promise<Finding>}
 */
export async function checkStream({ address, count, apart, fetch = (...request) => globalThis.fetch(...request) }) {
  const arrivals = [];
  try {
    const signal = AbortSignal.timeout(STREAM_WITHIN);
    const response = await fetch(address, { cache: "no-store", redirect: "manual", signal });
    for await (const { tick } of eventsOf(response.body)) {
      arrivals[tick] = now();
    }
  } catch {
    // Told by what is missing.
  }
  if (arrivals.length < count) {
    return brokenOff();
  }
  return streamed(arrivals[count - 1] - arrivals[0], count, apart);
}

/**
 * Waits until the model's server has answered at all, and it is known whether it lists its models.
 * @param {import("./trial.js").Trial} trial one that was asked
 * @param {string} name the model's
 * @returns {Promise<Finding>}
 */
export async function checkModel(trial, name) {
  await trial.until(() => trial.times.answered !== null, ANSWER_WITHIN);
  if (trial.times.answered === null) {
    return unanswered(trial, ANSWER_WITHIN);
  }
  await trial.until(() => trial.unlisted !== null, LIST_WITHIN);
  const finding = answered(name, trial.times.answered);
  return trial.unlisted ? unlisted(finding, trial.unlisted) : finding;
}

/**
 * Waits for the first words and some more.
 * @param {import("./trial.js").Trial} trial
 * @returns {Promise<Finding>}
 */
export async function checkSpeed(trial) {
  await trial.until(() => trial.times.first !== null, WORDS_WITHIN);
  if (trial.times.first === null) {
    return wordless(trial, WORDS_WITHIN);
  }
  await trial.until(() => false, END_WITHIN);
  return written(trial);
}

async function pings(line) {
  const times = [];
  while (times.length < PINGS) {
    const passed = await ping(line);
    if (passed === null) {
      break;
    }
    times.push(passed);
  }
  return times;
}

function ping(line) {
  return new Promise((resolve) => {
    const began = now();
    const timer = setTimeout(() => resolve(null), PONG_WITHIN);
    const end = (passed) => {
      clearTimeout(timer);
      resolve(passed);
    };
    line.onclose = () => end(null);
    line.onevent = (event) => event?.type === "pong" && end(now() - began);
    line.say({ type: "ping" });
  });
}
