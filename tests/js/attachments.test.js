import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Attachments } from "../../static/js/attachments.js";
import { Carrying } from "../../static/js/carrying.js";
import { Drafts } from "../../static/js/drafts.js";
import { NotUploaded } from "../../static/js/upload.js";
import { settled } from "./support/server.js";
import { Storage } from "./support/storage.js";

const LIMITS = { files: 3, file_bytes: 100, image_bytes: 1000 };
const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const text = (name, content = "words") => new File([content], name);
const stored = (id, name = id) => ({ id, name, kind: "text", type: "text/plain", size: 5 });

let online;
let images;
let fitted;
let uploads;
let refused;
let storage;
let attachments;

function make() {
  const carrying = new Carrying({
    fitted: (picture, type, limit) => fitted(picture, type, limit),
    upload: (file, how) => new Promise((resolve, reject) => uploads.push({ file, how, resolve, reject })),
    online: () => online,
    images: () => images,
    limits: () => made.limits,
    changed() {},
  });
  const made = new Attachments({
    drafts: new Drafts(storage, "alice"),
    bring: (item) => carrying.bring(item),
    on: { changed() {}, refused: (words) => refused.push(words) },
  });
  made.limits = LIMITS;
  return made;
}

beforeEach(() => {
  online = true;
  images = null;
  fitted = (picture) => picture;
  uploads = [];
  refused = [];
  storage = new Storage();
  attachments = make();
  attachments.show("c");
});

const states = () => attachments.list.map(({ state }) => state);

async function add(...files) {
  attachments.add(files);
  await settled();
  await settled();
}

async function arrive(index, file) {
  uploads[index].resolve(file);
  await settled();
}

test("a file is uploaded at once, and ready when the server has it", async () => {
  await add(text("a.txt"));
  assert.deepEqual(states(), ["uploading"]);
  assert.equal(attachments.state, "under way");
  uploads[0].how.progress(0.5);
  assert.equal(attachments.list[0].progress, 0.5);
  await arrive(0, stored("1", "a.txt"));
  assert.equal(attachments.state, "ready");
  assert.deepEqual(attachments.take(), [stored("1", "a.txt")]);
  assert.equal(attachments.state, "none");
});

test("what cannot be attached is never uploaded, and says why", async () => {
  images = false;
  await add(new File([new Uint8Array([0])], "notes.pdf"), text("big.txt", "x".repeat(101)), new File([PNG], "a.png"));
  assert.deepEqual(states(), ["failed", "failed", "failed"]);
  assert.deepEqual(
    attachments.list.map(({ words, again }) => [words, again]),
    [
      ["“notes.pdf” is neither text nor a picture", false],
      ["“big.txt” is too large: at most 100 bytes", false],
      ["This model cannot read pictures", false],
    ],
  );
  assert.deepEqual(uploads, []);
  assert.equal(attachments.state, "failed");
});

test("a picture goes out as it is made fit, however large it was, and everything else as it is", async () => {
  const asked = [];
  fitted = async (picture, type, limit) => {
    asked.push([picture.name, type, limit]);
    return new File([PNG], "river.jpg");
  };
  await add(new File([PNG, new Uint8Array(2000)], "river.png"), text("a.txt"));
  await settled();
  assert.deepEqual(asked, [["river.png", "image/png", LIMITS.image_bytes]]);
  assert.deepEqual(uploads.map(({ file }) => [file.name, file.size]).sort(), [["a.txt", 5], ["river.jpg", 8]]);
  assert.deepEqual(attachments.list.map(({ name, size }) => [name, size]), [["river.jpg", 8], ["a.txt", 5]]);
});

test("no more than the limit are taken, and the rest is named", async () => {
  await add(text("1"), text("2"), text("3"), text("4"));
  assert.equal(attachments.list.length, 3);
  assert.match(refused[0], /At most 3 files.*“4” was left out/);
});

test("a failed upload can be tried again", async () => {
  await add(text("a.txt"));
  uploads[0].reject(new NotUploaded("Not now", { again: true }));
  await settled();
  assert.deepEqual([attachments.list[0].words, attachments.list[0].again], ["Not now", true]);
  attachments.again(attachments.list[0]);
  await settled();
  await arrive(1, stored("1"));
  assert.equal(attachments.state, "ready");
});

test("offline it waits, and goes when there is a connection", async () => {
  online = false;
  await add(text("a.txt"));
  assert.deepEqual(states(), ["waiting"]);
  assert.equal(attachments.unsaved, true);
  online = true;
  attachments.connected();
  await settled();
  await arrive(0, stored("1"));
  assert.deepEqual(states(), ["ready"]);
  assert.equal(attachments.unsaved, false);
});

test("an upload that breaks with the connection waits for the next one, by itself", async () => {
  await add(text("a.txt"));
  online = false;
  uploads[0].reject(new NotUploaded("The connection broke", { again: true, lost: true }));
  await settled();
  assert.deepEqual([states()[0], attachments.list[0].words], ["waiting", ""]);
  online = true;
  attachments.connected();
  await settled();
  assert.equal(uploads.length, 2);
});

