"""Something on the way forbids WebSockets: everything goes on over plain HTTP."""

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect

from tests.browser.steps import answer, ask, expect_status, press, question, stop
from tests.support.scripts import Gate, Hang, WaitFor, mira
from tests.support.upstream_thread import ScriptedUpstreamThread

WORDS = "Brook goes on over plain HTTP"

pytestmark = pytest.mark.own_browser


class Proxy:
    """What stands between the page and the server: it ends every WebSocket before a word has come through."""

    forbids = True

    def route(self, socket: WebSocketRoute) -> None:
        if self.forbids:
            socket.close()
        else:
            socket.connect_to_server()


@pytest.fixture
def proxy(context: BrowserContext) -> Proxy:
    made = Proxy()
    context.route_web_socket("**/ws/", made.route)
    return made


@pytest.fixture
def blocked(proxy: Proxy, chat: Page) -> Page:
    """The chat page, which has found out that no WebSocket gets through."""
    expect(chat.get_by_text(WORDS)).to_be_visible()
    return chat


def test_a_new_chat_is_begun_and_its_answer_shown_while_it_is_written(blocked: Page, upstream: ScriptedUpstreamThread):
    gate = Gate()
    upstream.play(mira(["Word by word, ", WaitFor(gate), "without a socket."]))
    ask(blocked, "How do you do it?")
    expect(answer(blocked)).to_contain_text("Word by word,")
    expect_status(blocked, "streaming")
    expect(blocked.get_by_role("link", name="How do you do it?")).to_have_attribute("aria-current", "page")
    gate.open()
    expect_status(blocked, "complete")
    expect(answer(blocked)).to_contain_text("Word by word, without a socket.")
    assert len(upstream.requests) == 1


def test_stop_stops(blocked: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["As far as this ", Hang()]))
    ask(blocked, "Tell me")
    expect(answer(blocked)).to_contain_text("As far as this")
    stop(blocked)
    upstream.next_request().hung_up(within=1.0)
    expect_status(blocked, "cancelled")


def test_a_conversation_goes_on_and_another_answer_is_asked_for(blocked: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["One."]), mira(["Two."]), mira(["Another two."]))
    ask(blocked, "First")
    expect(answer(blocked)).to_contain_text("One.")
    expect_status(blocked, "complete")
    ask(blocked, "Second")
    expect(answer(blocked)).to_contain_text("Two.")
    expect_status(blocked, "complete")
    answer(blocked).get_by_role("button", name="Regenerate").click()
    expect(answer(blocked)).to_contain_text("Another two.")
    expect(blocked.get_by_role("article")).to_have_count(4)


def test_another_conversation_is_opened_and_left_again_in_mid_answer(blocked: Page, upstream: ScriptedUpstreamThread):
    gate = Gate()
    upstream.play(mira(["Of rivers."]), mira(["Of photons, ", WaitFor(gate), "at length."]))
    ask(blocked, "Rivers?")
    expect_status(blocked, "complete")
    blocked.get_by_role("button", name="New chat").click()
    ask(blocked, "Photons?")
    expect(answer(blocked)).to_contain_text("Of photons,")
    blocked.get_by_role("link", name="Rivers?").click()
    expect(answer(blocked)).to_contain_text("Of rivers.")
    blocked.get_by_role("link", name="Photons?").click()
    expect(answer(blocked)).to_contain_text("Of photons,")
    gate.open()
    expect_status(blocked, "complete")
    expect(answer(blocked)).to_contain_text("Of photons, at length.")


def test_another_tab_is_told_and_tells(blocked: Page, context: BrowserContext, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["To both."]))
    other = context.new_page()
    other.goto(blocked.url)
    expect(other.get_by_text(WORDS)).to_be_visible()
    ask(blocked, "A new matter")
    other.get_by_role("link", name="A new matter").click()
    expect(answer(other)).to_contain_text("To both.")
    press(other, "A new matter", "Rename")
    other.get_by_role("textbox", name="Title").fill("An old matter")
    other.keyboard.press("Enter")
    expect(blocked.get_by_role("link", name="An old matter")).to_be_visible()


