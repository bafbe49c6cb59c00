// What a file is, by its bytes and not by its name, and why it cannot go with a message, in words. Pure. The server
// decides the same way once more.

import { figure, fill, gettext, ngettext } from "./words.js";

const ANY = -1;
const PICTURES = {
  "image/png": [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  "image/jpeg": [0xff, 0xd8, 0xff],
  "image/gif": [0x47, 0x49, 0x46, 0x38],
  "image/webp": [0x52, 0x49, 0x46, 0x46, ANY, ANY, ANY, ANY, 0x57, 0x45, 0x42, 0x50],
};

/** Bytes that tell what a picture is. */
export const HEAD = 16;

/**
 * @param {Uint8Array} bytes the first `HEAD` of a file, or more
 * @returns {string} its media type, or "": it is no picture
 */
export function pictureType(bytes) {
  return Object.keys(PICTURES).find((type) => begins(bytes, PICTURES[type])) ?? "";
}

/**
 * @param {Uint8Array} bytes all of the file
 * @returns {"text" | "image" | ""} "" is neither
 */
export function kindOf(bytes) {
  if (pictureType(bytes)) {
    return "image";
  }
  return isText(bytes) ? "text" : "";
}

/**
 * @param {{name: string, size: number}} file
 * @param {{file_bytes: number, image_bytes: number}} limits
 * @returns {string} why it is not worth being read at all, or ""
 */
export function tooLarge({ name, size }, limits) {
  return size > Math.max(limits.file_bytes, limits.image_bytes) ? beyond(name, Math.max(limits.file_bytes, limits.image_bytes)) : "";
}

/**
 * @param {{name: string, size: number}} file
 * @param {"text" | "image" | ""} kind
 * @param {{file_bytes: number, image_bytes: number}} limits
 * @param {boolean | null} images whether the model reads pictures; null where nobody knows
 * @returns {string} why it cannot be attached, or ""
 */
export function troubleWith({ name, size }, kind, limits, images) {
  if (size === 0) {
    return fill(gettext("“{name}” is empty"), { name });
  }
  if (!kind) {
    return fill(gettext("“{name}” is neither text nor a picture"), { name });
  }
  if (kind === "image" && images === false) {
    return gettext("This model cannot read pictures");
  }
  const limit = kind === "image" ? limits.image_bytes : limits.file_bytes;
  return size > limit ? beyond(name, limit) : "";
}

/**
 * @param {string[]} names of the files that were left out
 * @param {number} limit
 * @returns {string}
 */
export function tooMany(names, limit) {
  const left = fill(ngettext("“{name}” was left out.", "{count} files were left out.", names.length), {
    name: names[0],
    count: names.length,
  });
  const most = ngettext("At most {limit} file goes with one message.", "At most {limit} files go with one message.", limit);
  return `${fill(most, { limit })} ${left}`;
}

/**
 * @param {number} bytes
 * @returns {string} "812 bytes", "4.2 KB", "1 MB"
 */
export function sizeOf(bytes) {
  if (bytes < 1024) {
    return fill(ngettext("{count} byte", "{count} bytes", bytes), { count: bytes });
  }
  const kilo = bytes / 1024;
  return kilo < 1000 ? `${short(kilo)} KB` : `${short(kilo / 1024)} MB`;
}

function short(number) {
  return figure(number, number < 10 ? 1 : 0);
}

function beyond(name, limit) {
  return fill(gettext("“{name}” is too large: at most {size}"), { name, size: sizeOf(limit) });
}

function begins(bytes, head) {
  return bytes.length >= head.length && head.every((byte, index) => byte === ANY || bytes[index] === byte);
}

function isText(bytes) {
  if (bytes.includes(0)) {
    return false;
  }
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
