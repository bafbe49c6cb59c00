// What all dialogs have in common: a click beside one closes it, its "Close" does, and Escape in it stops no answer.

/** @param {Iterable<HTMLDialogElement>} dialogs */
export function serveDialogs(dialogs) {
  for (const dialog of dialogs) {
    dialog.addEventListener("click", ({ target }) => {
      if (target === dialog || target.closest("[data-action=close-dialog]")) {
        dialog.close();
      }
    });
    dialog.addEventListener("keydown", (event) => event.key === "Escape" && event.stopPropagation());
  }
}
