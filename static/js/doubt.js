// Why a line to the server does not come about. The page itself answers a stranger with a redirect to the login page.

const ANSWER_WITHIN = 10_000;

/** @returns {Promise<"reachable" | "logged out" | "unreachable">} */
export async function doubt() {
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN);
    const { type, status } = await fetch("/", { method: "HEAD", redirect: "manual", cache: "no-store", signal });
    if (type === "opaqueredirect") {
      return "logged out";
    }
    return status < 500 ? "reachable" : "unreachable";
  } catch {
    return "unreachable";
  }
}
