import assert from "node:assert/strict";
import { before, test } from "node:test";

const CATALOGUE = {
  "A conversation needs a title.": "Eine Unterhaltung braucht einen Titel.",
  "{what} has {count} characters; at most {most} are taken.": "{what} hat {count} Zeichen; höchstens {most} werden angenommen.",
  "The message": "Die Nachricht",
  "The model's server at {host} could not be reached.": "Der Server des Modells unter {host} war nicht erreichbar.",
  "it does not answer": "er antwortet nicht",
  "The model's server sent something that could not be understood: {detail}.": "Der Server sandte Unverständliches: {detail}.",
  "JSON of another shape ({detail})": "JSON von anderer Form ({detail})",
  "The model's server refused the request (HTTP {status}).": "Die Anfrage wurde abgelehnt (HTTP {status}).",
  "this server": "diesem Server",
};
let words;

before(async () => {
  globalThis.document = {
    documentElement: { lang: "de" },
    getElementById: () => ({ textContent: JSON.stringify(CATALOGUE) }),
  };
  words = await import("../../static/js/server-words.js");
});

test("a whole sentence is translated", () => {
  assert.equal(words.inLanguage("A conversation needs a title."), "Eine Unterhaltung braucht einen Titel.");
});

test("what differs is put into the translated sentence; a number is written as people write it", () => {
  assert.equal(
    words.inLanguage("The message has 123,456 characters; at most 100,000 are taken."),
    "Die Nachricht hat 123.456 Zeichen; höchstens 100.000 werden angenommen.",
  );
});

test("a sentence may go on with what somebody said, in our words or in others", () => {
  const unreachable = "The model's server at llm.test:8080 could not be reached";
  const german = "Der Server des Modells unter llm.test:8080 war nicht erreichbar";
  assert.equal(words.inLanguage(`${unreachable}.`), `${german}.`);
  assert.equal(words.inLanguage(`${unreachable}: it does not answer`), `${german}: er antwortet nicht`);
  assert.equal(words.inLanguage(`${unreachable}: Errno 7`), `${german}: Errno 7`);
});

test("what the model's server said itself stays as it is, over several lines and with dollars and braces", () => {
  const said = "No $& {status}:\nread it. Again";
  assert.equal(
    words.inLanguage(`The model's server refused the request (HTTP 400): ${said}`),
    `Die Anfrage wurde abgelehnt (HTTP 400): ${said}`,
  );
});

test("parts in parts are translated, also of a sentence whose end was cut off", () => {
  const shape = "The model's server sent something that could not be understood: JSON of another shape (Expected `str`";
  assert.equal(words.inLanguage(`${shape}).`), "Der Server sandte Unverständliches: JSON von anderer Form (Expected `str`).");
  assert.equal(words.inLanguage(`${shape}…`), "Der Server sandte Unverständliches: JSON of another shape (Expected `str`.");
});

test("a text that nobody knows stays as it is", () => {
  for (const text of ["", "Something else.", "A conversation needs a title", "constructor"]) {
    assert.equal(words.inLanguage(text), text);
  }
});

test("a text that is made to take long is done with at once", { timeout: 2_000 }, () => {
  const part = " has 1 characters; at most 1 are taken";
  for (const times of [24, 20_000]) {
    const text = `${part.repeat(times)}!`;
    assert.equal(words.inLanguage(text), text);
  }
});

test("every event has its words translated, and nothing else", () => {
  const message = "A conversation needs a title.";
  const german = "Eine Unterhaltung braucht einen Titel.";
  const error = { code: "x", message };
  const row = { id: "1", content: message, generation: { status: "failed", error } };
  const shown = { id: "1", content: message, generation: { status: "failed", error: { code: "x", message: german } } };
  const mine = { id: "2", content: message, generation: null };
  const model = { name: "this server", provider: "this server", note: message };
  const pairs = [
    [{ type: "error", message }, { type: "error", message: german }],
    [{ type: "notice", message }, { type: "notice", message: german }],
    [{ type: "finished", error }, { type: "finished", error: { code: "x", message: german } }],
    [{ type: "finished", error: null }, { type: "finished", error: null }],
    [{ type: "message", message: row }, { type: "message", message: shown }],
    [{ type: "transcript", messages: [mine, row] }, { type: "transcript", messages: [mine, shown] }],
    [{ type: "welcome", model }, { type: "welcome", model: { name: "this server", provider: "diesem Server", note: german } }],
    [{ type: "delta", parts: [{ text: message }] }, { type: "delta", parts: [{ text: message }] }],
  ];
  for (const [event, expected] of pairs) {
    const before = structuredClone(event);
    assert.deepEqual(words.translated(event), expected);
    assert.deepEqual(event, before);
  }
});
