import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { keepAwake } from "../../static/js/waking.js";

let did;
let needed;
let overHttp;

const connection = {
  wake: () => did.push("wake"),
  probe: () => did.push("probe"),
  rest: () => {
    did.push("rest");
    return overHttp;
  },
};

function see(hidden) {
  document.hidden = hidden;
  document.dispatchEvent(new Event("visibilitychange"));
}

// A hidden page's timers come once a minute.
function minutePasses() {
  const now = Date.now;
  Date.now = () => now() + 55_000;
  mock.timers.tick(5_000);
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setInterval", "Date"] });
  const page = new EventTarget();
  globalThis.addEventListener = page.addEventListener.bind(page);
  globalThis.dispatchEvent = page.dispatchEvent.bind(page);
  globalThis.document = Object.assign(new EventTarget(), { hidden: false });
  did = [];
  needed = false;
  overHttp = true;
  keepAwake(connection, () => needed);
});

test("what nobody looks at rests until somebody does, however late its timers are", () => {
  see(true);
  minutePasses();
  minutePasses();
  dispatchEvent(new Event("offline"));
  assert.deepEqual(did, ["rest"]);
  see(false);
  assert.deepEqual(did, ["rest", "wake"]);
  minutePasses();
  assert.deepEqual(did, ["rest", "wake", "wake"]);
});

test("what is needed, or costs nothing, does not rest, and is woken after a sleep", () => {
  needed = true;
  see(true);
  minutePasses();
  assert.deepEqual(did, ["wake"]);
  see(false);
  needed = false;
  overHttp = false;
  did = [];
  see(true);
  minutePasses();
  assert.deepEqual(did, ["rest", "wake"]);
});
