// What the server says, in the page's language. The sentences stand here as the server says them, with names in braces for
// what differs; tests/test_languages.py finds one that is missing. Loaded for pages that are not English.

import { fill, gettext } from "./words.js";

const gettext_noop = (text) => text; // marks a text for gettext: it is translated when it is met

const SENTENCES = [
  // Commands that are refused, and what else there is to know: chat/live/
  gettext_noop("A conversation needs a title."),
  gettext_noop("A file of this message is not there any more. Please attach it again."),
  gettext_noop("An answer is still being written here. Wait for it, or stop it first."),
  gettext_noop("Brook is being restarted. Please send this again in a moment."),
  gettext_noop("Brook is being restarted. This will go on when it is back."),
  gettext_noop("Commands travel as text, not as binary frames."),
  gettext_noop("Several answers of temporary chats are being written already. Wait for one, or stop one first."),
  gettext_noop("That command could not be read: {detail}."),
  gettext_noop("That command is larger than this server takes."),
  gettext_noop("The database cannot be reached just now, so this was not done. Please try again."),
  gettext_noop("The last of the messages has to be the person's."),
  gettext_noop("The pictures of one message may have {count} MB together; send fewer of them, or smaller ones."),
  gettext_noop("There are {count} files with this message; at most {most} can be sent."),
  gettext_noop("There are {count} messages in this chat; at most {most} can be sent."),
  gettext_noop("There is no such answer. It may have been deleted."),
  gettext_noop("There is no such conversation. It may have been deleted."),
  gettext_noop("There is no such link. It may have been deleted."),
  gettext_noop("There is no such message. It may have been deleted."),
  gettext_noop("There is nothing to go on with: this answer is whole, or has no text."),
  gettext_noop("There is nothing to send: the message is empty."),
  gettext_noop("This conversation had gone on elsewhere. Your message stands beside the newer ones; the arrows lead there."),
  gettext_noop("This page sends commands faster than they can be carried out."),
  gettext_noop("This page sends commands faster than this server takes them."),
  gettext_noop("This server does not know that command. Reloading the page may help."),
  gettext_noop("This was sent under the name of something that was sent before."),
  gettext_noop("Without a WebSocket this command has no meaning."),
  gettext_noop("{count} tabs of Brook are open already. Close some of them, and this one will connect."),
  gettext_noop("{what} has {count} characters; at most {most} are taken."),
  gettext_noop("The comment"),
  gettext_noop("The message"),
  gettext_noop("The model's name"),
  gettext_noop("The text of the instructions"),
  gettext_noop("The title"),

  // How answers end: chat/relay/errors.py
  gettext_noop("Brook was stopped while this answer was being written."),
  gettext_noop("Something went wrong inside Brook. The details are in the server's log."),
  gettext_noop("The connection to the model's server ended before the answer was complete."),
  gettext_noop("The database could not store this answer. It is kept in a file and will be stored as soon as the database works."),
  gettext_noop("The database could not store this answer. What you see here may be missing after a reload."),
  gettext_noop("This answer is gone. A temporary chat is stored nowhere, so what is not read in time cannot be had again."),
  gettext_noop("The connection to the model's server broke."),
  gettext_noop("The conversation is too long for the model's server (HTTP {status})."),
  gettext_noop("The conversation is too long for this model; a shorter message or a new chat may do (HTTP {status})."),
  gettext_noop("The model's server answered with a web page instead of an answer."),
  gettext_noop("The model's server asks for payment (HTTP {status})."),
  gettext_noop("The model's server at {host} could not be reached."),
  gettext_noop("The model's server did not begin to answer within {count} seconds, so the answer was given up."),
  gettext_noop("The model's server did not finish within {count} seconds, so the answer was given up."),
  gettext_noop("The model's server does not allow this request (HTTP {status})."),
  gettext_noop("The model's server does not know this model or address (HTTP {status})."),
  gettext_noop("The model's server gave up waiting (HTTP {status})."),
  gettext_noop("The model's server has a problem of its own (HTTP {status})."),
  gettext_noop("The model's server has too many requests just now (HTTP {status})."),
  gettext_noop("The model's server is overloaded or not ready (HTTP {status})."),
  gettext_noop("The model's server refused our key (HTTP {status})."),
  gettext_noop("The model's server refused the request (HTTP {status})."),
  gettext_noop("The model's server reported an error."),
  gettext_noop("The model's server sent a line of more than {count} bytes."),
  gettext_noop("The model's server sent an answer of more than {count} bytes."),
  gettext_noop("The model's server sent an answer of more than {count} characters."),
  gettext_noop("The model's server sent an event of more than {count} bytes."),
  gettext_noop("The model's server sent no text for {count} seconds, so the answer was given up."),
  gettext_noop("The model's server sent nothing for {count} seconds, so the answer was given up."),
  gettext_noop("The model's server sent something that could not be understood: {detail}."),
  gettext_noop("JSON of another shape ({detail})"),
  gettext_noop("JSON without an answer in it"),
  gettext_noop("a compressed stream, which we did not ask for"),
  gettext_noop("it does not answer"),
  gettext_noop("it was closed before an answer"),
  gettext_noop("its certificate is not trusted"),
  gettext_noop("text that is no JSON"),
  gettext_noop("what it sent is no proper HTTP"),

  // The embedded model: chat/relay/provider.py, chat/localmodel/
  gettext_noop("The embedded model did not start: {detail}."),
  gettext_noop("The embedded model has been stopped."),
  gettext_noop("The embedded model's engine ({package}) is not installed on this platform. Set UPSTREAM_URL to a server to use instead, e.g. https://host/v1."),
  gettext_noop("The embedded model's process cannot be started: {detail}."),
  gettext_noop("The embedded model's weights ({package}) are not installed. Set UPSTREAM_URL to a server to use instead, e.g. https://host/v1."),
  gettext_noop("This is a tiny demo model that runs on the server itself, without a key. It writes fluently, but it knows little and makes things up."),
  gettext_noop("its process ended without a word"),
  gettext_noop("this server"),
];

