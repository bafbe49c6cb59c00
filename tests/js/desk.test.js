import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Attachments } from "../../static/js/attachments.js";
import { Carrying } from "../../static/js/carrying.js";
import { Desk } from "../../static/js/desk.js";
import { Drafts } from "../../static/js/drafts.js";
import { Queue } from "../../static/js/queue.js";
import { settled } from "./support/server.js";
import { Storage } from "./support/storage.js";

const IDLE = { busy: false, known: true, ended: "complete", generation: null, gone: "", isNew: false };
const WRITING = { ...IDLE, busy: true, generation: "g" };
const file = (id, kind = "text") => ({ id, name: `${id}.txt`, kind, type: "text/plain", size: 5 });

// The box alone: text, words, and what it does with them.
class Composer {
  text = "";
  words = "";
  hasFiles = false;

  say(words) {
    this.words = words;
  }

  giveBack(text) {
    this.text = [text, this.text].filter(Boolean).join("\n\n");
  }

  submit() {
    const refusal = desk.submit(this.text);
    this.say(refusal);
    if (!refusal) {
      this.text = "";
    }
  }
}

class Card {
  show(item, now) {
    Object.assign(this, { item, now });
  }
}

let storage;
let composer;
let drafts;
let attachments;
let queue;
let card;
let desk;
let sent;
let refusal;
let stops;
let images;
let uploads;
let edited;
let lost;
let begun;
const shown = { id: "c", row: (id) => (id === "q" ? { id } : undefined) };
const item = (conversation, command, files = []) => ({ conversation, command: { content: "Hi", ...command }, files });

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  storage = new Storage();
  composer = new Composer();
  drafts = new Drafts(storage, "alice");
  queue = new Queue(storage, "alice");
  card = new Card();
  sent = [];
  edited = [];
  uploads = [];
  refusal = "";
  stops = 0;
  images = null;
  lost = new Set();
  begun = [];
  const carrying = new Carrying({
    upload: () => new Promise((resolve, reject) => uploads.push({ resolve, reject })),
    online: () => true,
    images: () => images,
    limits: () => attachments.limits,
    changed: () => desk?.filesChanged(),
  });
  attachments = new Attachments({
    drafts,
    bring: (item) => carrying.bring(item),
    on: { changed: () => desk?.filesChanged(), refused: (words) => composer.say(words) },
  });
  attachments.limits = { files: 10, file_bytes: 1000, image_bytes: 1000 };
  desk = new Desk({
    composer,
    drafts,
    attachments,
    queue,
    card,
    on: {
      send: (text, more) => {
        if (!refusal) {
          sent.push({ text, ...more });
        }
        return refusal;
      },
      stop: () => (stops += 1),
      edit: (...editor) => edited.push(editor),
      images: () => images,
      exists: async (id) => !lost.has(id),
      shown() {},
      adopted() {},
      begun: (id) => begun.push(id),
      drawn() {},
    },
  });
  desk.show("c");
  desk.update(IDLE);
});

function write(text) {
  composer.text = text;
  desk.typed(text);
}

function send(text) {
  write(text);
  composer.submit();
}

// Drafts

test("showing a conversation brings its draft and its files", () => {
  drafts.write("d", "Half a thought");
  drafts.keepFiles("d", [file("1")]);
  desk.show("d");
  assert.equal(composer.text, "Half a thought");
  assert.equal(composer.hasFiles, true);
});

test("what is typed is stored soon, and at once when the page or the conversation is left", () => {
  write("One");
  assert.equal(drafts.read("c"), "");
  mock.timers.tick(300);
  assert.equal(drafts.read("c"), "One");
  write("Two");
  desk.show("d");
  assert.equal(drafts.read("c"), "Two");
  write("Three");
  desk.flush();
  assert.equal(drafts.read("d"), "Three");
});

test("what was sent is no draft any more, though it was typed just before", () => {
  send("Hi");
  mock.timers.tick(1_000);
  assert.equal(drafts.read("c"), "");
  assert.deepEqual(sent.map(({ text }) => text), ["Hi"]);
});

