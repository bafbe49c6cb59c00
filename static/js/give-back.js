// A message that the server refused goes back to where it was written: nothing that was typed is lost.

/**
 * @param {import("./outbox.js").Item | undefined} item undefined: the words are all there is
 * @param {string} words why it was refused
 * @param {object} parts
 * @param {import("./conversation.js").Conversation} parts.shown
 * @param {import("./drafts.js").Drafts} parts.drafts
 * @param {import("./composer.js").Composer} parts.composer
 * @param {import("./page.js").Page} parts.page
 */
export function giveBack(item, words, { shown, drafts, composer, page }) {
  if (!item) {
    composer.say(words);
    return;
  }
  const { conversation, command } = item;
  const { content } = command;
  if (conversation !== shown.id) {
    const draft = drafts.read(conversation);
    drafts.write(conversation, draft ? `${content}\n\n${draft}` : content);
    return;
  }
  const edited = command.type === "edit" ? shown.row(command.message) : undefined;
  if (edited) {
    page.editor(edited, content, words);
  } else {
    composer.giveBack(content);
    composer.say(words);
  }
}
