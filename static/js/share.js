// The dialog about links: by whom and how far a conversation can be read, the link down to one message, and the other links
// there are. Nothing is shared by opening it.

import { fill, gettext } from "./words.js";

export class ShareDialog {
  #dialog;
  #parts = {};
  #buttons = {};
  #on;
  #message = null;
  #whole = false;
  #shares = [];

  /**
   * @param {HTMLDialogElement} dialog
   * @param {object} on
   * @param {(message: string) => string} on.share makes a link down to this message; returns why not, or ""
   * @param {(share: string) => string} on.unshare
   * @param {(text: string) => Promise<boolean>} on.copy
   * @param {(message: string) => string} on.words how a message begins
   */
  constructor(dialog, on) {
    this.#dialog = dialog;
    this.#on = on;
    for (const part of dialog.querySelectorAll("[data-part]")) {
      this.#parts[part.dataset.part] = part;
    }
    for (const button of dialog.querySelectorAll("[data-action]")) {
      this.#buttons[button.dataset.action] = button;
    }
    this.#buttons["make-link"].addEventListener("click", () => this.#try(on.share(this.#message)));
    this.#buttons["copy-link"].addEventListener("click", () => this.#copy());
    this.#buttons.revoke.addEventListener("click", () => this.#try(on.unshare(this.#made.id)));
    this.#parts.list.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-share-id]");
      if (button) {
        this.#try(on.unshare(button.dataset.shareId));
      }
    });
    this.#parts.address.addEventListener("focus", () => this.#parts.address.select());
  }

  /**
   * @param {string} message the last one that would be read
   * @param {boolean} whole it is the last one that there is
   * @param {object[]} shares the links of its conversation
   */
  open(message, whole, shares) {
    this.#message = message;
    this.#whole = whole;
    this.#shares = shares;
    this.#say("");
    this.#render();
    this.#dialog.showModal();
  }

  /** @param {object[]} shares the links that there are by now */
  update(shares) {
    if (this.#dialog.open && JSON.stringify(shares) !== JSON.stringify(this.#shares)) {
      const had = this.#made;
      this.#shares = shares;
      this.#say(!had === !this.#made ? "" : this.#made ? gettext("The link is made.") : gettext("The link is revoked. It leads nowhere now."));
      this.#render();
      this.#focus(had);
    }
  }

  /** @param {string} words why something was not done */
  refused(words) {
    if (this.#dialog.open) {
      this.#say(words);
    }
  }

  get #made() {
    return this.#shares.find(({ message }) => message === this.#message);
  }

  #render() {
    const made = this.#made;
    this.#parts.words.textContent = made ? readable(this.#whole) : promised(this.#whole);
    this.#parts.made.hidden = !made;
    this.#parts.address.value = made ? addressOf(made) : "";
    this.#buttons.revoke.hidden = !made;
    this.#buttons["make-link"].hidden = Boolean(made);
    const others = this.#shares.filter((share) => share !== made);
    this.#parts.others.hidden = others.length === 0;
    this.#parts.list.replaceChildren(...others.map((share) => this.#other(share)));
  }

  #other(share) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = addressOf(share);
    link.target = "_blank";
    link.rel = "noopener";
    link.dir = "auto";
    const words = this.#on.words(share.message);
    link.textContent = words ? fill(gettext("Up to “{words}”"), { words }) : link.href; // of an answer without a word
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-small";
    button.dataset.shareId = share.id;
    button.textContent = gettext("Revoke");
    item.append(link, button);
    return item;
  }

  // What had the focus may be gone: it goes on to what has taken its place.
  #focus(had) {
    if (!had && this.#made) {
      this.#buttons["copy-link"].focus();
    } else if (had && !this.#made) {
      this.#buttons["make-link"].focus();
    } else if (!this.#dialog.contains(document.activeElement)) {
      this.#buttons["close-dialog"].focus();
    }
  }

  async #copy() {
    const copied = await this.#on.copy(this.#parts.address.value);
    this.#say(copied ? gettext("Copied") : gettext("Copying is not possible here. The link is selected."));
    if (!copied) {
      this.#parts.address.focus();
    }
  }

  #try(refusal) {
    this.#say(refusal);
  }

  #say(words) {
    this.#parts.notice.textContent = words;
  }
}

function promised(whole) {
  return whole
    ? gettext("Anybody with the link will be able to read this conversation as it is now, without an account. What you write later is not shared. You can revoke the link at any time.")
    : gettext("Anybody with the link will be able to read this conversation up to this message, without an account. What comes after it is not shared. You can revoke the link at any time.");
}

function readable(whole) {
  return whole
    ? gettext("Anybody with the link can read this conversation as it is now. What you write later is not shared.")
    : gettext("Anybody with the link can read this conversation up to this message. What comes after it is not shared.");
}

function addressOf({ id }) {
  return `${location.origin}/s/${id}/`;
}
