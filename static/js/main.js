// Wires the page together, and decides nothing. What each part does stands at the head of its file.

import { addressOf, conversationAt, loginAddress } from "./address.js";
import { Chat } from "./chat.js";
import { copy } from "./clipboard.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { Drafts, forget } from "./drafts.js";
import { Drawer } from "./drawer.js";
import { openEditor } from "./editor.js";
import { Outbox } from "./outbox.js";
import { Page } from "./page.js";
import { Scroll } from "./scroll.js";
import { Sender } from "./sender.js";
import { Sidebar } from "./sidebar.js";
import { wellFormed } from "./surrogates.js";
import { Transcript } from "./transcript.js";

const shell = document.querySelector("[data-shell]");
const { socket, login, user, messageChars } = shell.dataset;
const find = (hook) => shell.querySelector(`[data-${hook}]`);
const template = (name) => shell.querySelector(`template[data-template=${name}]`);

let limit = Number(messageChars);

const scroll = new Scroll(find("scroller"), find("column"), find("jump"));
const drawer = new Drawer(shell, find("sidebar"), find("room"));
const sidebar = new Sidebar(find("sidebar"), template("conversation"), visit);
const transcript = new Transcript(find("transcript"), template("message"), { action, mayFold: () => scroll.following });
const composer = new Composer(find("composer"), {
  limit,
  on: {
    send: (text) => chat.send(wellFormed(text)),
    stop: () => chat.stop(),
    input: (text) => drafts.write(chat.shown, text),
  },
});
const drafts = new Drafts(localStorage, user);
const page = new Page(shell, {
  sidebar,
  on: {
    welcomed: ({ limits }) => {
      limit = limits.message_chars;
      composer.limit = limit;
    },
    follow: () => scroll.follow(),
    editor: edit,
  },
});
const connection = new Connection({
  url: `${location.origin.replace(/^http/, "ws")}${socket}`,
  on: {
    event: (event) => chat.receive(event),
    state: (state) => {
      page.connection(state);
      chat.connectionChanged();
    },
    loggedOut: () => location.assign(loginAddress(login, location.pathname)),
    doubt,
  },
});
const sender = new Sender(new Outbox(sessionStorage, user), connection);
const chat = new Chat({ connection, sender, transcript, composer, drafts, page });

function visit(id) {
  drawer.close();
  if (addressOf(id) !== location.pathname) {
    history.pushState(null, "", addressOf(id));
    chat.show(id);
  }
}

function startNew() {
  visit(null);
  composer.focus();
}

function action(name, row) {
  const actions = {
    copy: () => copyMessage(row),
    edit: () => edit(row, row.content),
    regenerate: () => chat.regenerate(row),
    retry: () => chat.regenerate(row),
    previous: () => turn(row, name),
    next: () => turn(row, name),
  };
  actions[name]?.();
}

// The version that comes into its place has arrows of its own: the focus goes on to them.
function turn(row, way) {
  transcript.view(chat.turn(row, way)).focusArrow(way);
}

function edit(row, text, notice) {
  const send = (edited) => chat.edit(row, wellFormed(edited));
  openEditor(template("editor"), transcript.view(row), { text, notice, limit, send });
}

async function copyMessage(row) {
  const words = (await copy(row.content)) ? "Copied" : "Copying is not possible here";
  transcript.view(row).say(words);
  page.announce(words);
}

// Why the handshake is refused: the page itself answers a stranger with a redirect to the login page.
async function doubt() {
  try {
    const { type, status } = await fetch("/", { method: "HEAD", redirect: "manual", cache: "no-store" });
    if (type === "opaqueredirect") {
      return "logged out";
    }
    return status < 500 ? "reachable" : "unreachable";
  } catch {
    return "unreachable";
  }
}

for (const button of shell.querySelectorAll("[data-action=new-chat], [data-action=leave-missing]")) {
  button.addEventListener("click", startNew);
}
for (const prompt of shell.querySelectorAll("[data-prompt]")) {
  prompt.addEventListener("click", () => {
    composer.text = prompt.textContent;
    composer.submit();
    composer.focus();
  });
}
find("connection").querySelector("[data-action=reload]").addEventListener("click", () => location.reload());
find("logout").addEventListener("submit", () => forget(localStorage, sessionStorage));
document.addEventListener("keydown", ({ key, isComposing }) => key === "Escape" && !isComposing && chat.stop());
document.addEventListener("visibilitychange", () => document.hidden || connection.wake());
addEventListener("online", () => connection.wake());
addEventListener("offline", () => connection.wake());
addEventListener("popstate", () => chat.show(conversationAt(location.pathname)));
addEventListener("pagehide", () => connection.close());
addEventListener("pageshow", ({ persisted }) => persisted && connection.connect());

chat.show(conversationAt(location.pathname));
connection.connect();
if (matchMedia("(hover: hover)").matches) {
  composer.focus();
}
