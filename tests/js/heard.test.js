import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

const EVENT = { type: "error", message: "this server" };

async function loaded(lang) {
  globalThis.document = {
    documentElement: { lang },
    getElementById: () => ({ textContent: '{"this server": "diesem Server"}' }),
  };
  const module = await import(`../../static/js/heard.js?${lang}`);
  await module.ready;
  return module;
}

afterEach(() => {
  delete globalThis.document;
});

test("on an English page an event comes as it is", async () => {
  const { heard } = await loaded("en");
  assert.equal(heard(EVENT), EVENT);
});

test("on another one its sentences are translated; what could not be read comes through", async () => {
  const { heard } = await loaded("de");
  assert.deepEqual(heard(EVENT), { type: "error", message: "diesem Server" });
  assert.equal(heard(null), null);
});
