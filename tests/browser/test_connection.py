"""The connection is lost, dead, refused, out of date or put aside, and nothing that was said or typed is."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, WebSocketRoute, expect

from tests.browser.conftest import ARGUMENTS, program
from tests.browser.steps import answer, ask, expect_status, press, question
from tests.support.scripts import Gate, WaitFor, mira
from tests.support.server import ServedBrook
from tests.support.upstream_thread import ScriptedUpstreamThread

WATCH_THE_LINE = """() => {
    const line = document.querySelector("[data-connection]");
    window.said = [];
    new MutationObserver(() => line.hidden || window.said.push(line.textContent)).observe(line, {attributes: true});
}"""


class Wire:
    """Every WebSocket of a browser. It can go dead, as a wire does that somebody pulls out: nobody is told."""

    def __init__(self, context: BrowserContext) -> None:
        self.opened = 0
        self.dead = False
        self.swallowed = 0
        self._sockets: list[WebSocketRoute] = []
        context.route_web_socket("**/ws/", self._route)

    def mend(self) -> None:
        """What was open stays dead, what is opened from now on works."""
        self.dead = False

    def until_swallowed(self, page: Page, within: float = 5.0) -> None:
        """Waits until something was said that did not arrive; handlers run while the page is waited for."""
        deadline = time.monotonic() + within
        while not self.swallowed:
            assert time.monotonic() < deadline, f"nothing was said on the dead wire within {within} s"
            page.wait_for_timeout(10)

    def end(self, code: int) -> None:
        self._sockets[-1].close(code=code)

    def _route(self, socket: WebSocketRoute) -> None:
        self.opened += 1
        self._sockets.append(socket)
        if self.dead:
            socket.on_message(lambda message: None)
            return
        server = socket.connect_to_server()
        broken = False

        def carry(message: str, onward: WebSocketRoute) -> None:
            nonlocal broken
            broken = broken or self.dead
            if broken:
                self.swallowed += 1
            else:
                onward.send(message)

        socket.on_message(lambda message: carry(message, server))
        server.on_message(lambda message: carry(message, socket))


def test_offline_and_online_again_in_mid_answer(chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread):
    gate = Gate()
    upstream.play(mira(["Before the tunnel, ", WaitFor(gate), "and behind it."]))
    ask(chat, "Are we there yet?")
    expect(answer(chat)).to_contain_text("Before the tunnel,")
    context.set_offline(True)
    expect(chat.get_by_text("Offline. Your text is kept")).to_be_visible()
    expect(answer(chat)).to_contain_text("Offline. The answer goes on")
    gate.open()
    upstream.next_request().answered()
    context.set_offline(False)
    expect_status(chat, "complete")
    expect(answer(chat)).to_contain_text("Before the tunnel, and behind it.")
    expect(chat.get_by_text("Offline.")).to_have_count(0)


@pytest.mark.own_browser
def test_a_page_that_is_looked_at_again_notices_a_dead_connection_within_seconds(
    chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread
):
    wire = Wire(context)
    chat.reload()
    gate = Gate()
    upstream.play(mira(["While you slept, ", WaitFor(gate), "it was written."]))
    ask(chat, "What happened?")
    expect(answer(chat)).to_contain_text("While you slept,")
    wire.dead = True
    gate.open()
    wire.until_swallowed(chat)
    wire.mend()
    chat.evaluate("dispatchEvent(new Event('focus'))")
    expect_status(chat, "complete")
    expect(answer(chat)).to_contain_text("While you slept, it was written.")
    assert wire.opened == 2


@pytest.mark.own_browser
@pytest.mark.parametrize("code", [1012, 4408])
def test_a_connection_that_the_server_ends_is_replaced_without_a_word(
    chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread, code: int
):
    wire = Wire(context)
    chat.reload()
    gate = Gate()
    upstream.play(mira(["From one server ", WaitFor(gate), "to the next."]))
    ask(chat, "Who is there?")
    expect(answer(chat)).to_contain_text("From one server")
    chat.evaluate(WATCH_THE_LINE)
    wire.end(code)
    gate.open()
    expect_status(chat, "complete")
    expect(answer(chat)).to_contain_text("From one server to the next.")
    assert wire.opened == 2
    assert not chat.evaluate("window.said")


@pytest.mark.own_browser
def test_one_tab_too_many_says_so_in_the_servers_words(chat: Page, context: BrowserContext):
    words = "100 tabs of Brook are open already. Close some of them, and this one will connect."
    error = f'{{"type": "error", "code": "too_many_tabs", "message": "{words}", "command": null, "client_id": null}}'
    full = True

    def answer_for_the_server(socket: WebSocketRoute) -> None:
        if full:
            socket.send(error)
            socket.close(code=4429)
        else:
            socket.connect_to_server()

    context.route_web_socket("**/ws/", answer_for_the_server)
    chat.reload()
    expect(chat.get_by_text(words)).to_be_visible()
    full = False
    expect(chat.get_by_text(words)).to_be_hidden(timeout=15_000)


def test_a_script_of_another_version_asks_for_a_reload_and_keeps_what_was_typed(
    chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread
):
    upstream.play(mira(["Said before the update."]))
    ask(chat, "Hello")
    expect_status(chat, "complete")
    context.route(re.compile(r"/connection\.[^/]*js$"), _of_another_version)
    chat.reload()
    expect(chat.get_by_text("Brook was updated: please reload.")).to_be_visible()
    expect(chat.get_by_role("article")).to_have_count(0)
    chat.get_by_role("textbox", name="Message").fill("Half a thought")
    context.unroute(re.compile(r"/connection\.[^/]*js$"))
    chat.get_by_role("button", name="Reload").click()
    expect(answer(chat)).to_contain_text("Said before the update.")
    expect(chat.get_by_text("Brook was updated")).to_have_count(0)
    expect(chat.get_by_role("textbox", name="Message")).to_have_value("Half a thought")


def test_what_is_sent_by_a_script_of_another_version_goes_out_once_after_the_reload(
    chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread
):
    context.route(re.compile(r"/connection\.[^/]*js$"), _of_another_version)
    chat.reload()
    expect(chat.get_by_text("Brook was updated: please reload.")).to_be_visible()
    ask(chat, "Sent by the old page")
    expect(question(chat)).to_have_attribute("data-status", "sending")
    context.unroute(re.compile(r"/connection\.[^/]*js$"))
    upstream.play(mira(["Heard."]))
    chat.get_by_role("button", name="Reload").click()
    expect(answer(chat)).to_contain_text("Heard.")
    expect(question(chat)).to_contain_text("Sent by the old page")
    assert len(upstream.requests) == 1


def _of_another_version(route: Route) -> None:
    script, found = re.subn(r"const PROTOCOL ?= ?\d+;", "const PROTOCOL = 0;", route.fetch().text())
    assert found == 1
    route.fulfill(content_type="text/javascript", body=script)


@pytest.mark.own_browser
def test_the_list_is_brought_up_to_date_after_a_time_without_a_connection(
    chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread
):
    wire = Wire(context)
    other = context.new_page()
    other.goto(chat.url)
    gate = Gate()
    upstream.play(mira(["Gone."]), mira(["Being ", WaitFor(gate), "written."]))
    ask(chat, "To be deleted")
    expect_status(chat, "complete")
    chat.get_by_role("button", name="New chat").click()
    ask(chat, "A long story")
    writing = other.get_by_role("listitem").filter(has_text="A long story").get_by_text("writing…")
    expect(writing).to_be_visible()
    expect(other.get_by_role("link", name="To be deleted")).to_be_visible()
    wire.dead = True
    gate.open()
    expect_status(chat, "complete")
    press(chat, "To be deleted", "Delete")
    expect(chat.get_by_role("link", name="To be deleted")).to_have_count(0)
    wire.mend()
    other.evaluate("dispatchEvent(new Event('focus'))")
    expect(other.get_by_role("link", name="To be deleted")).to_have_count(0)
    expect(writing).to_be_hidden()


@pytest.mark.own_browser
def test_a_message_that_was_written_without_knowing_of_newer_ones_becomes_a_branch_and_the_tab_is_told(
    chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread
):
    upstream.play(mira(["One."]), mira(["Newer."]), mira(["Older."]))
    ask(chat, "First")
    expect_status(chat, "complete")
    wire = Wire(context)
    stale = context.new_page()
    stale.goto(chat.url)
    expect(answer(stale)).to_contain_text("One.")
    wire.dead = True
    ask(stale, "Said without knowing")
    ask(chat, "Said meanwhile")
    expect(answer(chat)).to_contain_text("Newer.")
    expect_status(chat, "complete")
    wire.mend()
    stale.evaluate("dispatchEvent(new Event('focus'))")
    expect(answer(stale)).to_contain_text("Older.")
    notice = stale.get_by_text("had gone on elsewhere")
    expect(notice).to_be_visible()
    expect(question(stale)).to_contain_text("2 / 2")
    question(stale).get_by_role("button", name="Previous version").click()
    expect(question(stale)).to_contain_text("Said meanwhile")
    expect(answer(stale)).to_contain_text("Newer.")
    stale.get_by_role("button", name="Dismiss").click()
    expect(notice).to_be_hidden()


@pytest.fixture
def caching_chat(browser: Browser, brook: ServedBrook) -> Iterator[Page]:
    """The chat page in a browser that keeps the pages one has left, as browsers do unless they are driven by a test."""
    caching = browser.browser_type.launch(
        executable_path=program(), args=ARGUMENTS, ignore_default_args=["--disable-back-forward-cache"]
    )
    context = caching.new_context()
    name, _, value = brook.make_account("alice").partition("=")
    context.add_cookies([{"name": name, "value": value, "url": brook.url}])
    page = context.new_page()
    page.goto(brook.url)
    yield page
    caching.close()


def test_a_page_from_the_back_forward_cache_is_live_again(caching_chat: Page, upstream: ScriptedUpstreamThread):
    page = caching_chat
    gate = Gate()
    upstream.play(mira(["Before leaving, ", WaitFor(gate), "and after coming back."]))
    ask(page, "Tell me")
    expect(answer(page)).to_contain_text("Before leaving,")
    page.evaluate("window.isTheSamePage = true")
    page.goto("about:blank")
    gate.open()
    upstream.next_request().answered()
    page.go_back(wait_until="commit")  # a page from the cache is not loaded, and says no more
    assert page.evaluate("window.isTheSamePage"), "it was loaded anew: this shows nothing"
    expect_status(page, "complete")
    expect(answer(page)).to_contain_text("Before leaving, and after coming back.")
