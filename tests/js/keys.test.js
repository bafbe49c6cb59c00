import assert from "node:assert/strict";
import { test } from "node:test";

import { sends } from "../../static/js/keys.js";

const key = (more) => ({ key: "Enter", shiftKey: false, isComposing: false, keyCode: 13, ...more });

test("Enter sends", () => assert.equal(sends(key()), true));
test("Shift+Enter breaks the line", () => assert.equal(sends(key({ shiftKey: true })), false));
test("Enter that ends a composition does not send", () => assert.equal(sends(key({ isComposing: true })), false));
test("nor does Safari's, which comes after it", () => assert.equal(sends(key({ keyCode: 229 })), false));
test("no other key sends", () => assert.equal(sends(key({ key: "a" })), false));
