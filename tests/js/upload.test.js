import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { upload } from "../../static/js/upload.js";

class Request {
  upload = {};
  headers = {};

  open(...line) {
    this.line = line;
  }

  setRequestHeader(name, value) {
    this.headers[name] = value;
  }

  send(body) {
    this.body = body;
  }

  abort() {
    this.onabort();
  }

  answers(status, responseText) {
    Object.assign(this, { status, responseText }).onload();
  }
}

let request;
let shares;
let leaving;

beforeEach(() => {
  request = new Request();
  shares = [];
  leaving = new AbortController();
});

const begin = () =>
  upload(new File(["words"], "a.txt"), {
    address: "/files/",
    token: "t0ken",
    progress: (share) => shares.push(share),
    signal: leaving.signal,
    request: () => request,
  });

test("the file is posted with its name and the form's token, and the answer is the file", async () => {
  const file = begin();
  assert.deepEqual(request.line, ["POST", "/files/"]);
  assert.equal(request.headers["X-CSRFToken"], "t0ken");
  assert.equal(request.body.get("file").name, "a.txt");
  request.answers(201, '{"id": "1", "name": "a.txt"}');
  assert.equal((await file).id, "1");
});

test("progress is told as a share", async () => {
  begin();
  request.upload.onprogress({ lengthComputable: true, loaded: 1, total: 4 });
  request.upload.onprogress({ lengthComputable: false, loaded: 1, total: 0 });
  assert.deepEqual(shares, [0.25]);
});

test("a refusal is told in the server's words, and trying again does not help", async () => {
  const file = begin();
  request.answers(400, '{"message": "Too large."}');
  await assert.rejects(file, { message: "Too large.", again: false, lost: false });
});

test("a server in trouble is worth another try; its page is not shown", async () => {
  const file = begin();
  request.answers(502, "<h1>Bad gateway</h1>");
  await assert.rejects(file, { message: "Brook did not take it (HTTP 502)", again: true });
});

test("a login page instead of an answer says so", async () => {
  const file = begin();
  request.answers(200, "<h1>Log in</h1>");
  await assert.rejects(file, /no longer logged in/);
});

test("a broken connection may have lost it", async () => {
  const file = begin();
  request.onerror();
  await assert.rejects(file, { again: true, lost: true });
});

test("what is taken back is no trouble to tell", async () => {
  const file = begin();
  leaving.abort();
  await assert.rejects(file, { message: "", again: false });
});