def test_a_refused_command_says_why_and_gives_the_text_back(
    blocked: Page, context: BrowserContext, upstream: ScriptedUpstreamThread
):
    blocking = "<h1>This was blocked by your company's firewall.</h1>"
    context.route("**/commands/", lambda route: route.fulfill(content_type="text/html", body=blocking))
    ask(blocked, "Will you take this?")
    expect(blocked.get_by_text("This was not accepted on its way")).to_be_visible()
    expect(blocked.get_by_role("textbox", name="Message")).to_have_value("Will you take this?")
    context.unroute("**/commands/")
    upstream.play(mira(["Yes."]))
    blocked.get_by_role("button", name="Send", exact=True).click()
    expect(answer(blocked)).to_contain_text("Yes.")


def test_a_command_whose_answer_was_lost_is_carried_out_once(
    blocked: Page, context: BrowserContext, upstream: ScriptedUpstreamThread
):
    def carry_out_and_lose_the_answer(route):
        route.fetch()
        route.abort()
        context.unroute("**/commands/")

    context.route("**/commands/", carry_out_and_lose_the_answer)
    upstream.play(mira(["Once."]))
    ask(blocked, "Only once, please")
    expect(answer(blocked)).to_contain_text("Once.")
    expect_status(blocked, "complete")
    expect(blocked.get_by_role("article", name="You")).to_have_count(1)
    assert len(upstream.requests) == 1


def hide(page: Page) -> None:
    """As if somebody looked at another tab."""
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => true, configurable: true})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_a_temporary_answer_goes_on_though_nobody_looks(blocked: Page, upstream: ScriptedUpstreamThread):
    gate = Gate()
    upstream.play(mira(["Between us, ", WaitFor(gate), "and nobody else."]))
    blocked.get_by_role("button", name="Temporary chat").click()
    ask(blocked, "Can you keep a secret?")
    expect(answer(blocked)).to_contain_text("Between us,")
    hide(blocked)
    gate.open()
    expect_status(blocked, "complete")
    expect(answer(blocked)).to_contain_text("Between us, and nobody else.")


def test_a_queued_message_goes_out_though_nobody_looks(blocked: Page, upstream: ScriptedUpstreamThread):
    gate = Gate()
    upstream.play(mira(["One ", WaitFor(gate), "by one."]), mira(["The next."]))
    ask(blocked, "First")
    expect(answer(blocked)).to_contain_text("One")
    blocked.get_by_role("textbox", name="Message").fill("Second")
    blocked.get_by_role("textbox", name="Message").press("Enter")
    expect(blocked.get_by_role("group", name="Waiting message")).to_be_visible()
    hide(blocked)
    gate.open()
    expect(answer(blocked)).to_contain_text("The next.")


def test_when_nobody_looks_and_nothing_waits_the_stream_is_given_up(blocked: Page):
    with blocked.expect_event("requestfailed", lambda request: "/events/" in request.url):
        hide(blocked)


def test_when_the_network_is_another_one_the_page_goes_over_to_a_websocket_in_mid_answer(
    blocked: Page, proxy: Proxy, upstream: ScriptedUpstreamThread
):
    gate = Gate()
    upstream.play(mira(["By the one way, ", WaitFor(gate), "by the other."]))
    ask(blocked, "Which way?")
    expect(answer(blocked)).to_contain_text("By the one way,")
    proxy.forbids = False
    blocked.evaluate("dispatchEvent(new Event('online'))")
    expect(blocked.get_by_text(WORDS)).to_be_hidden()
    gate.open()
    expect_status(blocked, "complete")
    expect(answer(blocked)).to_contain_text("By the one way, by the other.")
    expect(question(blocked)).to_have_count(1)
