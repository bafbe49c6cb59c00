// The addresses of the chat page: "/" is a new chat, "/c/<uuid>/" a conversation, "/c/<uuid>/#m-<uuid>" a message in it,
// with "&words=" what was searched for there. Pure.

const CONVERSATION = /^\/c\/([0-9a-f-]{36})\/?$/i;
const MESSAGE = /^#m-([0-9a-f-]{36})(?:&|$)/i;

/**
 * @param {string} pathname
 * @returns {string | null} the conversation's id; null for a new chat
 */
export function conversationAt(pathname) {
  const match = CONVERSATION.exec(pathname);
  return match ? match[1].toLowerCase() : null;
}

/**
 * @param {string} hash
 * @returns {string | null} the message's id; null for none
 */
export function messageAt(hash) {
  const match = MESSAGE.exec(hash);
  return match ? match[1].toLowerCase() : null;
}

/**
 * @param {string} hash of an address that names a message
 * @returns {string} what was searched for in it, or ""
 */
export function wordsAt(hash) {
  return new URLSearchParams(hash.slice(1)).get("words") ?? "";
}

/**
 * @param {string | null} id
 * @returns {string}
 */
export function addressOf(id) {
  return id ? `/c/${id}/` : "/";
}

/**
 * Where somebody goes whose login has ended.
 * @param {string} login the login page, which then says so
 * @param {string} pathname where to come back to
 * @returns {string}
 */
export function loginAddress(login, pathname) {
  return `${login}?ended=1&next=${encodeURIComponent(pathname)}`;
}
