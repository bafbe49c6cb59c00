// The files of a message: pictures in boxes whose size is known before they are there, other files by name and size.

import { make } from "./elements.js";
import { sizeOf } from "./file-kinds.js";

/**
 * @param {HTMLElement} list
 * @param {{id: string, name: string, kind: "text" | "image", size: number}[]} files
 */
export function showAttached(list, files) {
  list.hidden = files.length === 0;
  if (list.childElementCount !== files.length) {
    list.replaceChildren(...files.map(entry));
  }
}

function entry(file) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = `/files/${file.id}/`;
  link.target = "_blank";
  link.rel = "noopener";
  link.className = file.kind === "image" ? "attached-picture" : "attached-file";
  link.append(...(file.kind === "image" ? [picture(file)] : named(file)));
  item.append(link);
  return item;
}

function named({ name, size }) {
  return [make("span", "attached-name", name), make("span", "attached-size", sizeOf(size))];
}

function picture({ id, name }) {
  const image = document.createElement("img");
  image.loading = "lazy";
  image.decoding = "async";
  image.alt = name;
  image.title = name;
  image.src = `/files/${id}/`;
  return image;
}
