"""What one does with messages, and that all of it survives a reload and shows in other tabs at once."""

import json
import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, WebSocketRoute, expect

from tests.browser.steps import answer, ask, expect_announced, expect_status, question, stop
from tests.support.dialects import mira_chunk
from tests.support.scripts import Gate, Hang, Send, WaitFor, json_answer, mira, vigthoria
from tests.support.server import ServedBrook
from tests.support.upstream_thread import ScriptedUpstreamThread


def asked(page: Page, upstream: ScriptedUpstreamThread, *answers: str) -> None:
    """A question, and these answers beside each other."""
    upstream.play(*[mira([text]) for text in answers])
    ask(page, "Say something")
    for number, text in enumerate(answers):
        if number:
            answer(page).get_by_role("button", name="Regenerate", exact=True).click()
        expect(answer(page)).to_contain_text(text)
        expect_status(page, "complete")


def twin(page: Page, context: BrowserContext) -> Page:
    """Another tab with the same conversation."""
    other = context.new_page()
    other.goto(page.url)
    expect(answer(other)).to_be_visible()
    return other


def button(message: Locator | Page, name: str) -> Locator:
    return message.get_by_role("button", name=name, exact=True)


def from_more(page: Page, message: Locator, name: str) -> None:
    message.hover()
    button(message, "More").click()
    page.get_by_role("group", name="More").get_by_role("button", name=name).click()


# Versions


def test_the_version_that_was_turned_to_is_remembered_and_shows_in_other_tabs(
    chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread
):
    asked(chat, upstream, "First.", "Second.", "Third.")
    other = twin(chat, context)
    expect(answer(other)).to_contain_text("3 / 3")
    button(answer(chat), "Previous version").click()
    button(answer(chat), "Previous version").click()
    for page in (chat, other):
        expect(answer(page)).to_contain_text("First.")
        expect(answer(page)).to_contain_text("1 / 3")
    for page in (chat, other):
        page.reload()
        expect(answer(page)).to_contain_text("1 / 3")


def test_the_arrows_go_on_by_keyboard(chat: Page, upstream: ScriptedUpstreamThread):
    asked(chat, upstream, "First.", "Second.", "Third.")
    button(answer(chat), "Previous version").focus()
    chat.keyboard.press("Enter")
    expect(answer(chat)).to_contain_text("2 / 3")
    chat.keyboard.press("Enter")
    expect(answer(chat)).to_contain_text("1 / 3")
    expect(button(answer(chat), "Next version")).to_be_focused()


def test_something_new_is_shown_whatever_version_was_turned_to(
    chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread
):
    asked(chat, upstream, "First.", "Second.")
    other = twin(chat, context)
    button(answer(chat), "Previous version").click()
    expect(answer(other)).to_contain_text("1 / 2")
    upstream.play(mira(["Third."]))
    button(answer(other), "Regenerate").click()
    for page in (chat, other):
        expect(answer(page)).to_contain_text("Third.")
        expect(answer(page)).to_contain_text("3 / 3")
    chat.reload()
    expect(answer(chat)).to_contain_text("3 / 3")


def test_an_answer_goes_on_unseen_where_the_page_is_opened_at_another_version(
    chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread
):
    asked(chat, upstream, "First.")
    rest = Gate()
    upstream.play(mira(["Half ", WaitFor(rest), "an answer."]))
    button(answer(chat), "Regenerate").click()
    expect(answer(chat)).to_contain_text("Half")
    other = twin(chat, context)
    button(answer(chat), "Previous version").click()
    expect(answer(other)).to_contain_text("1 / 2")
    other.reload()
    expect(answer(other)).to_contain_text("First.")
    expect(button(other, "Stop")).to_be_visible()
    rest.open()
    expect(button(other, "Send")).to_be_visible()
    button(answer(other), "Next version").click()
    expect(answer(other)).to_contain_text("Half an answer.")
    expect_status(other, "complete")


@pytest.mark.own_server
def test_a_version_that_is_turned_to_without_a_connection_is_remembered_when_it_is_back(
    chat: Page, context: BrowserContext, brook: ServedBrook, upstream: ScriptedUpstreamThread
):
    asked(chat, upstream, "First.", "Second.")
    brook.kill()
    expect(chat.locator("[data-connection]")).to_be_visible(timeout=20_000)
    button(answer(chat), "Previous version").click()
    expect(answer(chat)).to_contain_text("1 / 2")
    brook.start()
    expect(chat.locator("[data-connection]")).to_be_hidden(timeout=20_000)
    expect(twin(chat, context).get_by_role("article", name="Assistant")).to_contain_text("1 / 2")


