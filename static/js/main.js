// Wires the page together, and decides nothing. What each part does stands at the head of its file.

import { addressOf, conversationAt, loginAddress, messageAt, wordsAt } from "./address.js";
import { Chat } from "./chat.js";
import { Connection } from "./connection.js";
import { ConversationMenu } from "./conversation-menu.js";
import { Deletion } from "./deletion.js";
import { serveDialogs } from "./dialogs.js";
import { doubt } from "./doubt.js";
import { Drawer } from "./drawer.js";
import { Editing } from "./editing.js";
import { ready } from "./heard.js";
import { HttpLine } from "./http-line.js";
import { Keyboard } from "./keyboard.js";
import { ListRefresh } from "./list-refresh.js";
import { serveLogout } from "./logout.js";
import { serveMenus } from "./menu.js";
import { MessageActions } from "./message-actions.js";
import { onDemand } from "./on-demand.js";
import { Moves } from "./moves.js";
import { Outbox } from "./outbox.js";
import { Page } from "./page.js";
import { Paging } from "./paging.js";
import { Scroll } from "./scroll.js";
import { Sender } from "./sender.js";
import { Sidebar } from "./sidebar.js";
import { SocketLine } from "./socket-line.js";
import { local, session } from "./storages.js";
import { wellFormed } from "./surrogates.js";
import { tabStorage } from "./tab-storage.js";
import { Toast } from "./toast.js";
import { Topbar } from "./topbar.js";
import { Transcript } from "./transcript.js";
import { keepVisible } from "./visible.js";
import { keepAwake } from "./waking.js";
import { Ways } from "./ways.js";
import { gettext } from "./words.js";
import { Writing } from "./writing.js";

const shell = document.querySelector("[data-shell]");
const { socket, events, commands, login, user, messageChars } = shell.dataset;
const token = shell.querySelector("[name=csrfmiddlewaretoken]").value;
const find = (hook) => shell.querySelector(`[data-${hook}]`);
const template = (name) => shell.querySelector(`template[data-template=${name}]`);

const unsent = await tabStorage(local, session, navigator.locks);
let limit = Number(messageChars);

const scroll = new Scroll(find("scroller"), find("column"), find("jump"), {
  hasLater: () => transcript.hasLater,
  latest: () => transcript.latest(),
  first: () => transcript.first(),
});
const drawer = new Drawer(shell, find("sidebar"), find("room"), local);
const toast = new Toast(find("toasts"), () => (drawer.isOpen ? find("home") : find("room")).focus({ preventScroll: true }));
const deletion = new Deletion(toast, tell, session, user);
const menu = new ConversationMenu(find("conversation-menu"), {
  rename: (conversation, title) => tell({ type: "rename", conversation, title: wellFormed(title) }),
  pin: (conversation, pinned) => tell({ type: "pin", conversation, pinned }),
  archive: (conversation, archived) => (archived ? deletion.archive(conversation) : deletion.unarchive(conversation)),
  remove: (conversation) => deletion.remove(conversation),
  hold: () => sidebar.hold(),
  release: () => sidebar.release(),
  say: (words) => composer.say(words),
});
const sidebar = new Sidebar(find("sidebar"), template("conversation"), { open: visit, left: (row) => menu.giveUp(row) });
const topbar = new Topbar(find("topbar"), {
  pinned: (conversation) => sidebar.pinned(conversation),
  left: (bar) => menu.giveUp(bar),
  unarchive: (conversation) => deletion.unarchive(conversation),
});
const list = new ListRefresh(sidebar, "/list/");
const paging = new Paging(find("column"), find("scroller"), {
  earlier: () => transcript.earlier(),
  later: () => transcript.later(),
  leave: () => scroll.stay(),
});
const transcript = new Transcript(find("transcript"), {
  template: template("message"),
  scroll,
  on: {
    action: (name, row, event) => actions.press(name, row, event),
    drawn: (row) => editing.resume(row),
    part: (before, hasLater) => paging.show(before, hasLater),
  },
});
const writing = new Writing(shell, {
  local,
  unsent,
  chat: () => chat,
  page: () => page,
  tell: (command) => connection.send(command),
  online: () => connection.online,
  edit: (row, text, notice) => editing.open(row, text, notice),
  lookBack: () => actions.editLast(),
});
const { composer, desk, choices } = writing;
const page = new Page(shell, {
  sidebar,
  topbar,
  on: {
    welcomed: ({ limits }) => {
      limit = limits.message_chars;
      list.connected();
      menu.connected();
      forgetLeftovers();
    },
    gone: (id) => deletion.deleted(id),
    told: (id, isBack) => {
      deletion.told(id);
      if (isBack) {
        chat.show(id);
      }
    },
  },
});
const connection = new Connection({
  ways: new Ways({
    socket: () => new SocketLine(`${location.origin.replace(/^http/, "ws")}${socket}`),
    http: () => new HttpLine({ events, commands, token }),
  }),
  on: {
    event: (event) => {
      chat.receive(event);
      actions.receive(event);
      writing.receive(event);
      list.receive(event);
    },
    state: (state, reason) => {
      page.connection(state, reason);
      chat.connectionChanged();
      writing.connectionChanged();
    },
    loggedOut: () => location.assign(loginAddress(login, location.pathname)),
    doubt,
  },
});
const sender = new Sender(new Outbox(unsent, user), connection);
const options = { ofNew: () => choices.forNew, here: () => choices.options };
const chat = new Chat({ connection, sender, transcript, desk, page, scroll, options });
const editing = new Editing(template("editor"), desk, {
  view: (row) => transcript.view(row),
  send: (row, text) => chat.delivery.edit(row, text),
  limit: () => limit,
  enterSends: () => shell.dataset.enterSends !== "false",
});
const actions = new MessageActions(shell, {
  chat,
  transcript,
  editing,
  on: {
    say: (words) => composer.say(words),
    announce: (words) => page.announce(words),
    tell: (command) => connection.send(command),
    models: () => choices.models,
    removed: () => composer.focus(),
  },
});

