// Small menus: a button that says `data-menu="id"` opens the popover of that id beside itself. In it stand plain buttons and
// links, so that a screen reader needs no mode of its own; the arrow keys go through them, Escape and Tab leave.
//
//   <button type="button" data-menu="more" aria-expanded="false" aria-controls="more">More</button>
//   <div class="menu" id="more" popover="manual" role="group" aria-label="More"> <button type="button">…</button> … </div>
//
// One menu may serve many buttons: `openerOf` says which one it was opened by. Before it opens it hears the event
// `menu-open`, when it was closed `menu-close`. What is chosen closes the menu first.

import { composes } from "./keys.js";

const MARGIN = 8; // px between a menu and the window's edge
const ITEMS = "button, a[href]";

const openers = new WeakMap();
let shown = null;
let openedAt = null; // where its button stood,
let width = 0; // and how wide the window was
let isSettling = false;

/**
 * @param {HTMLElement} menu
 * @returns {HTMLElement | undefined} the button that opened it, now or last
 */
export function openerOf(menu) {
  return openers.get(menu);
}

/** Closes the menu that is open, if one is; the focus stays where it is. */
export function closeMenu() {
  if (!shown) {
    return;
  }
  const menu = shown;
  shown = null;
  openers.get(menu).setAttribute("aria-expanded", "false");
  menu.hidePopover();
  menu.dispatchEvent(new Event("menu-close"));
}

/** Serves every menu of the document, those to come included. */
export function serveMenus() {
  document.addEventListener("click", clicked, { capture: true });
  document.addEventListener("pointerdown", ({ target }) => !belongs(target) && closeMenu());
  document.addEventListener("focusin", ({ target }) => !belongs(target) && closeMenu());
  document.addEventListener("scroll", scrolled, { capture: true, passive: true });
  document.addEventListener("keydown", keyPressed, { capture: true });
  addEventListener("resize", resized);
}

// Another height is the keyboard of a phone, which leaves when a menu is opened: the menu stays beside its button.
function resized() {
  if (shown && innerWidth === width) {
    isSettling = true;
    requestAnimationFrame(() => requestAnimationFrame(settle)); // the text may be scrolled to its end first
  } else {
    closeMenu();
  }
}

function settle() {
  isSettling = false;
  if (shown) {
    stand();
  }
}

// The text that is being written scrolls all the time; only where the menu's button went elsewhere, the menu stands wrong.
function scrolled({ target }) {
  if (shown && target !== shown && !isSettling) {
    const { top, left } = openers.get(shown).getBoundingClientRect();
    if (top !== openedAt.top || left !== openedAt.left) {
      closeMenu();
    }
  }
}

function clicked({ target }) {
  const button = target.closest?.("[data-menu]");
  if (button) {
    toggle(button);
  } else if (shown?.contains(target) && target.closest("button, a")) {
    const opener = openers.get(shown);
    closeMenu();
    opener.focus({ preventScroll: true }); // before what was chosen takes the focus somewhere else
  }
}

function toggle(button) {
  const wasOpen = button.getAttribute("aria-expanded") === "true";
  closeMenu();
  if (!wasOpen) {
    open(document.getElementById(button.dataset.menu), button);
  }
}

function open(menu, button) {
  openers.set(menu, button);
  menu.dispatchEvent(new Event("menu-open"));
  shown = menu;
  button.setAttribute("aria-expanded", "true");
  menu.showPopover();
  width = innerWidth;
  stand();
  itemsOf(menu)[0]?.focus({ preventScroll: true });
}

function stand() {
  openedAt = openers.get(shown).getBoundingClientRect();
  place(shown, openedAt);
}

// Below the button where there is room, else above it; its end at the button's end, and never outside the window.
function place(menu, button) {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const rtl = getComputedStyle(menu).direction === "rtl";
  const left = rtl ? button.left : button.right - width;
  const below = button.bottom + height + MARGIN <= innerHeight;
  menu.style.left = `${within(left, innerWidth - width)}px`;
  menu.style.top = `${within(below ? button.bottom : button.top - height, innerHeight - height)}px`;
}

function within(place, room) {
  return Math.max(MARGIN, Math.min(place, room - MARGIN));
}

function keyPressed(event) {
  if (!shown || composes(event)) {
    return;
  }
  const key = event.key;
  if (key === "Escape" || key === "Tab") {
    leave();
    if (key === "Escape") {
      consume(event);
    }
  } else if (moves[key]) {
    move(moves[key]);
    consume(event);
  }
}

const moves = {
  ArrowDown: (at, count) => (at + 1) % count,
  ArrowUp: (at, count) => (at - 1 + count) % count,
  Home: () => 0,
  End: (at, count) => count - 1,
};

function move(to) {
  const items = itemsOf(shown);
  items[to(items.indexOf(document.activeElement), items.length)]?.focus();
}

// From there Tab goes on by itself.
function leave() {
  const opener = openers.get(shown);
  closeMenu();
  opener.focus({ preventScroll: true });
}

// Escape ends a menu here, and not the answer as well.
function consume(event) {
  event.preventDefault();
  event.stopPropagation();
}

function belongs(target) {
  return shown !== null && (shown.contains(target) || openers.get(shown).contains(target));
}

function itemsOf(menu) {
  return [...menu.querySelectorAll(ITEMS)].filter((item) => !item.disabled && item.offsetParent !== null);
}
