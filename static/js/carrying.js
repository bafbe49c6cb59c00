// Brings one file of a draft to the server: it is read and checked, a picture is made to fit, and it goes as soon as there is a
// connection. How far that has come stands in the file's own state (attachment.js).

import { HEAD, kindOf, pictureType, tooLarge, troubleWith } from "./file-kinds.js";
import { fitted } from "./picture.js";
import { upload } from "./upload.js";
import { gettext } from "./words.js";

/** @typedef {import("./attachment.js").Attachment} Attachment */

export class Carrying {
  #by;

  /**
   * @param {object} by
   * @param {(picture: File, type: string, limit: number) => Promise<File>} by.fitted a picture as it is to go out
   * @param {(file: File, how: {progress: Function, signal: AbortSignal}) => Promise<object>} by.upload
   * @param {() => boolean} by.online
   * @param {() => boolean | null} by.images whether the model reads pictures
   * @param {() => {files: number, file_bytes: number, image_bytes: number} | null} by.limits null until the server has said
   * @param {() => void} by.changed it has come further
   */
  constructor(by) {
    this.#by = by;
  }

  /** @param {Attachment} item that `stop` takes back; it is "ready" afterwards, "waiting" for a connection, or has "failed" */
  async bring(item) {
    try {
      await this.#check(item);
      await this.#carry(item);
    } catch (error) {
      this.#failed(item, error);
    }
  }

  async #check(item) {
    const limits = this.#by.limits();
    if (item.kind || !limits) {
      return; // read before; without limits nothing can be checked, nor sent: there was no connection yet
    }
    await this.#fit(item, limits);
    refuse(tooLarge(item, limits));
    item.kind = kindOf(await bytesOf(item.source));
    refuse(troubleWith(item, item.kind, limits, this.#by.images()));
  }

  async #fit(item, limits) {
    const type = pictureType(await bytesOf(item.source.slice(0, HEAD)));
    if (type) {
      item.source = await this.#by.fitted(item.source, type, limits.image_bytes);
      const { name, size } = item.source;
      Object.assign(item, { name, size });
    }
  }

  async #carry(item) {
    item.stop.signal.throwIfAborted(); // it was removed while it was read
    if (!this.#by.online() || !this.#by.limits()) {
      item.state = "waiting";
      return;
    }
    this.#come(item, { state: "uploading", progress: 0 });
    item.file = await this.#by.upload(item.source, {
      signal: item.stop.signal,
      progress: (progress) => this.#come(item, { progress }),
    });
    Object.assign(item, { id: item.file.id, kind: item.file.kind, state: "ready" });
  }

  #come(item, state) {
    Object.assign(item, state);
    this.#by.changed();
  }

  #failed(item, { message, again = false, lost = false }) {
    const waits = lost && !this.#by.online();
    Object.assign(item, { state: waits ? "waiting" : "failed", words: waits ? "" : message, again, lost });
  }
}

/**
 * @param {string} address where files go
 * @param {string} token of a form, which proves that a file comes from our page
 * @param {object} by what else `Carrying` takes
 * @returns {Carrying}
 */
export function carryingTo(address, token, by) {
  return new Carrying({ fitted, upload: (file, how) => upload(file, { address, token, ...how }), ...by });
}

async function bytesOf(source) {
  try {
    return new Uint8Array(await source.arrayBuffer());
  } catch {
    throw new Error(gettext("This cannot be read; a folder cannot be attached"));
  }
}

function refuse(words) {
  if (words) {
    throw new Error(words);
  }
}
