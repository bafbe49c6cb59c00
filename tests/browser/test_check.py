"""Is it working? The page that looks, and what it finds on ways that are broken on purpose."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import faults
from tests.support.scripts import Hang, Pause, json_answer, mira
from tests.support.server import ServedBrook
from tests.support.upstream_thread import ScriptedUpstreamThread

SUMMARY = re.compile(r"Everything works\.|see above\.")
TICKS = re.compile(r"/connection/ticks/")


def look(page: Page, brook: ServedBrook, expected: str) -> None:
    page.goto(f"{brook.url}/connection/")
    expect(page.get_by_role("status")).to_have_text(SUMMARY, timeout=30_000)
    expect(page.get_by_role("status")).to_contain_text(expected)


def check(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=name, exact=True))


def test_where_all_is_well_every_check_says_so_with_a_figure(
    chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread
):
    upstream.play(mira(["Hello there, ", "dear ", "friend."]))
    look(chat, brook, "Everything works.")
    figures = {
        "Live connection": r"\d ms there and back",
        "Streaming": r"5 pieces, the last \d+ ms after the first",
        "The model’s server": r"scripted answered after \d+ ms",
        "First words and speed": r"First words after \d+ ms",
    }
    for name, figure in figures.items():
        expect(check(chat, name)).to_contain_text("Good")
        expect(check(chat, name)).to_contain_text(re.compile(figure))
    asked = upstream.next_request().body
    assert asked["messages"] == [{"role": "user", "content": "Say hello in five words."}]
    chat.goto(brook.url)
    expect(chat.get_by_text("Your conversations will be listed here.")).to_be_visible()


def test_a_long_answer_is_stopped_after_some_words(chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["Hello there, " * 10, Hang()]))
    look(chat, brook, "Everything works.")
    upstream.next_request().hung_up(within=2.0)


def test_a_refused_socket_is_named_and_the_model_is_asked_by_the_other_way(
    chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread
):
    chat.route_web_socket(re.compile("/ws/"), lambda socket: socket.close())
    upstream.play(mira(["Hello there."]))
    look(chat, brook, "One thing is not as it should be")
    expect(check(chat, "Live connection")).to_contain_text("something on the way refuses the live connection")
    expect(check(chat, "Live connection")).to_contain_text("should let WebSockets through to /ws/")
    expect(check(chat, "First words and speed")).to_contain_text("Good")


def test_a_proxy_that_gathers_the_stream_is_named(chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread):
    chat.route(TICKS, lambda route: route.fulfill(response=route.fetch()))  # hands it over when it has all of it
    upstream.play(mira(["Hello there."]))
    look(chat, brook, "One thing is not as it should be")
    expect(check(chat, "Streaming")).to_contain_text("hands it over in one go")
    expect(check(chat, "Streaming")).to_contain_text("proxy_buffering off")
    assert faults(chat) == []


def test_an_upstream_that_refuses_is_told_in_its_words_and_looked_at_again_on_demand(
    chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread
):
    upstream.play(json_answer(401, {"error": {"message": "Wrong key."}}), mira(["Hello there."]))
    look(chat, brook, "Some things are not as they should be")
    expect(check(chat, "The model’s server")).to_contain_text("Wrong key.")
    expect(check(chat, "The model’s server")).to_contain_text("UPSTREAM_URL")
    chat.get_by_role("button", name="Check again").click()
    expect(chat.get_by_role("status")).to_have_text("Everything works.", timeout=30_000)
    expect(check(chat, "The model’s server")).not_to_contain_text("Wrong key.")


LISTS = {
    "401": (json_answer(401, {}), "refused our key (HTTP 401)"),
    "500": (json_answer(500, {}), "a problem of its own (HTTP 500)"),
    "silent": ([Hang()], "within 3 seconds"),
}


@pytest.fixture
def why(upstream: ScriptedUpstreamThread, request: pytest.FixtureRequest) -> str:
    """Why there is no list; the server asks for it when it starts, so this comes before it."""
    upstream.models, words = LISTS[request.param]
    return words


@pytest.mark.own_server
@pytest.mark.parametrize("why", LISTS, indirect=True)
def test_a_server_that_answers_and_does_not_list_its_models_is_a_warning(
    why: str, chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread
):
    upstream.play(mira(["Hello there."]))
    look(chat, brook, "One thing is not as it should be")
    expect(check(chat, "The model’s server")).to_contain_text("Good, but for one thing")
    expect(check(chat, "The model’s server")).to_contain_text("none to choose from")
    expect(check(chat, "The model’s server")).to_contain_text(why)
    assert faults(chat) == []


def test_an_answer_without_a_word_is_called_that(chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread):
    upstream.play(mira([]))
    look(chat, brook, "One thing is not as it should be")
    expect(check(chat, "The model’s server")).to_contain_text("Good")
    expect(check(chat, "First words and speed")).to_contain_text("The model ended its answer without a word.")


def test_first_words_that_take_more_than_three_seconds_are_slow(
    chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread
):
    upstream.play([Pause(3.2), *mira(["Hello there."])])
    look(chat, brook, "One thing is not as it should be")
    expect(check(chat, "First words and speed")).to_contain_text("Slow")
    expect(check(chat, "First words and speed")).to_contain_text(re.compile(r"The model took 3\.\d s to begin\."))


@pytest.mark.own_server
def test_a_server_that_is_gone_is_said_and_nothing_else_is_tried(
    chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread
):
    upstream.play(mira(["Hello there."]))
    look(chat, brook, "Everything works.")
    brook.stop()
    chat.get_by_role("button", name="Check again").click()
    expect(check(chat, "Live connection")).to_contain_text("Brook cannot be reached.", timeout=30_000)
    expect(chat.get_by_role("status")).to_contain_text("Some things")
    for name in ("Streaming", "The model’s server", "First words and speed"):
        expect(check(chat, name)).to_contain_text("there is no way to Brook")
