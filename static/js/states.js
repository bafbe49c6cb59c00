// The states of a message in words for people. Pure. States are said in words, never by a dot or a colour alone.

import { fill, gettext, ngettext } from "./words.js";

const RESUMABLE = new Set(["cancelled", "truncated", "interrupted", "failed"]);

/**
 * The `data-status` of a row: its generation's status; "sending" or "complete" for what a person wrote.
 * @param {object} row
 * @returns {string}
 */
export function statusOf(row) {
  return row.generation?.status ?? (row.sending ? "sending" : "complete");
}

/**
 * What stands below a message.
 * @param {object} row a row of docs/protocol.md, or one of our own that is still being sent
 * @param {{online: boolean, stopping: boolean}} now
 * @returns {{words: string, retry: boolean, resume: boolean, live: boolean}} `live`: something is under way; `resume`: the
 *     answer can be continued where it was cut
 */
export function stateOf(row, now) {
  const state = ownStateOf(row, now);
  const words = [state.words, leftOut(row.generation)].filter(Boolean).join(" · ");
  return { ...state, words, resume: isResumable(row) };
}

function ownStateOf(row, { online, stopping }) {
  if (row.sending) {
    return online ? say(gettext("Sending…"), { live: true }) : say(gettext("Not sent yet. It will be sent when connected."));
  }
  const generation = row.generation;
  switch (generation?.status) {
    case "streaming":
      return online ? say(underWay(row, stopping), { live: true }) : say(outOfReach(stopping));
    case "cancelled":
      return say(row.content || row.reasoning ? gettext("Stopped") : gettext("Stopped before the first word"));
    case "truncated":
    case "interrupted":
      return say(reason(generation), { retry: true });
    case "failed":
      return say(failed(generation), { retry: true });
    case "complete":
      if (isCut(generation)) {
        return say(gettext("Cut at the token limit"));
      }
      return row.content ? say("") : say(gettext("The model ended without an answer."), { retry: true });
    default:
      return say("");
  }
}

/**
 * What the status line announces when an answer has ended.
 * @param {object} generation
 * @returns {string}
 */
export function announcementOf(generation) {
  switch (generation.status) {
    case "streaming":
      return gettext("Generating");
    case "cancelled":
      return gettext("Stopped");
    case "truncated":
    case "interrupted":
    case "failed":
      return failed(generation);
    default:
      return isCut(generation) ? gettext("Finished, cut at the token limit") : gettext("Finished");
  }
}

/**
 * What the quiet line above the composer says about the connection; "" while all is well.
 * @param {"connecting" | "open" | "fallback" | "offline" | "unreachable" | "refused" | "limited" | "outdated" |
 *     "closed"} state
 * @param {string} [reason] the server's own words
 * @returns {string}
 */
export function connectionWords(state, reason = "") {
  switch (state) {
    case "connecting":
      return gettext("Connecting…");
    case "offline":
      return gettext("Offline. Your text is kept; reconnecting…");
    case "unreachable":
      return gettext("Brook cannot be reached. Your text is kept; trying again…");
    case "refused":
      return gettext("Brook answers, but refuses the live connection. Your text is kept; trying again…");
    case "limited":
      return reason || gettext("Brook takes no further connection just now. Your text is kept; trying again…");
    case "fallback":
      return gettext("The live connection is blocked, probably by a proxy on the way. Brook goes on over plain HTTP, a little slower.");
    case "outdated":
      return gettext("Brook was updated: please reload.");
    default:
      return "";
  }
}

// Only an answer that has text can go on, and only one that was not whole.
function isResumable({ content, generation }) {
  return Boolean(content && generation && (RESUMABLE.has(generation.status) || isCut(generation)));
}

function isCut({ status, finish_reason: finishReason }) {
  return status === "complete" && finishReason === "length";
}

function underWay(row, stopping) {
  if (stopping && row.generation.phase !== "saving") {
    return gettext("Stopping…");
  }
  const phase = phaseOf(row);
  return phase === "thinking" && row.reasoning ? "" : phaseWords(phase); // which its own block says
}

function outOfReach(stopping) {
  return stopping
    ? gettext("Offline. The answer will be stopped when connected.")
    : gettext("Offline. The answer goes on; the rest will appear when connected.");
}

// The prompt has a limit; what the model did not get to read must be told.
function leftOut(generation) {
  const count = generation?.left_out ?? 0;
  const words = ngettext(
    "Too long for the model: it did not read the oldest message",
    "Too long for the model: it did not read the oldest {count} messages",
    count,
  );
  return count > 0 ? fill(words, { count }) : "";
}

// Text tells the phase better than the last word about it, until nothing more is written.
function phaseOf({ content, reasoning, generation }) {
  if (generation.phase === "saving") {
    return "saving";
  }
  if (content) {
    return "writing";
  }
  return reasoning ? "thinking" : generation.phase;
}

function phaseWords(phase) {
  switch (phase) {
    case "queued":
      return gettext("Waiting for its turn…");
    case "connecting":
      return gettext("Connecting to the model…");
    case "thinking":
      return gettext("Thinking…");
    case "saving":
      return gettext("Saving…");
    default:
      return gettext("Writing…");
  }
}

function say(words, { retry = false, live = false } = {}) {
  return { words, retry, live };
}

function failed(generation) {
  return fill(gettext("Failed: {reason}"), { reason: reason(generation) });
}

function reason(generation) {
  return generation.error?.message || gettext("the model gave no reason.");
}
