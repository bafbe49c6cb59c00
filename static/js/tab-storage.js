// The storage of what a tab has still to send. It survives a reload, and the tab: each tab keeps its own under its name in what
// all tabs share, and holds the lock of its name as long as it is there. What stands under a name that nobody holds may be taken
// over, but that tab may only be elsewhere, and come back.

import { uuid } from "./uuid.js";

const NAME = "brook:tab";
const OF = "#"; // which is in no user's name
const PATIENCE = 500; // milliseconds: a page that is reloaded may still hold its name; the original of a copied tab does for ever

/**
 * What closed tabs have not sent is taken over at once: it goes out once, whoever sends it.
 * @param {Storage} local
 * @param {Storage} session what is used alone where there are no locks: on a page without HTTPS
 * @param {LockManager | undefined} locks
 * @param {EventTarget} [page] that is left, and may come back
 * @returns {Promise<Storage | TabStorage>} for values that are lists
 */
export async function tabStorage(local, session, locks, page = globalThis) {
  if (!locks) {
    return session;
  }
  const storage = new TabStorage(local, session, locks);
  page.addEventListener("pagehide", () => storage.leave());
  page.addEventListener("pageshow", ({ persisted }) => persisted && storage.begin());
  await storage.begin();
  await storage.takeOver((key) => key.startsWith("brook:outbox:"));
  return storage;
}

class TabStorage {
  #local;
  #session;
  #locks;
  #name = "";
  #release = () => {};

  constructor(local, session, locks) {
    this.#local = local;
    this.#session = session;
    this.#locks = locks;
  }

  /** The tab is there: under the name it had, unless somebody else has that now. */
  async begin() {
    const known = this.#session.getItem(NAME);
    if (known && (await this.#hold(known))) {
      this.#name = known;
      return;
    }
    this.#name = uuid();
    await this.#hold(this.#name);
    try {
      this.#session.setItem(NAME, this.#name);
    } catch {
      // A full storage: after a reload it is another tab, which takes over from this one.
    }
  }

  /** The page is left, and may be kept by the browser to come back. */
  leave() {
    this.#release();
  }

  getItem(key) {
    return this.#local.getItem(own(key, this.#name));
  }

  setItem(key, value) {
    this.#local.setItem(own(key, this.#name), value);
  }

  removeItem(key) {
    this.#local.removeItem(own(key, this.#name));
  }

  /**
   * What tabs that are gone have left is this one's from now on.
   * @param {(key: string) => boolean} isKey
   * @param {(value: any) => boolean} [wanted] which values of the list
   */
  async takeOver(isKey, wanted = () => true) {
    for (const place of Object.keys(this.#local)) {
      const [key, name] = place.split(OF);
      if (name && name !== this.#name && isKey(key)) {
        await this.#alone(name, () => this.#move(key, name, wanted));
      }
    }
  }

  // While nobody has this name, nor can get it.
  async #alone(name, work) {
    try {
      await this.#locks.request(lockOf(name), { ifAvailable: true }, (lock) => lock && work());
    } catch {
      // A full storage, or a browser that refuses: it stays where it is.
    }
  }

  // First away with it: in a full storage there is room for it only then.
  #move(key, name, wanted) {
    const from = own(key, name);
    const left = this.#local.getItem(from);
    const values = list(left);
    const moved = values.filter(wanted);
    this.#put(from, values.filter((value) => !moved.includes(value)));
    try {
      this.#put(own(key, this.#name), [...list(this.getItem(key)), ...moved]);
    } catch {
      this.#local.setItem(from, left);
    }
  }

  #put(place, values) {
    if (values.length > 0) {
      this.#local.setItem(place, JSON.stringify(values));
    } else {
      this.#local.removeItem(place);
    }
  }

  // Until the page is left. False if somebody else holds it.
  #hold(name) {
    return new Promise((resolve) => {
      const signal = AbortSignal.timeout(PATIENCE);
      const untilLeft = () =>
        new Promise((release) => {
          this.#release = release;
          resolve(true);
        });
      this.#locks.request(lockOf(name), { signal }, untilLeft).catch(() => resolve(false));
    });
  }
}

function own(key, name) {
  return `${key}${OF}${name}`;
}

function lockOf(name) {
  return `${NAME}:${name}`;
}

function list(json) {
  try {
    const value = JSON.parse(json ?? "[]");
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
