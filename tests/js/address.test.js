import assert from "node:assert/strict";
import { test } from "node:test";

import { addressOf, conversationAt, loginAddress } from "../../static/js/address.js";

const ID = "3f2b8a52-9c1d-4e0f-8a7b-1c2d3e4f5a6b";

test("the address of a conversation names it", () => {
  assert.equal(conversationAt(`/c/${ID}/`), ID);
  assert.equal(conversationAt(`/c/${ID.toUpperCase()}`), ID);
});

test("every other address is a new chat", () => {
  for (const path of ["/", "/c/", "/c/short/", `/c/${ID}/more/`, "/admin/"]) {
    assert.equal(conversationAt(path), null);
  }
});

test("addresses can be made and read back", () => {
  assert.equal(conversationAt(addressOf(ID)), ID);
  assert.equal(addressOf(null), "/");
});

test("the login page brings back to where one was", () => {
  assert.equal(loginAddress("/accounts/login/", "/c/x/"), "/accounts/login/?next=%2Fc%2Fx%2F");
});
