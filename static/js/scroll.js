// The view follows the text only while the reader is at the end. The first move upward ends it, and only the reader (or
// a message that he sends) begins it again. Nothing else here moves the view.

const AT_THE_END = 24;
const UPWARD = new Set(["ArrowUp", "PageUp", "Home"]);

export class Scroll {
  #box;
  #text;
  #jump;
  #following = true;
  #top = 0;
  #height = 0;
  #touch = 0;
  #held = false;

  /**
   * @param {HTMLElement} box what scrolls
   * @param {HTMLElement} column what grows in it
   * @param {HTMLButtonElement} jump "Jump to latest"
   */
  constructor(box, column, jump) {
    this.#box = box;
    this.#text = column.querySelector("[data-transcript]");
    this.#jump = jump;
    const quietly = { passive: true };
    box.addEventListener("wheel", ({ deltaY }) => deltaY < 0 && this.#leave(), quietly);
    box.addEventListener("touchstart", ({ touches }) => this.#touched(touches[0].clientY), quietly);
    box.addEventListener("touchmove", ({ touches }) => this.#dragged(touches[0].clientY), quietly);
    box.addEventListener("keydown", (event) => this.#pressed(event));
    box.addEventListener("scroll", () => this.#scrolled(), quietly);
    box.addEventListener("pointerdown", () => this.#hold(true));
    document.addEventListener("pointerup", () => this.#hold(false));
    document.addEventListener("pointercancel", () => this.#hold(false));
    jump.addEventListener("click", () => this.follow());
    const watcher = new ResizeObserver(() => this.#resized());
    watcher.observe(box);
    watcher.observe(column);
  }

  get following() {
    return this.#following;
  }

  /** Goes to the end, and stays there while the text grows. */
  follow() {
    this.#following = true;
    this.#toEnd();
    this.#offer();
  }

  #leave() {
    if (this.#box.scrollHeight > this.#box.clientHeight) {
      this.#following = false;
      this.#offer();
    }
  }

  #touched(y) {
    this.#touch = y;
  }

  #dragged(y) {
    if (y > this.#touch) {
      this.#leave();
    }
    this.#touch = y;
  }

  #pressed({ key, shiftKey, target }) {
    const typing = target.closest("textarea, input");
    if (!typing && (UPWARD.has(key) || (key === " " && shiftKey))) {
      this.#leave();
    }
  }

  // The scroll bar has no event of its own: a smaller position in a text that did not shrink was the reader.
  #scrolled() {
    const { scrollTop, scrollHeight } = this.#box;
    if (scrollTop < this.#top && scrollHeight >= this.#height) {
      this.#following = false;
    } else if (scrollTop > this.#top && this.#atEnd()) {
      this.#following = true;
    }
    this.#remember();
    this.#offer();
  }

  // While the pointer is down, or text is selected, somebody works with what is there: it must not move away.
  #hold(held) {
    const released = this.#held && !held;
    this.#held = held;
    const selection = document.getSelection();
    if (released && !selection.isCollapsed && this.#box.contains(selection.anchorNode)) {
      this.#leave();
    } else if (released && this.#following) {
      this.#toEnd();
    }
  }

  #resized() {
    if (this.#following && !this.#held) {
      this.#toEnd();
    }
    this.#offer();
  }

  // Without a message there is only the welcome, which is read from its head.
  #toEnd() {
    this.#box.scrollTop = this.#text.firstElementChild ? this.#box.scrollHeight : 0;
    this.#remember();
  }

  #remember() {
    this.#top = this.#box.scrollTop;
    this.#height = this.#box.scrollHeight;
  }

  #atEnd() {
    return this.#box.scrollHeight - this.#box.clientHeight - this.#box.scrollTop <= AT_THE_END;
  }

  #offer() {
    this.#jump.hidden = this.#following || this.#atEnd();
  }
}
