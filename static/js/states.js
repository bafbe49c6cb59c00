// The states of a message in words for people. Pure. States are said in words, never by a dot or a colour alone.

const PHASES = {
  queued: "Waiting for its turn…",
  connecting: "Connecting to the model…",
  thinking: "Thinking…",
  writing: "Writing…",
  saving: "Saving…",
};

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
 * @returns {{words: string, retry: boolean, live: boolean}} `live`: something is under way
 */
export function stateOf(row, now) {
  const state = ownStateOf(row, now);
  return { ...state, words: [state.words, leftOut(row.generation)].filter(Boolean).join(" · ") };
}

function ownStateOf(row, { online, stopping }) {
  if (row.sending) {
    return say(online ? "Sending…" : "Not sent yet. It will be sent when connected.", { live: online });
  }
  const generation = row.generation;
  switch (generation?.status) {
    case "streaming":
      if (!online) {
        return say("Offline. The answer goes on; the rest will appear when connected.");
      }
      return say(stopping && generation.phase !== "saving" ? "Stopping…" : PHASES[phaseOf(row)], { live: true });
    case "cancelled":
      return say(row.content || row.reasoning ? "Stopped" : "Stopped before the first word");
    case "truncated":
    case "interrupted":
      return say(reason(generation), { retry: true });
    case "failed":
      return say(`Failed: ${reason(generation)}`, { retry: true });
    case "complete":
      if (generation.finish_reason === "length") {
        return say("Cut at the token limit");
      }
      return row.content ? say("") : say("The model ended without an answer.", { retry: true });
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
      return "Generating";
    case "cancelled":
      return "Stopped";
    case "truncated":
    case "interrupted":
    case "failed":
      return `Failed: ${reason(generation)}`;
    default:
      return generation.finish_reason === "length" ? "Finished, cut at the token limit" : "Finished";
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
      return "Connecting…";
    case "offline":
      return "Offline. Your text is kept; reconnecting…";
    case "unreachable":
      return "Brook cannot be reached. Your text is kept; trying again…";
    case "refused":
      return "Brook answers, but refuses the live connection. Your text is kept; trying again…";
    case "limited":
      return reason || "Brook takes no further connection just now. Your text is kept; trying again…";
    case "fallback":
      return "The live connection is blocked, probably by a proxy on the way. Brook goes on over plain HTTP, a little slower.";
    case "outdated":
      return "Brook was updated: please reload.";
    default:
      return "";
  }
}

// The prompt has a limit; what the model did not get to read must be told.
function leftOut(generation) {
  const count = generation?.left_out ?? 0;
  return count > 0 ? `Too long for the model: it did not read the oldest ${count === 1 ? "message" : `${count} messages`}` : "";
}

// Text tells the phase better than the last word about it, until nothing more is written.
function phaseOf({ content, reasoning, generation }) {
  if (generation.phase === "saving") {
    return "saving";
  }
  if (content) {
    return "writing";
  }
  if (reasoning) {
    return "thinking";
  }
  return generation.phase in PHASES ? generation.phase : "writing";
}

function say(words, { retry = false, live = false } = {}) {
  return { words, retry, live };
}

function reason(generation) {
  return generation.error?.message || "the model gave no reason.";
}
