// What was typed below conversations that are gone for good goes, too. Whether one is gone only the server knows: one that can be
// brought back still has its page, and so has one that is archived, or older than the list reaches.

const KINDS = ["draft", "files"]; // drafts.js

/**
 * @param {Storage} storage
 * @param {string} user
 * @param {(id: string) => boolean} isListed
 * @param {typeof globalThis.fetch} [fetch]
 */
export async function forgetGone(storage, user, isListed, fetch = (...request) => globalThis.fetch(...request)) {
  const heads = KINDS.map((kind) => `brook:${kind}:${user}:`);
  const ends = Object.keys(storage).flatMap((key) => heads.filter((head) => key.startsWith(head)).map((head) => key.slice(head.length)));
  for (const id of new Set(ends.filter((end) => /^[0-9a-f-]{36}$/.test(end) && !isListed(end)))) {
    if (await isGone(id, fetch)) {
      heads.forEach((head) => storage.removeItem(head + id));
    }
  }
}

async function isGone(id, fetch) {
  try {
    return (await fetch(`/c/${id}/`, { method: "HEAD", redirect: "manual" })).status === 404;
  } catch {
    return false; // nobody knows
  }
}
