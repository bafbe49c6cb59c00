import assert from "node:assert/strict";
import { test } from "node:test";

import { onDemand } from "../../static/js/on-demand.js";

const said = [];
const used = [];
const ask = (load) => onDemand(load, (module) => used.push(module), (words) => said.push(words));

test("a part is used as soon as it is there", async () => {
  await ask(async () => "the search");
  assert.deepEqual(used, ["the search"]);
  assert.deepEqual(said, []);
});

test("one that cannot be had may be had later, and if not, after a reload: some browsers try no module twice", async () => {
  const missing = () => Promise.reject(new TypeError("Failed to fetch dynamically imported module"));
  await ask(missing);
  assert.match(said.pop(), /Please try again when Brook is connected/);
  await ask(missing);
  assert.match(said.pop(), /Please reload the page when Brook is connected/);
});
