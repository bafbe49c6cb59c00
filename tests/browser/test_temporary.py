"""The temporary chat: answered like any other, and stored nowhere."""

import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, WebSocketRoute, expect

from tests.browser.steps import answer, ask, expect_status, question, stop
from tests.support.scripts import Gate, Hang, WaitFor, mira
from tests.support.server import ServedBrook
from tests.support.upstream_thread import ScriptedUpstreamThread

SECRET = "a-secret-about-herons"


@pytest.fixture
def temporary(chat: Page) -> Page:
    begin(chat)
    return chat


def begin(page: Page) -> None:
    page.get_by_role("button", name="Temporary chat").click()
    expect(band(page)).to_be_visible()


def band(page: Page) -> Locator:
    return page.get_by_role("note").filter(has_text="Nothing of this is stored.")


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message", exact=True)


def everything_stored(page: Page, brook: ServedBrook) -> str:
    """What the browser keeps, and every file of the server's."""
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, history.state, location.href])")
    with closing(sqlite3.connect(brook.data_dir / "brook.sqlite3")) as database:
        kept += "\n".join(database.iterdump())
    files = [path for path in brook.data_dir.rglob("*") if path.is_file() and "static" not in path.parts]
    return kept + brook.output.text + "".join(path.read_bytes().decode("latin-1") for path in files)


def test_it_is_answered_with_all_that_was_said_and_stored_nowhere(
    temporary: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread
):
    upstream.play(mira([f"I know {SECRET}."]), mira(["Two of them."]))
    ask(temporary, f"Do you know {SECRET}?")
    expect_status(temporary, "complete")
    ask(temporary, f"And more of {SECRET}?")
    expect(answer(temporary)).to_contain_text("Two of them.")
    expect_status(temporary, "complete")
    upstream.next_request()
    said = upstream.next_request().body["messages"]
    assert [message["role"] for message in said] == ["user", "assistant", "user"]
    box(temporary).fill(f"Being typed: {SECRET}")
    temporary.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")  # when a draft is stored at the latest
    expect(temporary).to_have_url(f"{brook.url}/")
    assert SECRET not in everything_stored(temporary, brook)
    expect(temporary.get_by_role("link", name=SECRET)).to_have_count(0)


def test_the_same_in_a_kept_chat_is_found(chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread):
    """The test above could have failed."""
    upstream.play(mira(["Yes."]))
    ask(chat, f"Do you know {SECRET}?")
    expect_status(chat, "complete")
    assert SECRET in everything_stored(chat, brook)


def test_stop_regenerate_edit_and_versions_work_within_the_page(temporary: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["As far as this ", Hang()]), mira(["Another answer."]), mira(["Quite another."]))
    ask(temporary, "Tell me")
    expect(answer(temporary)).to_contain_text("As far as this")
    stop(temporary)
    upstream.next_request().hung_up(within=1.0)
    expect_status(temporary, "cancelled")
    answer(temporary).get_by_role("button", name="Regenerate").click()
    expect(answer(temporary)).to_contain_text("Another answer.")
    expect_status(temporary, "complete")
    answer(temporary).get_by_role("button", name="Previous version").click()
    expect(answer(temporary)).to_contain_text("As far as this")
    question(temporary).get_by_role("button", name="Edit").click()
    temporary.get_by_role("textbox", name="Edit message").fill("Tell me more")
    temporary.get_by_role("button", name="Send edit").click()
    expect(answer(temporary)).to_contain_text("Quite another.")
    expect(question(temporary)).to_contain_text("Tell me more")


def test_what_needs_something_stored_is_not_offered(temporary: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["Here."]))
    ask(temporary, "Are you there?")
    expect_status(temporary, "complete")
    for name in ("Good answer", "Bad answer", "More", "Continue"):
        expect(answer(temporary).get_by_role("button", name=name, exact=True)).to_have_count(0)
    for name in ("Share", "Attach files"):
        expect(temporary.get_by_role("button", name=name, exact=True)).to_have_count(0)
    expect(answer(temporary).get_by_role("button", name="Copy")).to_be_visible()


def test_the_queue_works_and_keeps_nothing(temporary: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread):
    gate = Gate()
    upstream.play(mira(["First ", WaitFor(gate), "answer."]), mira(["Second answer."]))
    ask(temporary, "One")
    expect(answer(temporary)).to_contain_text("First")
    secret = "a-secret-about-storks"  # of the other one the database's file still has bytes that nobody reads
    box(temporary).fill(secret)
    box(temporary).press("Enter")
    expect(temporary.get_by_role("group", name="Waiting message")).to_be_visible()
    assert secret not in everything_stored(temporary, brook)
    gate.open()
    expect(answer(temporary)).to_contain_text("Second answer.")