const EXACT = new Set(SENTENCES);
const PATTERNS = SENTENCES.map((sentence) => ({ sentence, pattern: patternOf(sentence) }));
const LONGEST = 1_000; // the server cuts its sentences to 600 characters; a pattern would take long over a long text
const GROUPED = /^\d{1,3}(,\d{3})+$/; // 100,000

/**
 * @param {object} event of docs/protocol.md
 * @returns {object} the same; what the server says in it is in the page's language
 */
export function translated(event) {
  const { type, message, messages, model, error } = event;
  switch (type) {
    case "error":
    case "notice":
      return { ...event, message: inLanguage(message) };
    case "models":
      return { ...event, trouble: inLanguage(event.trouble) };
    case "welcome":
      return { ...event, model: { ...model, note: inLanguage(model.note), provider: inLanguage(model.provider) } };
    case "finished":
      return { ...event, error: failure(error) };
    case "message":
      return { ...event, message: row(message) };
    case "transcript":
      return { ...event, messages: messages.map(row) };
    default:
      return event;
  }
}

/**
 * @param {string} text
 * @returns {string} as it is if it is none of the server's sentences
 */
export function inLanguage(text) {
  if (EXACT.has(text)) {
    return gettext(text);
  }
  for (const { sentence, pattern } of PATTERNS) {
    const found = text.length <= LONGEST && pattern.exec(text);
    if (found) {
      return filled(sentence, found);
    }
  }
  return text;
}

function row(message) {
  const { generation } = message;
  return generation?.error ? { ...message, generation: { ...generation, error: failure(generation.error) } } : message;
}

function failure(error) {
  return error && { ...error, message: inLanguage(error.message) };
}

// Instead of its full stop a sentence may have ": " and what somebody else said; and the end of a long one is cut off.
function patternOf(sentence) {
  const isWhole = sentence.endsWith(".");
  const fixed = RegExp.escape ?? ((text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  const parts = sentence.slice(0, isWhole ? -1 : undefined).split(/\{(\w+)\}/);
  const source = parts.map((part, index) => (index % 2 === 1 ? `(?<${part}>.+?)` : fixed(part))).join("");
  return new RegExp(`^${source}${isWhole ? "(?:[.…]|: (?<said>.+))" : ""}$`, "s");
}

function filled(sentence, { groups: { said, ...parts } }) {
  const values = Object.entries(parts).map(([name, part]) => [name, partOf(part)]);
  const text = fill(gettext(sentence), Object.fromEntries(values));
  return said === undefined ? text : `${text.replace(/\.$/, "")}: ${inLanguage(said)}`;
}

function partOf(part) {
  const { lang } = globalThis.document?.documentElement ?? {};
  return GROUPED.test(part) ? Number(part.replaceAll(",", "")).toLocaleString(lang) : inLanguage(part);
}
