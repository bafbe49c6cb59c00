// A picture as it goes out: at most 2048 pixels long, which is as much as models look at, and of a photograph only what is to
// be seen, not what the camera wrote into it, such as the place. Needs a browser.

const LONGEST = 2048;
const QUALITY = 0.9;
const PHOTOGRAPHS = new Set(["image/jpeg", "image/webp"]);

/**
 * @param {File} source
 * @param {string} type its media type
 * @param {number} limit bytes
 * @returns {Promise<File>} `source` itself where nothing has to change, or where this browser cannot read it
 */
export async function fitted(source, type, limit) {
  if (type === "image/gif") {
    return source; // it may move
  }
  try {
    const picture = await createImageBitmap(source); // upright, as the camera was held
    const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    const stays = scale === 1 && source.size <= limit && !PHOTOGRAPHS.has(type);
    return stays ? source : await encoded(drawn(picture, scale), { source, type, limit });
  } catch {
    return source; // the server says what is wrong with it, or the model does
  }
}

function drawn(picture, scale) {
  const [width, height] = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, width, height);
  picture.close();
  return canvas;
}

// In its own format if it fits so, and this browser writes that.
async function encoded(canvas, { source, type, limit }) {
  const blob = await canvas.convertToBlob({ type, quality: QUALITY });
  if (blob.type === type && blob.size <= limit) {
    return new File([blob], source.name, { type });
  }
  return new File([await onWhite(canvas)], `${source.name.replace(/\.\w+$/u, "")}.jpg`, { type: "image/jpeg" });
}

// JPEG knows no transparency, and would show black.
function onWhite(canvas) {
  const context = canvas.getContext("2d");
  context.globalCompositeOperation = "destination-over";
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
}
