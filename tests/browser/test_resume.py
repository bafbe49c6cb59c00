"""Nothing is lost: reload, other tabs, the network, the server's end."""

import json
import signal

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect

from tests.browser.steps import answer, ask, expect_status, question, stop, until_stored
from tests.support.scripts import Gate, Hang, WaitFor, mira
from tests.support.server import ServedBrook
from tests.support.upstream_thread import ScriptedUpstreamThread


def test_a_reload_in_mid_answer_goes_on_live_with_the_whole_text(chat: Page, upstream: ScriptedUpstreamThread):
    gate = Gate()
    upstream.play(mira(["Before the reload, ", WaitFor(gate), "and after it."]))
    ask(chat, "Tell me")
    expect(answer(chat)).to_contain_text("Before the reload,")
    chat.reload()
    expect(answer(chat)).to_contain_text("Before the reload,")
    expect_status(chat, "streaming")
    gate.open()
    expect_status(chat, "complete")
    expect(answer(chat)).to_contain_text("Before the reload, and after it.")
    assert len(upstream.requests) == 1


def test_a_second_tab_shows_the_same_and_stops_it(
    chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread
):
    upstream.play(mira(["Seen in both ", Hang()]))
    ask(chat, "Tell us")
    expect(answer(chat)).to_contain_text("Seen in both")
    other = context.new_page()
    other.goto(chat.url)
    expect(answer(other)).to_contain_text("Seen in both")
    stop(other)
    upstream.next_request().hung_up(within=1.0)
    for page in (chat, other):
        expect_status(page, "cancelled")
        expect(answer(page)).to_contain_text("Seen in both")


def test_another_tab_hears_of_a_new_conversation_and_of_new_messages(
    chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread
):
    other = context.new_page()
    other.goto(chat.url)
    expect(other.get_by_role("button", name="Send", exact=True)).to_be_visible()
    upstream.play(mira(["To both."]), mira(["Again to both."]))
    ask(chat, "A new matter")
    other.get_by_role("link", name="A new matter").click()
    expect(answer(other)).to_contain_text("To both.")
    expect_status(chat, "complete")
    ask(chat, "And again")
    expect(question(other)).to_contain_text("And again")
    expect(answer(other)).to_contain_text("Again to both.")


def test_leaving_the_page_does_not_end_the_answer(chat: Page, upstream: ScriptedUpstreamThread):
    gate = Gate()
    upstream.play(mira(["While nobody ", WaitFor(gate), "looks."]))
    ask(chat, "Tell me")
    expect(answer(chat)).to_contain_text("While nobody")
    address = chat.url
    chat.goto("about:blank")
    gate.open()
    upstream.next_request().answered()
    chat.goto(address)
    expect_status(chat, "complete")
    expect(answer(chat)).to_contain_text("While nobody looks.")


@pytest.mark.own_server
def test_a_server_that_is_stopped_leaves_the_text_and_comes_back_by_itself(
    chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread
):
    upstream.play(mira(["As far as this ", Hang()]), mira(["Once more."]))
    ask(chat, "Tell me")
    expect(answer(chat)).to_contain_text("As far as this")
    assert brook.stop(signal.SIGTERM) == 0
    upstream.next_request().hung_up(within=1.0)
    expect_status(chat, "interrupted")
    brook.start()
    expect(chat.locator("[data-connection]")).to_be_hidden()  # until then Retry says that it cannot be done
    answer(chat).get_by_role("button", name="Retry").click()
    expect(answer(chat)).to_contain_text("Once more.")
    expect_status(chat, "complete")


@pytest.mark.own_server
def test_after_a_crash_the_page_heals_without_being_touched(
    chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread
):
    upstream.play(mira(["Written before the crash ", Hang()]))
    ask(chat, "Tell me")
    expect(answer(chat)).to_contain_text("Written before the crash")
    until_stored(brook, "Written before the crash ")
    brook.kill()
    brook.start()
    expect(answer(chat)).to_have_attribute("data-status", "interrupted", timeout=20_000)
    expect(answer(chat)).to_contain_text("Written before the crash")


@pytest.mark.own_server
def test_what_is_sent_while_the_server_is_away_goes_out_once_when_it_is_back(
    chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread
):
    expect(chat.get_by_text("scripted", exact=True)).to_be_visible()
    brook.kill()
    ask(chat, "Sent into the void")
    expect(question(chat)).to_have_attribute("data-status", "sending")
    chat_text = question(chat).inner_text()
    assert "Sent into the void" in chat_text
    brook.start()
    expect(answer(chat)).to_have_attribute("data-status", "complete", timeout=20_000)
    expect(chat.get_by_role("article", name="You")).to_have_count(1)
    assert len(upstream.requests) == 1


@pytest.mark.own_server
def test_what_is_sent_while_the_server_is_away_goes_out_though_its_tab_is_closed(
    chat: Page, context: BrowserContext, brook: ServedBrook, upstream: ScriptedUpstreamThread
):
    expect(chat.get_by_text("scripted", exact=True)).to_be_visible()
    brook.kill()
    ask(chat, "Sent and left")
    expect(question(chat)).to_have_attribute("data-status", "sending")
    chat.close()
    brook.start()
    for page in (context.new_page(), context.new_page()):
        page.goto(brook.url)
        page.get_by_role("link", name="Sent and left").click()
        expect_status(page, "complete")
        expect(page.get_by_role("article", name="You")).to_have_count(1)
    assert len(upstream.requests) == 1


