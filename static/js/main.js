// Wires the page together, and decides nothing. What each part does stands at the head of its file.

import { addressOf, conversationAt, loginAddress } from "./address.js";
import { Chat } from "./chat.js";
import { copy } from "./clipboard.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { Deletion } from "./deletion.js";
import { Desk } from "./desk.js";
import { doubt } from "./doubt.js";
import { Drafts, forget } from "./drafts.js";
import { Drawer } from "./drawer.js";
import { openEditor } from "./editor.js";
import { HttpLine } from "./http-line.js";
import { ListRefresh } from "./list-refresh.js";
import { Outbox } from "./outbox.js";
import { Page } from "./page.js";
import { Scroll } from "./scroll.js";
import { Sender } from "./sender.js";
import { Sidebar } from "./sidebar.js";
import { SocketLine } from "./socket-line.js";
import { wellFormed } from "./surrogates.js";
import { Transcript } from "./transcript.js";
import { keepAwake } from "./waking.js";
import { Ways } from "./ways.js";

const shell = document.querySelector("[data-shell]");
const { socket, events, commands, login, user, messageChars } = shell.dataset;
const token = shell.querySelector("[name=csrfmiddlewaretoken]").value;
const find = (hook) => shell.querySelector(`[data-${hook}]`);
const template = (name) => shell.querySelector(`template[data-template=${name}]`);

let limit = Number(messageChars);

const scroll = new Scroll(find("scroller"), find("column"), find("jump"));
const drawer = new Drawer(shell, find("sidebar"), find("room"));
const deletion = new Deletion(find("deletion"), (conversation) => tell({ type: "delete", conversation }));
const sidebar = new Sidebar(find("sidebar"), template("conversation"), {
  open: visit,
  rename: (conversation, title) => tell({ type: "rename", conversation, title: wellFormed(title) }),
  remove: (conversation, title) => deletion.ask(conversation, title),
});
const list = new ListRefresh(sidebar);
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
      list.connected();
    },
    follow: () => scroll.follow(),
    editor: edit,
  },
});
const connection = new Connection({
  ways: new Ways({
    socket: () => new SocketLine(`${location.origin.replace(/^http/, "ws")}${socket}`),
    http: () => new HttpLine({ events, commands, token }),
  }),
  on: {
    event: (event) => chat.receive(event),
    state: (state, reason) => {
      page.connection(state, reason);
      chat.connectionChanged();
    },
    loggedOut: () => location.assign(loginAddress(login, location.pathname)),
    doubt,
  },
});
const sender = new Sender(new Outbox(sessionStorage, user), connection);
const desk = new Desk({ composer, drafts, page });
const chat = new Chat({ connection, sender, transcript, desk, page });

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

// What was typed below a conversation that is gone goes along.
function leaveGone() {
  const { text } = composer;
  drafts.write(chat.shown, "");
  startNew();
  if (text) {
    composer.giveBack(text);
  }
}

function tell(command) {
  if (!connection.send(command)) {
    composer.say("Brook is not connected just now, so this was not done. Please try again when it is.");
  }
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

for (const button of shell.querySelectorAll("[data-action=new-chat]")) {
  button.addEventListener("click", startNew);
}
for (const button of shell.querySelectorAll("[data-action=leave-gone]")) {
  button.addEventListener("click", leaveGone);
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
addEventListener("popstate", () => chat.show(conversationAt(location.pathname)));

chat.show(conversationAt(location.pathname));
connection.connect();
keepAwake(connection);
if (matchMedia("(hover: hover)").matches) {
  composer.focus();
}
