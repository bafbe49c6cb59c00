import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { HttpLine } from "../../static/js/http-line.js";
import { answer, Server, settled } from "./support/server.js";

const WELCOME = { type: "welcome", protocol: 2 };
const SEND = { type: "send", client_id: "s", conversation: null, parent: null, content: "Hi" };
const transcript = (id) => ({ type: "transcript", conversation: { id }, messages: [] });

let server;
let line;
let heard;
let codes;

beforeEach(async () => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  server = new Server();
  heard = [];
  codes = [];
  line = new HttpLine({ events: "/events/", commands: "/commands/", token: "t0ken", fetch: server.fetch });
  line.onevent = (event) => heard.push(event);
  line.onclose = (code) => codes.push(code);
  await settled();
});

async function say(command) {
  line.say(command);
  await settled();
  await settled();
}

test("it asks for a stream, and hears every event of it", async () => {
  assert.equal(server.last.address, "/events/");
  await server.last.says(WELCOME, transcript("c"));
  assert.deepEqual(heard, [WELCOME, transcript("c")]);
});

test("showing a conversation gives the stream up and asks for that one's, from the cursor", async () => {
  await say({ type: "open", conversation: "c", generation: "g", cursor: 5 });
  assert.equal(server.streams[0].signal.aborted, true);
  assert.equal(server.last.address, "/events/?conversation=c&generation=g&cursor=5");
  assert.deepEqual(codes, []);
});

test("what an abandoned stream had still to say is not heard", async () => {
  const given = server.last.says(WELCOME, { type: "transcript", conversation: null });
  line.onevent = (event) => {
    heard.push(event);
    if (event.type === "welcome" && heard.length === 1) {
      line.say({ type: "open", conversation: "c" });
    }
  };
  await given;
  await server.last.says(WELCOME, transcript("c"));
  assert.deepEqual(heard, [WELCOME, WELCOME, transcript("c")]);
});

test("a command is posted with the form's token, and its answers are heard", async () => {
  const notice = { type: "notice", code: "branched" };
  server.replies.push([notice]);
  await say({ type: "cancel", generation: "g" });
  assert.equal(server.posts[0].address, "/commands/");
  assert.deepEqual(server.posts[0].command, { type: "cancel", generation: "g" });
  assert.equal(server.posts[0].headers["X-CSRFToken"], "t0ken");
  assert.deepEqual(heard, [notice]);
});

test("an error that comes with its own status is heard all the same", async () => {
  const error = { type: "error", code: "busy" };
  server.replies.push(() => answer([error], 409));
  await say(SEND);
  assert.deepEqual(heard, [error]);
  assert.deepEqual(codes, []);
});

test("there is nothing to acknowledge by HTTP", async () => {
  await say({ type: "ack", generation: "g", cursor: 5 });
  assert.deepEqual(server.posts, []);
});

test("a first message brings its conversation, whose stream is asked for", async () => {
  await server.last.says(WELCOME);
  server.replies.push([transcript("c")]);
  await say(SEND);
  assert.deepEqual(heard.at(-1), transcript("c"));
  assert.equal(server.last.address, "/events/?conversation=c");
});

test("a first message that was stored while another conversation came to be shown leaves that one alone", async () => {
  let arrive;
  server.replies.push(() => new Promise((resolve) => (arrive = () => resolve(answer([transcript("c")])))));
  await say(SEND);
  await say({ type: "open", conversation: "d" });
  arrive();
  await settled();
  await settled();
  assert.deepEqual(heard.at(-1), transcript("c"));
  assert.equal(server.last.address, "/events/?conversation=d");
});

test("a transcript that the stream has overtaken is passed over", async () => {
  await say({ type: "open", conversation: "c" });
  await server.last.says({ type: "message", conversation: "c", message: { client_id: "s" } });
  server.replies.push([transcript("c")]);
  const before = heard.length;
  await say({ ...SEND, conversation: "c" });
  assert.equal(heard.length, before);
});

test("a transcript that the stream has not told of is heard", async () => {
  await say({ type: "open", conversation: "c" });
  server.replies.push([transcript("c")]);
  await say({ ...SEND, conversation: "c" });
  assert.deepEqual(heard, [transcript("c")]);
});