# Another answer


@pytest.fixture
def two_models(upstream: ScriptedUpstreamThread) -> None:
    models = [{"id": "scripted"}, {"id": "a-wiser-one"}]
    upstream.models = json_answer(200, {"object": "list", "data": models})


@pytest.mark.own_server
@pytest.mark.usefixtures("two_models")  # before the server asks for the first time
def test_regenerate_with_another_model(chat: Page, upstream: ScriptedUpstreamThread):
    asked(chat, upstream, "First.")
    upstream.next_request()
    upstream.play(mira(["Wiser."]))
    button(answer(chat), "Another model").click()
    chat.get_by_role("group", name="Another model").get_by_role("button", name="a-wiser-one").click()
    expect(answer(chat)).to_contain_text("Wiser.")
    assert upstream.next_request().body["model"] == "a-wiser-one"


def test_below_an_answer_stands_which_model_wrote_it(chat: Page, upstream: ScriptedUpstreamThread):
    asked(chat, upstream, "Written.")
    expect(answer(chat)).to_contain_text("scripted")
    chat.reload()
    expect(answer(chat)).to_contain_text("scripted")


@pytest.mark.parametrize(
    ("script", "status"),
    [
        (mira(["Half an answer"], finish="length"), "complete"),
        (vigthoria(["Half an answer"], done=False), "truncated"),
    ],
)
def test_an_answer_that_was_cut_can_be_continued(chat: Page, upstream: ScriptedUpstreamThread, script, status: str):
    upstream.play(script)
    ask(chat, "Tell me")
    expect_status(chat, status)
    upstream.play(mira([" and the other half."]))
    button(answer(chat), "Continue").click()
    expect(answer(chat)).to_contain_text("Half an answer and the other half.")
    expect_status(chat, "complete")
    expect(answer(chat)).to_contain_text("2 / 2")
    expect(button(answer(chat), "Continue")).to_be_hidden()
    chat.reload()
    expect(answer(chat)).to_contain_text("Half an answer and the other half.")


def test_a_stopped_answer_can_be_continued_and_a_whole_one_cannot(chat: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["Half an answer", Hang()]))
    ask(chat, "Tell me")
    expect(answer(chat)).to_contain_text("Half an answer")
    chat.keyboard.press("Escape")
    expect_status(chat, "cancelled")
    upstream.play(mira([" and the other half."]))
    button(answer(chat), "Continue").click()
    expect(answer(chat)).to_contain_text("Half an answer and the other half.")
    expect_status(chat, "complete")
    expect(button(answer(chat), "Continue")).to_be_hidden()


def test_pressing_twice_in_a_hurry_asks_once(chat: Page, upstream: ScriptedUpstreamThread):
    asked(chat, upstream, "First.")
    upstream.play(mira(["Second."]), mira(["Third."]))
    button(answer(chat), "Regenerate").dblclick()
    expect(answer(chat)).to_contain_text("Second.")
    expect_status(chat, "complete")
    expect(answer(chat)).to_contain_text("2 / 2")
    assert len(upstream.requests) == 2


def test_while_an_answer_is_written_another_is_refused_in_words(chat: Page, upstream: ScriptedUpstreamThread):
    asked(chat, upstream, "First.")
    upstream.play(mira(["On and on ", Hang()]))
    ask(chat, "Go on")
    expect(answer(chat)).to_contain_text("On and on")
    first = chat.get_by_role("article", name="Assistant").first
    first.hover()
    button(first, "Regenerate").click()
    expect(chat.get_by_text("An answer is still being written.")).to_be_visible()
    expect_status(chat, "streaming")


@pytest.mark.own_server
@pytest.mark.parametrize("name", ["Regenerate", "Good answer"])
def test_without_a_connection_it_says_that_it_was_not_done(
    chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread, name: str
):
    asked(chat, upstream, "First.")
    brook.kill()
    expect(chat.locator("[data-connection]")).to_be_visible(timeout=20_000)
    button(answer(chat), name).click()
    expect(chat.get_by_text("Brook is not connected just now")).to_be_visible()
    expect(answer(chat)).to_contain_text("First.")
    brook.start()


@pytest.mark.own_server
def test_stop_without_a_connection_says_what_becomes_of_it(
    chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread
):
    upstream.play(mira(["On and on ", Hang()]))
    ask(chat, "Go on")
    expect(answer(chat)).to_contain_text("On and on")
    brook.kill()
    expect(answer(chat)).to_contain_text("Offline.", timeout=20_000)
    chat.get_by_role("button", name="Stop", exact=True).click()
    expect(answer(chat)).to_contain_text("The answer will be stopped when connected.")
    brook.start()
    expect(answer(chat)).not_to_have_attribute("data-status", "streaming", timeout=25_000)