def test_leaving_it_asks_first(temporary: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["On and on ", Hang()]))
    ask(temporary, "Tell me")
    expect(answer(temporary)).to_contain_text("On and on")
    temporary.get_by_role("button", name="New chat").first.click()
    dialog = temporary.get_by_role("dialog", name="Leave the temporary chat?")
    expect(dialog).to_contain_text("This temporary chat will be gone.")
    dialog.get_by_role("button", name="Stay").click()
    expect(answer(temporary)).to_contain_text("On and on")
    temporary.get_by_role("button", name="New chat").first.click()
    dialog.get_by_role("button", name="Leave").click()
    expect(temporary.get_by_role("article")).to_have_count(0)
    expect(band(temporary)).to_be_hidden()
    upstream.next_request().hung_up(within=1.0)


def test_the_way_back_asks_too(chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["Of rivers."]), mira(["Here."]))
    ask(chat, "Rivers?")
    expect_status(chat, "complete")
    chat.get_by_role("button", name="New chat").first.click()
    begin(chat)
    ask(chat, "A secret")
    expect_status(chat, "complete")
    chat.go_back()
    dialog = chat.get_by_role("dialog", name="Leave the temporary chat?")
    expect(dialog).to_be_visible()
    expect(chat).to_have_url(f"{brook.url}/")
    dialog.get_by_role("button", name="Leave").click()
    expect(answer(chat)).to_contain_text("Of rivers.")


def test_an_empty_one_is_left_without_a_question_and_what_was_typed_goes_along(chat: Page):
    box(chat).fill("Half a thought")
    begin(chat)
    expect(box(chat)).to_have_value("Half a thought")
    chat.get_by_role("button", name="Temporary chat").click()
    expect(band(chat)).to_be_hidden()
    expect(box(chat)).to_have_value("Half a thought")


def test_after_a_lost_connection_it_goes_on(temporary: Page, context: BrowserContext, upstream: ScriptedUpstreamThread):
    gate = Gate()
    upstream.play(mira(["Before the tunnel, ", WaitFor(gate), "and behind it."]))
    ask(temporary, "Are we there yet?")
    expect(answer(temporary)).to_contain_text("Before the tunnel,")
    context.set_offline(True)
    expect(temporary.get_by_text("Offline. Your text is kept")).to_be_visible()
    gate.open()
    upstream.next_request().answered()
    context.set_offline(False)
    expect_status(temporary, "complete")
    expect(answer(temporary)).to_contain_text("Before the tunnel, and behind it.")
    expect(question(temporary)).to_have_count(1)


@pytest.mark.own_server
def test_when_the_server_is_gone_what_was_written_stays(
    temporary: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread
):
    upstream.play(mira(["As far as this ", Hang()]), mira(["And on."]))
    ask(temporary, "Tell me")
    expect(answer(temporary)).to_contain_text("As far as this")
    brook.kill()
    brook.start()
    expect_status(temporary, "interrupted")
    expect(answer(temporary)).to_contain_text("As far as this")
    ask(temporary, "Go on")
    expect(answer(temporary)).to_contain_text("And on.")


@pytest.mark.own_browser
def test_it_works_over_plain_http(context: BrowserContext, chat: Page, upstream: ScriptedUpstreamThread):
    def close(socket: WebSocketRoute) -> None:
        socket.close()

    context.route_web_socket("**/ws/", close)
    chat.reload()
    expect(chat.get_by_text("Brook goes on over plain HTTP")).to_be_visible()
    begin(chat)
    gate = Gate()
    upstream.play(mira(["Word by word, ", WaitFor(gate), "without a socket."]), mira(["Once more."]))
    ask(chat, "How?")
    expect(answer(chat)).to_contain_text("Word by word,")
    gate.open()
    expect_status(chat, "complete")
    expect(answer(chat)).to_contain_text("Word by word, without a socket.")
    ask(chat, "Again?")
    expect(answer(chat)).to_contain_text("Once more.")
    expect_status(chat, "complete")


def test_what_was_set_for_a_new_chat_goes_along(chat: Page, upstream: ScriptedUpstreamThread):
    chat.get_by_role("button", name="Conversation options").click()
    panel = chat.get_by_role("dialog", name="Conversation options")
    panel.get_by_role("textbox", name="Instructions").fill("Answer in rhymes.")
    panel.get_by_role("button", name="Save").click()
    begin(chat)
    upstream.play(mira(["In rhymes."]))
    ask(chat, "Rivers?")
    expect_status(chat, "complete")
    assert upstream.next_request().body["messages"][0] == {"role": "system", "content": "Answer in rhymes."}