def test_what_is_sent_offline_goes_out_though_another_conversation_is_shown_by_then(
    chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread
):
    upstream.play(mira(["Of rivers."]), mira(["Of seas."]))
    ask(chat, "Rivers?")
    expect_status(chat, "complete")
    context.set_offline(True)
    expect(chat.get_by_text("Offline. Your text is kept")).to_be_visible()
    ask(chat, "And seas?")
    chat.get_by_role("button", name="New chat").click()
    context.set_offline(False)
    upstream.next_request()
    asked = [message["content"] for message in upstream.next_request().body["messages"]]
    assert asked == ["Rivers?", "Of rivers.", "And seas?"]
    expect(chat.get_by_role("article")).to_have_count(0)
    chat.get_by_role("link", name="Rivers?").click()
    expect(answer(chat)).to_contain_text("Of seas.")


def test_a_draft_stays_though_another_tab_sends_something_in_the_same_conversation(
    chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread
):
    upstream.play(mira(["Of rivers."]), mira(["Of seas."]))
    ask(chat, "Rivers?")
    expect_status(chat, "complete")
    other = context.new_page()
    other.goto(chat.url)
    expect_status(other, "complete")
    chat.get_by_role("textbox", name="Message").fill("Half a thought")
    stored = "() => Object.values(localStorage).includes('Half a thought')"
    chat.wait_for_function(stored)
    ask(other, "And seas?")
    expect(answer(other)).to_contain_text("Of seas.")
    assert chat.evaluate(stored)
    chat.get_by_role("button", name="New chat").click()
    expect(chat.get_by_role("textbox", name="Message")).to_have_value("")
    chat.get_by_role("link", name="Rivers?").click()
    expect(chat.get_by_role("textbox", name="Message")).to_have_value("Half a thought")


def test_a_refused_edit_is_kept_and_open_again_in_its_place(chat: Page, upstream: ScriptedUpstreamThread):
    def refuse_edits(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def hear(message: str) -> None:
            command = json.loads(message)
            if command["type"] == "edit":
                told = {"type": "error", "code": "busy", "message": "Not just now.", "command": "edit"}
                socket.send(json.dumps({**told, "client_id": command["client_id"]}))
            else:
                server.send(message)

        socket.on_message(hear)

    chat.route_web_socket("**/ws/", refuse_edits)
    chat.reload()
    upstream.play(mira(["One."]))
    ask(chat, "Say one")
    expect_status(chat, "complete")
    box = chat.get_by_role("textbox", name="Message", exact=True)
    box.press("ArrowUp")
    editor = chat.get_by_role("textbox", name="Edit message")
    editor.fill("Say two")
    editor.press("Enter")
    expect(chat.get_by_text("Not just now.")).to_be_visible()
    expect(editor).to_have_value("Say two")
    chat.reload()
    expect(editor).to_have_value("Say two")


def test_a_draft_survives_a_reload(chat: Page):
    chat.get_by_role("textbox", name="Message").fill("Half a thought")
    chat.reload()
    expect(chat.get_by_role("textbox", name="Message")).to_have_value("Half a thought")


def test_back_and_forward_show_the_conversations(chat: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["Answer one."]), mira(["Answer two."]))
    ask(chat, "Question one")
    expect(answer(chat)).to_contain_text("Answer one.")
    chat.get_by_role("button", name="New chat").click()
    expect(chat.get_by_role("article")).to_have_count(0)
    ask(chat, "Question two")
    expect(answer(chat)).to_contain_text("Answer two.")
    chat.get_by_role("link", name="Question one").click()
    expect(answer(chat)).to_contain_text("Answer one.")
    chat.go_back()
    expect(answer(chat)).to_contain_text("Answer two.")


def test_logging_out_in_one_tab_ends_the_other(chat: Page, context: BrowserContext):
    other = context.new_page()
    other.goto(chat.url)
    expect(other.get_by_role("button", name="alice")).to_be_visible()
    chat.get_by_role("button", name="alice").click()
    chat.get_by_role("button", name="Log out").click()
    expect(chat.get_by_role("button", name="Log in")).to_be_visible()
    other.wait_for_url("**/accounts/login/**", timeout=30_000)
    expect(other.get_by_text("You were logged out")).to_be_visible()


def test_logging_out_forgets_what_was_being_written_in_every_tab(chat: Page, context: BrowserContext):
    other = context.new_page()
    other.goto(chat.url)
    for page in (chat, other):
        page.get_by_role("textbox", name="Message").fill("A secret thought")
    chat.get_by_role("button", name="alice").click()
    chat.get_by_role("button", name="Log out").click()
    expect(chat.get_by_role("button", name="Log in")).to_be_visible()
    other.wait_for_url("**/accounts/login/**", timeout=30_000)
    expect(other.get_by_text("You were logged out")).to_be_visible()
    for page in (chat, other):
        assert page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]") == []