# Opinions


def test_a_thumb_and_a_comment_are_kept_and_show_in_other_tabs(
    chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread
):
    asked(chat, upstream, "First.")
    other = twin(chat, context)
    button(answer(chat), "Bad answer").click()
    for page in (chat, other):
        expect(button(answer(page), "Bad answer")).to_have_attribute("aria-pressed", "true")
        expect(button(answer(page), "Good answer")).to_have_attribute("aria-pressed", "false")
    button(answer(chat), "Add a comment").click()
    box = answer(chat).get_by_role("textbox", name="Comment")
    expect(box).to_be_focused()
    box.fill("It is not true.")
    box.press("Enter")
    expect(button(answer(chat), "Edit comment")).to_be_focused()
    for page in (chat, other):
        page.reload()
        expect(button(answer(page), "Bad answer")).to_have_attribute("aria-pressed", "true")
        button(answer(page), "Edit comment").click()
        expect(answer(page).get_by_role("textbox", name="Comment")).to_have_value("It is not true.")


def test_a_thumb_can_be_turned_and_taken_back(chat: Page, upstream: ScriptedUpstreamThread):
    asked(chat, upstream, "First.")
    good, bad = button(answer(chat), "Good answer"), button(answer(chat), "Bad answer")
    good.click()
    expect(good).to_have_attribute("aria-pressed", "true")
    bad.click()
    expect(bad).to_have_attribute("aria-pressed", "true")
    expect(good).to_have_attribute("aria-pressed", "false")
    bad.click()
    expect(bad).to_have_attribute("aria-pressed", "false")
    expect(button(answer(chat), "Add a comment")).to_be_hidden()


def test_the_comment_of_a_thumb_that_was_taken_back_need_not_be_typed_again(
    chat: Page, upstream: ScriptedUpstreamThread
):
    asked(chat, upstream, "First.")
    good = button(answer(chat), "Good answer")
    good.click()
    button(answer(chat), "Add a comment").click()
    box = answer(chat).get_by_role("textbox", name="Comment")
    box.fill("Half a comm")
    good.click()
    expect(box).to_have_count(0)
    good.click()
    button(answer(chat), "Add a comment").click()
    expect(box).to_have_value("Half a comm")


@pytest.mark.own_browser
def test_a_comment_that_the_server_refused_need_not_be_typed_again(
    chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread
):
    refuse_comments(context)
    chat.reload()
    asked(chat, upstream, "First.")
    button(answer(chat), "Bad answer").click()
    button(answer(chat), "Add a comment").click()
    box = answer(chat).get_by_role("textbox", name="Comment")
    box.fill("It is not true.")
    box.press("Enter")
    expect(chat.get_by_text("Not now.")).to_be_visible()
    expect(box).to_have_count(0)
    button(answer(chat), "Add a comment").click()
    expect(box).to_have_value("It is not true.")


