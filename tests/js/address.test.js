import assert from "node:assert/strict";
import { test } from "node:test";

import { addressOf, conversationAt, loginAddress, messageAt, wordsAt } from "../../static/js/address.js";

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
  assert.equal(loginAddress("/accounts/login/", "/c/x/"), "/accounts/login/?ended=1&next=%2Fc%2Fx%2F");
});

test("an address may name a message", () => {
  const id = "0190d3a1-0000-4000-8000-00000000abcd";
  assert.equal(messageAt(`#m-${id}`), id);
  assert.equal(messageAt(`#m-${id.toUpperCase()}`), id);
  assert.equal(messageAt(""), null);
  assert.equal(messageAt("#m-x"), null);
});

test("an address may say what was searched for in a message", () => {
  const hash = "#m-0190d3a1-0000-4000-8000-00000000abcd";
  assert.equal(messageAt(`${hash}&words=the%20sea`), messageAt(hash));
  assert.equal(wordsAt(`${hash}&words=${encodeURIComponent("the sea & 100 %")}`), "the sea & 100 %");
  assert.equal(wordsAt(`${hash}&words=%E0%A4`).length > 0, true, "a broken address breaks nothing");
  assert.equal(wordsAt(hash), "");
  assert.equal(wordsAt(""), "");
});