test("what was typed while a new chat became a conversation belongs to that conversation", () => {
  desk.show(null);
  write("And");
  mock.timers.tick(300);
  write("And then");
  attachments.giveBack(null, [file("1")]);
  queue.put(null, { client_id: "s", text: "Next", files: [] });
  desk.adopt("e");
  assert.equal(drafts.read(null), "");
  assert.equal(drafts.read("e"), "And then");
  assert.equal(drafts.files("e").length, 1);
  assert.equal(queue.of("e").text, "Next");
});

// Files

test("files go with the message, and alone", () => {
  attachments.giveBack("c", [file("1"), file("2")]);
  send("Look");
  assert.deepEqual(sent[0].files.map(({ id }) => id), ["1", "2"]);
  assert.equal(composer.hasFiles, false);
  attachments.giveBack("c", [file("3")]);
  send("");
  assert.deepEqual([sent[1].text, sent[1].files.length], ["", 1]);
});

test("sending waits for uploads, and then happens once by itself", async () => {
  attachments.add([new File(["words"], "a.txt")]);
  await settled();
  await settled();
  send("Look");
  assert.equal(composer.words, "Sending when the files are there.");
  assert.equal(composer.text, "Look");
  uploads[0].resolve(file("1"));
  await settled();
  assert.deepEqual(sent.map(({ text, files }) => [text, files.length]), [["Look", 1]]);
  assert.equal(composer.text, "");
});

test("who types on, or takes a file away, sends later by hand", async () => {
  attachments.add([new File(["words"], "a.txt")]);
  await settled();
  await settled();
  send("Look");
  write("Look at");
  uploads[0].resolve(file("1"));
  await settled();
  assert.deepEqual(sent, []);
  assert.equal(composer.text, "Look at");
});

test("a file that fails meanwhile keeps the message here, in words", async () => {
  attachments.add([new File(["words"], "a.txt")]);
  await settled();
  await settled();
  send("Look");
  uploads[0].reject(new Error("Too large."));
  await settled();
  assert.match(composer.words, /cannot be attached/);
  assert.deepEqual(sent, []);
  composer.submit();
  assert.match(composer.words, /cannot be attached/);
  assert.equal(composer.text, "Look");
});

test("what the page refuses when the uploads are done keeps its files, and is tried once", async () => {
  attachments.add([new File(["words"], "a.txt")]);
  await settled();
  await settled();
  send("Look");
  refusal = "This conversation was deleted.";
  uploads[0].resolve(file("1"));
  await settled();
  assert.equal(composer.words, "This conversation was deleted.");
  assert.deepEqual(attachments.list.map(({ id, state }) => [id, state]), [["1", "ready"]]);
  assert.equal(composer.text, "Look");
});

test("pictures stay here where the model has become one that cannot read them", () => {
  attachments.giveBack("c", [file("1", "image")]);
  images = false;
  send("Look");
  assert.match(composer.words, /cannot read pictures/);
  assert.deepEqual(sent, []);
});

test("what the page refuses keeps its files", () => {
  attachments.giveBack("c", [file("1")]);
  refusal = "Not now.";
  send("Look");
  assert.equal(composer.words, "Not now.");
  assert.equal(attachments.list.length, 1);
  assert.equal(composer.text, "Look");
});

// The queue

test("what is sent during an answer waits for its end, and goes out once", async () => {
  desk.update(WRITING);
  attachments.giveBack("c", [file("1")]);
  send("Next");
  assert.deepEqual(sent, []);
  assert.equal(composer.text, "");
  assert.equal(card.item.text, "Next");
  assert.equal(card.now.fate, "wait");
  const { client_id: clientId } = queue.of("c");
  desk.update(IDLE);
  desk.update(IDLE);
  await settled();
  assert.deepEqual(sent, [{ text: "Next", files: [file("1")], clientId }]);
  assert.equal(card.item, undefined);
});