def refuse_comments(context: BrowserContext) -> None:
    error = {"type": "error", "code": "unavailable", "message": "Not now.", "command": "rate", "client_id": None}

    def between(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def carry(said: str | bytes) -> None:
            if json.loads(said).get("comment"):
                socket.send(json.dumps(error))
            else:
                server.send(said)

        socket.on_message(carry)

    context.route_web_socket("**/ws/", between)


def test_escape_in_a_comment_ends_a_word_that_is_being_composed_and_then_the_comment(
    chat: Page, upstream: ScriptedUpstreamThread
):
    asked(chat, upstream, "First.")
    button(answer(chat), "Good answer").click()
    button(answer(chat), "Add a comment").click()
    box = answer(chat).get_by_role("textbox", name="Comment")
    box.fill("nihon")
    for composing in ({"isComposing": True}, {"keyCode": 229}):
        box.dispatch_event("keydown", {"key": "Escape", "bubbles": True, **composing})
        expect(box).to_have_value("nihon")
    box.press("Escape")
    expect(box).to_have_count(0)


# Links


def test_a_link_is_made_shown_in_other_tabs_and_revoked(
    chat: Page, context: BrowserContext, browser, upstream: ScriptedUpstreamThread
):
    asked(chat, upstream, "First.")
    other = twin(chat, context)
    from_more(chat, answer(chat), "Share up to here")
    dialog = chat.get_by_role("dialog", name="Share this conversation")
    expect(dialog).to_contain_text("Anybody with the link will be able to read this conversation")
    expect(dialog.get_by_label("Link", exact=True)).to_be_hidden()
    dialog.get_by_role("button", name="Make a link").click()
    expect(dialog.get_by_label("Link", exact=True)).to_have_value(re.compile(r"^http.*/s/[\w-]{16,}/$"))
    expect(dialog.get_by_role("button", name="Copy link")).to_be_focused()
    link = dialog.get_by_label("Link", exact=True).input_value()

    stranger = browser.new_context()
    shared = stranger.new_page()
    assert shared.goto(link).status == 200
    expect(shared.locator("body")).to_contain_text("First.")

    other.get_by_role("button", name="Share", exact=True).click()
    expect(other.get_by_label("Link", exact=True)).to_have_value(link)
    other.get_by_role("button", name="Revoke").click()
    expect(other.get_by_role("dialog")).to_contain_text("The link is revoked.")
    expect(dialog.get_by_role("button", name="Make a link")).to_be_visible()
    assert shared.goto(link).status == 404
    stranger.close()


def test_a_link_to_another_message_is_listed_and_can_be_revoked_from_there(
    chat: Page, upstream: ScriptedUpstreamThread
):
    asked(chat, upstream, "First.")
    from_more(chat, question(chat), "Share up to here")
    dialog = chat.get_by_role("dialog", name="Share this conversation")
    expect(dialog).to_contain_text("up to this message")
    dialog.get_by_role("button", name="Make a link").click()
    expect(dialog.get_by_role("button", name="Revoke")).to_be_visible()
    chat.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    chat.get_by_role("button", name="Share", exact=True).click()
    expect(dialog.get_by_role("link", name="Up to “Say something”")).to_be_visible()
    dialog.get_by_role("listitem").get_by_role("button", name="Revoke").click()
    expect(dialog.get_by_role("listitem")).to_have_count(0)


# The end of a message


def test_a_message_is_deleted_with_all_after_it_in_every_tab(
    chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread
):
    asked(chat, upstream, "First.")
    upstream.play(mira(["Second."]))
    ask(chat, "And then?")
    expect(answer(chat)).to_contain_text("Second.")
    expect_status(chat, "complete")
    other = twin(chat, context)
    from_more(chat, question(chat), "Delete message")
    dialog = chat.get_by_role("dialog", name="Delete this message and everything after it?")
    expect(dialog).to_contain_text("And then?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(chat.get_by_role("article")).to_have_count(4)
    from_more(chat, question(chat), "Delete message")
    dialog.get_by_role("button", name="Delete").click()
    for page in (chat, other):
        expect(page.get_by_role("article")).to_have_count(2)
        expect(answer(page)).to_contain_text("First.")
    expect(chat.get_by_role("textbox", name="Message")).to_be_focused()
    chat.reload()
    expect(chat.get_by_role("article")).to_have_count(2)


def test_deleting_above_an_answer_under_way_stops_it(chat: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["On and on ", Hang()]))
    ask(chat, "Go on")
    expect(answer(chat)).to_contain_text("On and on")
    from_more(chat, question(chat), "Delete message")
    chat.get_by_role("dialog").get_by_role("button", name="Delete").click()
    upstream.next_request().hung_up(within=2.0)
    expect(chat.get_by_role("article")).to_have_count(0)
    expect(chat.get_by_role("button", name="Send", exact=True)).to_be_visible()


# Copies and edits


def test_copy_says_so(chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    upstream.play(mira(["**First.**"]))
    ask(chat, "Say something")
    expect_status(chat, "complete")
    button(answer(chat), "Copy").click()
    expect_announced(chat, "Copied")
    assert chat.evaluate("navigator.clipboard.readText()") == "**First.**"


def test_a_link_is_copied_over_plain_http_too(chat: Page, upstream: ScriptedUpstreamThread):
    chat.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    chat.reload()
    asked(chat, upstream, "First.")
    chat.get_by_role("button", name="Share", exact=True).click()
    dialog = chat.get_by_role("dialog", name="Share this conversation")
    dialog.get_by_role("button", name="Make a link").click()
    dialog.get_by_role("button", name="Copy link").click()
    expect(dialog.get_by_text("Copied")).to_be_visible()
    link = dialog.get_by_label("Link", exact=True).input_value()
    chat.keyboard.press("Escape")
    chat.get_by_role("textbox", name="Message", exact=True).press("Control+v")
    expect(chat.get_by_role("textbox", name="Message", exact=True)).to_have_value(link)


def test_the_text_in_an_open_editor_survives_a_reload(chat: Page, upstream: ScriptedUpstreamThread):
    asked(chat, upstream, "First.")
    question(chat).hover()
    button(question(chat), "Edit").click()
    box = chat.get_by_role("textbox", name="Edit message")
    box.fill("Say something el")
    chat.reload()
    expect(box).to_have_value("Say something el")
    expect(chat.get_by_role("textbox", name="Message", exact=True)).to_be_focused()
    box.press("Escape")
    expect(box).to_be_hidden()
    chat.reload()
    expect(answer(chat)).to_contain_text("First.")
    expect(box).to_be_hidden()


@pytest.mark.parametrize("way", ["the message box", "its button"])
def test_an_editor_that_is_given_up_gives_the_focus_back(chat: Page, upstream: ScriptedUpstreamThread, way: str):
    asked(chat, upstream, "First.")
    opener = chat.get_by_role("textbox", name="Message", exact=True)
    if way == "its button":
        opener = button(question(chat), "Edit")
    opener.focus()
    opener.press("ArrowUp" if way == "the message box" else "Enter")
    box = chat.get_by_role("textbox", name="Edit message")
    expect(box).to_be_focused()
    box.press("Escape")
    expect(box).to_be_hidden()
    expect(opener).to_be_focused()


def test_an_empty_edit_says_why_not_and_a_sent_one_is_forgotten(chat: Page, upstream: ScriptedUpstreamThread):
    asked(chat, upstream, "First.")
    question(chat).hover()
    button(question(chat), "Edit").click()
    box = chat.get_by_role("textbox", name="Edit message")
    box.fill("  ")
    chat.get_by_role("button", name="Send edit").click()
    expect(question(chat)).to_contain_text("The message is empty.")
    assert len(upstream.requests) == 1
    upstream.play(mira(["Second."]))
    box.fill("Say something else")
    box.press("Enter")
    expect(answer(chat)).to_contain_text("Second.")
    chat.reload()
    expect(question(chat)).to_contain_text("Say something else")
    expect(box).to_be_hidden()


# Reasoning


def test_a_conversation_that_is_left_while_the_model_thinks_counts_no_longer(
    chat: Page, upstream: ScriptedUpstreamThread
):
    chat.add_init_script(COUNT_INTERVALS)
    chat.reload()
    expect(chat.get_by_role("button", name="Model: scripted")).to_be_visible()
    before = chat.evaluate("window.intervals.size")
    upstream.play([Send(mira_chunk({"reasoning_content": "Let me see."})), Hang()])
    ask(chat, "Think first")
    expect(answer(chat).get_by_text("Thinking… 1 s")).to_be_visible()
    assert chat.evaluate("window.intervals.size") == before + 1
    chat.get_by_role("button", name="New chat").click()
    chat.wait_for_function("(count) => window.intervals.size === count", arg=before, timeout=5_000)
    chat.get_by_role("link", name="Think first").click()
    expect(answer(chat).get_by_text("Let me see.")).to_be_visible()
    stop(chat)
    expect_status(chat, "cancelled")


COUNT_INTERVALS = """(() => {
  const [begin, end] = [setInterval, clearInterval];
  window.intervals = new Set();
  window.setInterval = (...how) => {
    const id = begin(...how);
    window.intervals.add(id);
    return id;
  };
  window.clearInterval = (id) => {
    window.intervals.delete(id);
    end(id);
  };
})();"""


def test_the_reasoning_counts_while_it_is_all_there_is_and_keeps_its_time(chat: Page, upstream: ScriptedUpstreamThread):
    thought, spoken = Gate(), Gate()
    upstream.play(
        [
            Send(mira_chunk({"role": "assistant"})),
            Send(mira_chunk({"reasoning_content": "Let me see."})),
            WaitFor(thought),
            *mira(["So it is. ", WaitFor(spoken), "Done."])[1:],
        ]
    )
    ask(chat, "Think first")
    block = answer(chat).get_by_role("group").first
    expect(answer(chat).get_by_text("Let me see.")).to_be_visible()
    expect(block).to_contain_text(re.compile(r"Thinking… [23] s"))
    thought.open()
    expect(block).to_contain_text(re.compile(r"Thought for [2-9] s"))
    expect(answer(chat).get_by_text("Let me see.")).to_be_hidden()
    spoken.open()
    expect_status(chat, "complete")
    chat.reload()
    expect(block).to_contain_text(re.compile(r"Thought for [2-9] s"))
    block.get_by_text("Thought for").click()
    expect(answer(chat).get_by_text("Let me see.")).to_be_visible()
