// The moments in which a connection should not wait for its next try, or may have died unnoticed: the network came or
// went, somebody looks at the page again, the page came back from the browser's cache, the machine slept.

import { watchSleep } from "./sleep.js";

/** @param {import("./connection.js").Connection} connection */
export function keepAwake(connection) {
  const wake = () => connection.wake();
  addEventListener("online", wake);
  addEventListener("online", () => connection.probe());
  addEventListener("offline", wake);
  addEventListener("focus", wake);
  document.addEventListener("visibilitychange", () => (document.hidden ? connection.rest() : wake()));
  addEventListener("pagehide", () => connection.close());
  addEventListener("pageshow", ({ persisted }) => persisted && connection.connect());
  watchSleep(wake);
}
