import assert from "node:assert/strict";
import { test } from "node:test";

import { kindOf, sizeOf, tooLarge, tooMany, troubleWith } from "../../static/js/file-kinds.js";

const LIMITS = { files: 10, file_bytes: 1000, image_bytes: 5000 };
const bytes = (...values) => new Uint8Array(values);
const latin = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0));

test("a picture is known by its first bytes", () => {
  assert.equal(kindOf(bytes(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0)), "image");
  assert.equal(kindOf(bytes(0xff, 0xd8, 0xff, 0xe0)), "image");
  assert.equal(kindOf(latin("GIF89a")), "image");
  assert.equal(kindOf(latin("RIFF\0\0\0\0WEBPVP8 ")), "image");
});

test("sound in the same wrapping as WebP is no picture", () => {
  assert.equal(kindOf(latin("RIFF\0\0\0\0WAVEfmt ")), "");
});

test("text is UTF-8 without a NUL, whatever its name", () => {
  assert.equal(kindOf(new TextEncoder().encode("Grüße, 世界 😀")), "text");
  assert.equal(kindOf(latin("caf\xe9")), "");
  assert.equal(kindOf(latin("a\0b")), "");
  assert.equal(kindOf(latin("%PDF-1.7\n%\xe2\xe3\xcf\xd3")), "");
});

test("a file is refused in words", () => {
  const trouble = (size, kind, images = null) => troubleWith({ name: "notes.pdf", size }, kind, LIMITS, images);
  assert.equal(trouble(10, ""), "“notes.pdf” is neither text nor a picture");
  assert.equal(trouble(0, "text"), "“notes.pdf” is empty");
  assert.equal(trouble(1001, "text"), "“notes.pdf” is too large: at most 1000 bytes");
  assert.equal(trouble(5001, "image"), "“notes.pdf” is too large: at most 4.9 KB");
  assert.equal(trouble(10, "image", false), "This model cannot read pictures");
});

test("a file within its limits is taken; where nobody knows, a picture too", () => {
  assert.equal(troubleWith({ name: "a", size: 1000 }, "text", LIMITS, null), "");
  assert.equal(troubleWith({ name: "a", size: 5000 }, "image", LIMITS, null), "");
  assert.equal(troubleWith({ name: "a", size: 5000 }, "image", LIMITS, true), "");
});

test("what exceeds every limit is not read at all", () => {
  assert.notEqual(tooLarge({ name: "a", size: 5001 }, LIMITS), "");
  assert.equal(tooLarge({ name: "a", size: 5000 }, LIMITS), "");
});

test("what a name holds is never taken for a place in our words", () => {
  assert.equal(troubleWith({ name: "{size}", size: 1001 }, "text", LIMITS, null), "“{size}” is too large: at most 1000 bytes");
});

test("what is too many is told", () => {
  assert.equal(tooMany(["a.txt"], 10), "At most 10 files go with one message. “a.txt” was left out.");
  assert.equal(tooMany(["a", "b"], 10), "At most 10 files go with one message. 2 files were left out.");
});

test("sizes are short", () => {
  assert.deepEqual([1, 812, 4300, 43_000, 1_048_576, 20_000_000].map(sizeOf), [
    "1 byte",
    "812 bytes",
    "4.2 KB",
    "42 KB",
    "1 MB",
    "19 MB",
  ]);
});