test("another answer that begins in that moment is waited for, too", async () => {
  desk.update(WRITING);
  send("Next");
  desk.update(IDLE);
  desk.update(WRITING);
  await settled();
  assert.deepEqual([sent.length, card.now.fate], [0, "wait"]);
});

test("what is being typed when it goes out stays where it is", async () => {
  desk.update(WRITING);
  send("Next");
  write("And after that");
  desk.update(IDLE);
  await settled();
  assert.equal(composer.text, "And after that");
  mock.timers.tick(300);
  assert.equal(drafts.read("c"), "And after that");
});

test("there is one place", () => {
  desk.update(WRITING);
  send("Next");
  send("And another");
  assert.match(composer.words, /waiting already/);
  assert.equal(composer.text, "And another");
  assert.equal(queue.of("c").text, "Next");
});

test("after Stop or a failure it is offered, and sent when asked for", async () => {
  desk.update(WRITING);
  send("Next");
  desk.update({ ...IDLE, ended: "cancelled" });
  await settled();
  assert.deepEqual([sent.length, card.now.fate], [0, "offer"]);
  desk.sendQueued();
  assert.equal(sent[0].text, "Next");
});

test("Send now stops the answer, and then sends", async () => {
  desk.update(WRITING);
  send("Next");
  desk.sendQueued();
  assert.equal(stops, 1);
  assert.deepEqual(sent, []);
  desk.update({ ...IDLE, ended: "cancelled" });
  await settled();
  assert.equal(sent[0].text, "Next");
});

test("Edit brings it back before what was typed since, Remove takes it away", () => {
  desk.update(WRITING);
  attachments.giveBack("c", [file("1")]);
  send("Next");
  write("More");
  desk.editQueued();
  assert.equal(composer.text, "Next\n\nMore");
  assert.equal(attachments.list.length, 1);
  assert.equal(card.item, undefined);
  send("Next");
  desk.removeQueued();
  assert.equal(queue.of("c"), undefined);
});

test("when the message before it is refused, it does not go out by itself", async () => {
  desk.update({ ...WRITING, generation: null });
  send("Next");
  desk.hold("c");
  desk.update(IDLE);
  await settled();
  assert.deepEqual([sent.length, card.now.fate], [0, "offer"]);
  desk.update(WRITING);
  desk.update(IDLE);
  await settled();
  assert.equal(sent.length, 1, "another answer has ended well since");
});

test("the page's refusal leaves it in its place", async () => {
  desk.update(WRITING);
  send("Next");
  refusal = "Not now.";
  desk.update(IDLE);
  await settled();
  assert.equal(queue.of("c").text, "Next");
  assert.equal(card.now.fate, "offer");
  assert.equal(composer.words, "Not now.");
});

test("it comes back into the box where its conversation is gone", () => {
  desk.update(WRITING);
  send("Next");
  desk.update({ ...IDLE, known: false, gone: "deleted" });
  assert.equal(composer.text, "Next");
  assert.equal(queue.of("c"), undefined);
});

test("the queued message of another conversation waits until that one is shown", async () => {
  desk.update(WRITING);
  send("Next");
  desk.show("d");
  desk.update(IDLE);
  await settled();
  assert.deepEqual([sent.length, card.item], [0, undefined]);
  desk.show("c");
  desk.update(IDLE);
  await settled();
  assert.equal(sent.length, 1);
});

// Temporary

test("nothing of a temporary chat is stored: no draft, no queue, no edited text", async () => {
  desk.show(null, true);
  const before = JSON.stringify(storage);
  write("A secret");
  mock.timers.tick(1_000);
  desk.update({ ...WRITING, isNew: false });
  composer.submit();
  desk.drafts.write("edit:q", "A better secret");
  desk.flush();
  assert.equal(card.item.text, "A secret");
  assert.equal(desk.drafts.read("edit:q"), "A better secret");
  assert.equal(JSON.stringify(storage), before);
});

test("it takes no files, and says so", () => {
  desk.show(null, true);
  attachments.add([new File(["words"], "a.txt")]);
  assert.match(composer.words, /would be stored/);
  assert.equal(attachments.state, "none");
});

