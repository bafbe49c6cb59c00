// Safari lays its keyboard over the page instead of making room for it, and pushes the page up. Where the visible part is
// smaller than the window, `--visible` is its height, and the shell takes that.

/** @param {HTMLElement} root */
export function keepVisible(root) {
  const viewport = window.visualViewport;
  const fit = () => {
    const covered = innerHeight - viewport.height;
    const isKeyboard = covered > 100 && viewport.scale < 1.05; // not a page that is zoomed in
    root.style.setProperty("--visible", isKeyboard ? `${viewport.height}px` : "");
    if (isKeyboard) {
      scrollTo(0, 0);
    }
  };
  viewport?.addEventListener("resize", fit);
}
