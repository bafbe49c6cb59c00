// The moments in which a connection should not wait for its next try, or may have died unnoticed: the network came or
// went, somebody looks at the page again, the page came back from the browser's cache, the machine slept.

import { watchSleep } from "./sleep.js";

/**
 * @param {import("./connection.js").Connection} connection
 * @param {() => boolean} isNeeded whether something waits for what the connection brings, though nobody look
 */
export function keepAwake(connection, isNeeded) {
  let rests = false; // until somebody looks: a hidden page's timers are so late that it seems to sleep
  const wake = () => rests || connection.wake();
  const look = () => {
    rests = document.hidden && !isNeeded() && connection.rest();
    document.hidden || wake();
  };
  addEventListener("online", wake);
  addEventListener("online", () => connection.probe());
  addEventListener("offline", wake);
  addEventListener("focus", wake);
  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", () => connection.close());
  addEventListener("pageshow", ({ persisted }) => persisted && connection.connect());
  watchSleep(wake);
}