test("an upload that breaks a moment before the connection is known to be gone waits all the same", async () => {
  await add(text("a.txt"));
  uploads[0].reject(new NotUploaded("The connection broke", { again: true, lost: true }));
  await settled();
  assert.deepEqual(states(), ["failed"]);
  attachments.disconnected();
  assert.deepEqual([states()[0], attachments.list[0].words], ["waiting", ""]);
});

test("what was attached before the server said its limits is checked when it has", async () => {
  attachments.limits = null;
  await add(new File([new Uint8Array([0])], "a.bin"));
  assert.deepEqual(states(), ["waiting"]);
  attachments.limits = LIMITS;
  attachments.connected();
  await settled();
  await settled();
  assert.deepEqual(states(), ["failed"]);
});

test("what was uploaded survives a reload, what was removed does not", async () => {
  await add(text("a"), text("b"));
  await arrive(0, stored("1"));
  await arrive(1, stored("2"));
  attachments.remove(attachments.list[0]);
  const reloaded = make();
  reloaded.show("c");
  assert.deepEqual(reloaded.list.map(({ id, state }) => [id, state]), [["2", "ready"]]);
});

test("what is taken back is stopped on its way", async () => {
  await add(text("a"));
  attachments.remove(attachments.list[0]);
  assert.equal(uploads[0].how.signal.aborted, true);
  uploads[0].reject(new NotUploaded(""));
  await settled();
  assert.equal(attachments.state, "none");
});

test("an upload goes on while another conversation is shown, and belongs to its own", async () => {
  await add(text("a"));
  attachments.show("d");
  assert.equal(attachments.state, "none");
  await arrive(0, stored("1"));
  assert.equal(attachments.state, "none");
  attachments.show("c");
  assert.equal(attachments.state, "ready");
});

test("the files of a new chat go over to the conversation that it became, those under way, too", async () => {
  attachments.show(null);
  await add(text("a"));
  attachments.adopt("e");
  await arrive(0, stored("1"));
  assert.equal(attachments.state, "ready");
  assert.equal(new Drafts(storage, "alice").files("e").length, 1);
  assert.equal(new Drafts(storage, "alice").files(null).length, 0);
});

test("what was refused comes back once, before what was attached since", async () => {
  await add(text("a"));
  await arrive(0, stored("1"));
  attachments.giveBack("c", [stored("0"), stored("1")]);
  assert.deepEqual(attachments.list.map(({ id }) => id), ["0", "1"]);
});

test("files that the server has lost fail, and those that are still here can be uploaded anew", async () => {
  attachments.giveBack("c", [stored("old")]);
  await add(text("a"), text("b"));
  await arrive(0, stored("1"));
  await arrive(1, stored("2"));
  await attachments.doubt("c", async (id) => id === "2");
  assert.deepEqual(
    attachments.list.map(({ state, again }) => [state, again]),
    [
      ["failed", false],
      ["failed", true],
      ["ready", false],
    ],
  );
});

test("what another tab attached to the same conversation stays when this one sends its own", async () => {
  await add(text("a"));
  const other = make();
  other.show("c");
  assert.equal(other.state, "none");
  await arrive(0, stored("1"));
  other.add([text("b")]);
  await settled();
  await settled();
  await arrive(1, stored("2"));
  assert.deepEqual(new Drafts(storage, "alice").files("c").map(({ id }) => id), ["1", "2"]);
  other.take();
  assert.deepEqual(new Drafts(storage, "alice").files("c").map(({ id }) => id), ["1"]);
});

test("a file that is removed while it is being read is not uploaded", async () => {
  attachments.add([text("a")]);
  attachments.remove(attachments.list[0]);
  await settled();
  await settled();
  assert.deepEqual(uploads, []);
});

test("what is lifted goes on where it is laid down, as far as it has come", async () => {
  await add(text("a"), text("b"), new File([new Uint8Array([0])], "c.bin"));
  await arrive(0, stored("1"));
  const items = attachments.lift();
  assert.deepEqual([attachments.list.length, new Drafts(storage, "alice").files("c").length], [0, 0]);
  attachments.show("d");
  attachments.lay(items);
  assert.deepEqual(states(), ["ready", "uploading", "failed"]);
  await arrive(1, stored("2"));
  assert.deepEqual(new Drafts(storage, "alice").files("d").map(({ id }) => id), ["1", "2"]);
});

test("a file that is in a message is not kept on the page any longer", async () => {
  await add(text("a.txt"), text("b.txt"));
  await arrive(0, stored("1", "a.txt"));
  await arrive(1, stored("2", "b.txt"));
  const files = attachments.take();
  attachments.stored([stored("1")]);
  attachments.giveBack("c", files);
  assert.deepEqual(attachments.list.map(({ source }) => source?.name), [undefined, "b.txt"]);
});

test("a file that is removed before anything is done with it goes nowhere", async () => {
  let go;
  const loaded = new Promise((resolve) => (go = resolve));
  const waiting = new Attachments({
    drafts: new Drafts(storage, "alice"),
    bring: (item) => loaded.then(() => (item.stop.signal.aborted ? undefined : uploads.push(item))),
    on: { changed() {}, refused() {} },
  });
  waiting.show("c");
  waiting.add([text("a.txt"), text("b.txt")]);
  waiting.remove(waiting.list[0]);
  go();
  await settled();
  assert.deepEqual(uploads.map(({ name }) => name), ["b.txt"]);
});