// What the address says is shown: a conversation, and in it perhaps a message.
function arrive() {
  const id = conversationAt(location.pathname);
  const message = messageAt(location.hash);
  const words = wordsAt(location.hash);
  if (message && id === chat.shown) {
    chat.jump(message, words);
  } else if (chat.unkept) {
    history.pushState(null, "", "/"); // it stays until the person has said that it may go
    visit(id, message, words);
  } else {
    chat.show(id, message, { words });
  }
}

function visit(id, message = null, words = "", then = () => {}) {
  drawer.close();
  writing.leave(() => {
    if (addressOf(id) !== location.pathname || chat.temporary) {
      history.pushState(null, "", addressOf(id));
      chat.show(id, message, { words });
    } else if (message) {
      chat.jump(message, words);
    }
    then();
  });
}

function startNew() {
  visit(null, null, "", () => composer.focus());
}

// What is being written stays, and is not sent by this.
function offer(prompt) {
  if (composer.isEmpty) {
    composer.text = prompt;
    composer.submit();
  } else {
    composer.giveBack(prompt);
  }
}

// What was typed below a conversation that is gone goes along.
function leaveGone() {
  const draft = desk.lift();
  startNew();
  desk.lay(draft);
}

function tell(command) {
  const sent = connection.send(command);
  if (!sent) {
    composer.say(gettext("Brook is not connected just now, so this was not done. Please try again when it is."));
  }
  return sent;
}

let leftovers = null;

function forgetLeftovers() {
  const begin = ({ forgetGone }) => forgetGone(local, user, (id) => sidebar.lists(id));
  leftovers ??= import("./leftovers.js").then(begin).catch(() => {}); // the next page does it
}

let searchDialog = null;

function search() {
  drawer.close();
  const open = ({ SearchDialog }) => {
    searchDialog ??= new SearchDialog(find("search"), "/search/", (id, message, words) => visit(id, message, words));
    searchDialog.open();
  };
  onDemand(() => import("./search-dialog.js"), open, (words) => composer.say(words));
}

function help() {
  const open = ({ showShortcuts }) => showShortcuts(find("shortcuts"), keyboard);
  onDemand(() => import("./shortcuts-dialog.js"), open, (words) => composer.say(words));
}

for (const button of shell.querySelectorAll("[data-action=new-chat]")) {
  button.addEventListener("click", startNew);
}
for (const button of shell.querySelectorAll("[data-action=leave-gone]")) {
  button.addEventListener("click", leaveGone);
}
shell.querySelector("[data-action=restore]").addEventListener("click", () => deletion.restore(chat.shown));
shell.querySelector("[data-action=search]").addEventListener("click", search);
shell.querySelector("[data-action=shortcuts]").addEventListener("click", help);
find("home").addEventListener("click", (event) => {
  event.preventDefault();
  startNew();
});
for (const prompt of shell.querySelectorAll("[data-prompt]")) {
  prompt.addEventListener("click", () => {
    offer(prompt.textContent);
    composer.focus();
  });
}
find("connection").querySelector("[data-action=reload]").addEventListener("click", () => location.reload());
shell.addEventListener("click", ({ target, detail }) => {
  if (detail === 0 && target.closest("[data-vanishes]")) {
    composer.focus(); // pressed by keyboard, which would stand nowhere when the button is gone
  }
});
shell.addEventListener("focus-left", () => composer.focus());
serveLogout(find("logout"), () => desk.close());
serveMenus();
serveDialogs(shell.querySelectorAll("dialog"));
keepVisible(document.documentElement);
new Moves(find("room"), scroll);
const keyboard = new Keyboard(local, {
  search,
  help,
  new: startNew,
  list: () => drawer.toggle(),
  write: () => composer.focus(),
  copy: () => actions.copyLast(),
  stop: () => chat.stop(),
  undo: () => toast.isShown && toast.undo(),
});
addEventListener("popstate", arrive);
document.addEventListener("visibilitychange", () => list.seen());
addEventListener("pagehide", () => editing.flush());
addEventListener("beforeprint", () => transcript.all());
addEventListener("afterprint", () => transcript.back());

chat.show(conversationAt(location.pathname), messageAt(location.hash), { words: wordsAt(location.hash) });
deletion.offerAgain();
ready.then(() => connection.connect());
keepAwake(connection, () => desk.waits || (chat.temporary && composer.isBusy));
if (matchMedia("(hover: hover)").matches) {
  composer.focus();
}
