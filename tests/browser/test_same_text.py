"""Stored text = copied text, to the letter, and what is shown while it streams = what is shown after a reload, for
every dialect and every way to end.
"""

import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.steps import answer, ask, expect_status, stop
from tests.fixtures.markdown import RIVERS
from tests.fixtures.streams import STREAMS
from tests.support.scripts import Hang, body_of, cut, mira
from tests.support.server import ServedBrook
from tests.support.upstream_thread import ScriptedUpstreamThread

AT_ONCE = 20  # of a longer conversation only the end is drawn

SHOWN = "articles => articles.map((article) => article.querySelector('[data-part=content]').innerHTML)"


def shown(page: Page) -> list[str]:
    """The answers, as elements, when all that is loaded later is there."""
    expect(page.locator("[data-waiting]")).to_have_count(0)
    return page.get_by_role("article", name="Assistant").evaluate_all(SHOWN)


def copied(page: Page) -> str:
    """What Copy makes of the last answer."""
    answer(page).get_by_role("button", name="Copy", exact=True).click()
    return page.evaluate("navigator.clipboard.readText()")


def stored(brook: ServedBrook) -> list[str]:
    with closing(sqlite3.connect(brook.data_dir / "brook.sqlite3")) as database:
        rows = database.execute("SELECT content FROM chat_message WHERE role = 'assistant' ORDER BY created_at")
        return [content for (content,) in rows]


@pytest.fixture(autouse=True)
def _clipboard(context: BrowserContext):
    context.grant_permissions(["clipboard-read", "clipboard-write"])


@pytest.mark.timeout(300)  # it plays every stream, one after another
def test_of_every_stream_the_same_text_is_stored_copied_and_shown_again(
    chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread
):
    for start in range(0, len(STREAMS), AT_ONCE):
        streams = STREAMS[start : start + AT_ONCE]
        chat.goto(brook.url)
        for number, stream in enumerate(streams, start=1):
            upstream.play(cut(stream.body, seed=start + number))
            ask(chat, stream.name)
            expect(chat.get_by_role("article", name="Assistant")).to_have_count(number)
            expect_status(chat, stream.ends)
            assert not stream.content or copied(chat) == stream.content
        streamed = shown(chat)
        chat.reload()
        expect(chat.get_by_role("article", name="Assistant")).to_have_count(len(streams))
        assert shown(chat) == streamed
    assert stored(brook) == [stream.content for stream in STREAMS]


@pytest.mark.parametrize("seed", [1, 2])
def test_of_an_answer_with_everything_too(chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread, seed: int):
    said = RIVERS + "\n[ref] below\n\n[ref]: https://example.org\n"
    upstream.play(cut(body_of(mira(list(said))), seed=seed))
    ask(chat, "Why do rivers meander?")
    expect_status(chat, "complete")
    expect(answer(chat).get_by_role("link", name="ref")).to_be_visible()
    assert stored(brook) == [said]
    assert copied(chat) == said
    streamed = shown(chat)
    chat.reload()
    expect_status(chat, "complete")
    assert shown(chat) == streamed
    assert "katex" in streamed[0]
    assert "hljs-keyword" in streamed[0]


def test_of_a_stopped_answer_too(chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread):
    said = "  Zeilen\n\n\tund \u2028 Zeichen 👩‍👩‍👧 \u202e!  "
    upstream.play(mira([*said, Hang()]))
    ask(chat, "Say something odd")
    expect(answer(chat)).to_contain_text("!")
    stop(chat)
    expect_status(chat, "cancelled")
    assert stored(brook) == [copied(chat)] == [said]
    streamed = shown(chat)
    chat.reload()
    expect_status(chat, "cancelled")
    assert shown(chat) == streamed