test("what was queued or edited in it is gone with it", () => {
  desk.show(null, true);
  desk.update(WRITING);
  send("A secret");
  desk.drafts.write("edit:q", "Another");
  desk.show(null, true);
  desk.update(IDLE);
  assert.equal(card.item, undefined);
  assert.equal(desk.drafts.read("edit:q"), "");
});

test("what is lifted leaves nothing behind, and can be laid down elsewhere", () => {
  write("Along with me");
  mock.timers.tick(300);
  attachments.giveBack("c", [file("1")]);
  const draft = desk.lift();
  assert.deepEqual([composer.text, drafts.read("c"), drafts.files("c").length], ["", "", 0]);
  desk.show("d");
  desk.lay(draft);
  assert.deepEqual([composer.text, attachments.list.length], ["Along with me", 1]);
});

// Refusals

test("a refused message comes back with its files, and the words why", () => {
  desk.giveBack(item("c", { type: "send" }, [file("1")]), "Busy.", shown);
  assert.equal(composer.text, "Hi");
  assert.equal(attachments.list.length, 1);
  assert.equal(composer.words, "Busy.");
});

test("a refused edit comes back to its editor, or to the composer where the message is gone", () => {
  desk.giveBack(item("c", { type: "edit", message: "q" }), "Busy.", shown);
  assert.deepEqual(edited, [[{ id: "q" }, "Hi", "Busy."]]);
  desk.giveBack(item("c", { type: "edit", message: "gone" }), "", shown);
  assert.equal(composer.text, "Hi");
});

test("a refused message of another conversation waits there, before what was typed since", () => {
  drafts.write("d", "Later");
  desk.giveBack(item("d", { type: "send" }, [file("1")]), "Busy.", shown);
  assert.equal(drafts.read("d"), "Hi\n\nLater");
  assert.equal(drafts.files("d").length, 1);
  assert.equal(composer.text, "");
});

test("a file that the server does not have any more says so when the message comes back", async () => {
  lost.add("1");
  desk.giveBack(item("c", { type: "send" }, [file("1"), file("2")]), "No such file.", shown);
  await settled();
  assert.deepEqual(attachments.list.map(({ state }) => state), ["failed", "ready"]);
});

test("a refusal of what carried no text is told", () => {
  desk.giveBack(undefined, "There is no such conversation.", shown);
  assert.equal(composer.words, "There is no such conversation.");
});

test("what is queued in a new chat goes with its first message, though another conversation is shown", () => {
  desk.show(null);
  desk.update({ ...WRITING, generation: null });
  send("Next");
  desk.show("c");
  desk.begun("e");
  assert.deepEqual([queue.of(null), queue.of("e").text, begun], [undefined, "Next", ["e"]]);
  assert.equal(card.item, undefined);
});

test("what is queued in a new chat is seen at once where its conversation is shown by then", () => {
  desk.show(null);
  desk.update({ ...WRITING, generation: null });
  send("Next");
  desk.show("e");
  desk.update(WRITING);
  desk.begun("e");
  assert.equal(card.item.text, "Next");
});

test("files that are still on their way leave together with the text", async () => {
  attachments.add([new File(["words"], "a.txt")]);
  await settled();
  await settled();
  write("Along with me");
  const draft = desk.lift();
  assert.equal(attachments.list.length, 0);
  desk.show("d");
  desk.lay(draft);
  assert.deepEqual([composer.text, attachments.state], ["Along with me", "under way"]);
});

test("what a closed tab has left waits where its conversation is shown, and only while that is shown", async () => {
  let arrive;
  queue.takeOver = (id) => new Promise((resolve) => {
    arrive = () => {
      queue.put(id, { client_id: "s", text: "Left", files: [] });
      resolve();
    };
  });
  desk.show("d");
  desk.update(WRITING);
  const [late, before] = [arrive, card.item];
  desk.show("e");
  desk.update(WRITING);
  late();
  await settled();
  assert.deepEqual([before, card.item], [undefined, undefined]);
  arrive();
  await settled();
  assert.equal(card.item.text, "Left");
});
