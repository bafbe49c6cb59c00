// On a page beside the chat: what was just done here, to any number of conversations, is told to every tab that is open.
// If that fails, they find it when they are looked at again.

import { say } from "./commands.js";

if (document.querySelector("[data-changed]")) {
  say(document.querySelector("[data-commands]"), { type: "refresh" }).catch(() => {});
}
