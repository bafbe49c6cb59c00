// The addresses of the chat page: "/" is a new chat, "/c/<uuid>/" a conversation. Pure.

const CONVERSATION = /^\/c\/([0-9a-f-]{36})\/?$/i;

/**
 * @param {string} pathname
 * @returns {string | null} the conversation's id; null for a new chat
 */
export function conversationAt(pathname) {
  const match = CONVERSATION.exec(pathname);
  return match ? match[1].toLowerCase() : null;
}

/**
 * @param {string | null} id
 * @returns {string}
 */
export function addressOf(id) {
  return id ? `/c/${id}/` : "/";
}

/**
 * @param {string} login the login page
 * @param {string} pathname where to come back to
 * @returns {string}
 */
export function loginAddress(login, pathname) {
  return `${login}?next=${encodeURIComponent(pathname)}`;
}
