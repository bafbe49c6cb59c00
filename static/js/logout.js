// Logging out forgets everything that Brook keeps in this browser. Every tab stops keeping anything, or it would come back when
// the next one of them is left.

import { forget } from "./drafts.js";
import { local, session } from "./storages.js";

/**
 * @param {HTMLFormElement} form
 * @param {() => void} close stores nothing from now on
 */
export function serveLogout(form, close) {
  const tabs = new BroadcastChannel("brook:logout");
  const end = () => {
    close();
    forget(local, session);
  };
  tabs.addEventListener("message", end);
  form.addEventListener("submit", () => {
    end();
    tabs.postMessage("");
  });
}