test("a command that may have been lost ends the line, so that it is said again", async () => {
  server.replies.push(() => {
    throw new TypeError("network error");
  });
  await say(SEND);
  assert.deepEqual(codes, [1006]);
});

test("a server in trouble ends the line, too", async () => {
  server.replies.push(() => new Response("<h1>Bad gateway</h1>", { status: 502 }));
  await say(SEND);
  assert.deepEqual(codes, [1006]);
});

test("what is refused on the way is told like any refusal, so that the text comes back", async () => {
  server.replies.push(() => new Response("<h1>Forbidden</h1>", { status: 403 }));
  await say(SEND);
  assert.deepEqual({ ...heard[0], message: "" }, { type: "error", code: "bad_command", message: "", command: "send", client_id: "s" });
  assert.match(heard[0].message, /HTTP 403/);
  assert.deepEqual(codes, []);
});

test("a redirect to the login page means logged out, by either way", async () => {
  const redirect = { type: "opaqueredirect", headers: new Headers() };
  server.replies.push(() => redirect);
  await say(SEND);
  assert.deepEqual(codes, [4401]);

  const other = new HttpLine({ events: "/e", commands: "/c", token: "", fetch: async () => redirect });
  other.onclose = (code) => codes.push(code);
  await settled();
  assert.deepEqual(codes, [4401, 4401]);
});

test("a stream that ends was ended by the server", async () => {
  await server.last.ends();
  assert.deepEqual(codes, [1012]);
});

test("a stream that breaks was lost", async () => {
  await server.last.breaks();
  assert.deepEqual(codes, [1006]);
});

test("a stream that ends after too many tabs is ended for that", async () => {
  await server.last.says({ type: "error", code: "too_many_tabs", message: "Too many." });
  await server.last.ends();
  assert.deepEqual(codes, [4429]);
});

test("an answer that is no stream is a loss", async () => {
  const other = new HttpLine({ events: "/e", commands: "/c", token: "", fetch: async () => new Response("", { status: 404 }) });
  other.onclose = (code) => codes.push(code);
  await settled();
  await settled();
  assert.deepEqual(codes, [1006]);
});

test("nothing for thirty seconds means dead, and any event is a sign of life", async () => {
  mock.timers.tick(29_000);
  await server.last.says({ type: "pong" });
  mock.timers.tick(29_999);
  assert.deepEqual(codes, []);
  mock.timers.tick(1);
  assert.deepEqual(codes, [1006]);
  assert.equal(server.last.signal.aborted, true);
});

test("a ping is answered while the stream keeps the server's beat, and not when it has fallen silent", async () => {
  await server.last.says(WELCOME);
  mock.timers.tick(15_000);
  line.say({ type: "ping" });
  assert.deepEqual(heard.at(-1), { type: "pong" });
  mock.timers.tick(1);
  line.say({ type: "ping" });
  assert.equal(heard.length, 2);
});

test("a closed line is silent", async () => {
  line.close();
  await settled();
  mock.timers.tick(60_000);
  assert.equal(server.last.signal.aborted, true);
  assert.deepEqual(codes, []);
});

test("the answer to a question of a temporary chat comes by a stream of its own", async () => {
  await server.last.says(WELCOME);
  const message = { type: "message", conversation: null, message: { id: "a", parent: "s", generation: { id: "g", cursor: 0 } } };
  server.replies.push([message]);
  await say({ type: "ask", client_id: "s", messages: [{ role: "user", content: "Hi" }] });
  assert.deepEqual(heard.at(-1), message);
  assert.equal(server.last.address, "/events/?generation=g&cursor=0");
  assert.equal(server.streams.length, 2);
});

test("a question whose chat was left meanwhile begins no stream", async () => {
  let arrive;
  server.replies.push(() => new Promise((resolve) => (arrive = resolve)));
  await say({ type: "ask", client_id: "s", messages: [] });
  await say({ type: "open", conversation: "d" });
  arrive(answer([{ type: "message", conversation: null, message: { id: "a", parent: "s", generation: { id: "g", cursor: 0 } } }]));
  await settled();
  await settled();
  assert.equal(server.last.address, "/events/?conversation=d");
});
