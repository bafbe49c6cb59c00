"""Stored text = shown text = reloaded text, to the letter, for every dialect and every way to end."""

import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import answer, ask, expect_status, stop
from tests.fixtures.streams import STREAMS
from tests.support.scripts import Hang, cut, mira
from tests.support.server import ServedBrook
from tests.support.upstream_thread import ScriptedUpstreamThread

TEXTS = "articles => articles.map((article) => article.querySelector('[data-part=content]').textContent)"


def shown(page: Page) -> list[str]:
    return page.get_by_role("article", name="Assistant").evaluate_all(TEXTS)


def stored(brook: ServedBrook) -> list[str]:
    with closing(sqlite3.connect(brook.data_dir / "brook.sqlite3")) as database:
        rows = database.execute("SELECT content FROM chat_message WHERE role = 'assistant' ORDER BY created_at")
        return [content for (content,) in rows]


@pytest.mark.timeout(300)  # it plays every stream, one after another
def test_of_every_stream_the_same_text_is_stored_shown_and_shown_again(
    chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread
):
    for number, stream in enumerate(STREAMS, start=1):
        upstream.play(cut(stream.body, seed=number))
        ask(chat, stream.name)
        expect(chat.get_by_role("article", name="Assistant")).to_have_count(number)
        expect_status(chat, stream.ends)
    expected = [stream.content for stream in STREAMS]
    assert stored(brook) == expected
    assert shown(chat) == expected
    chat.reload()
    expect(chat.get_by_role("article", name="Assistant")).to_have_count(len(STREAMS))
    assert shown(chat) == expected


def test_of_a_stopped_answer_too(chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread):
    said = "  Zeilen\n\n\tund \u2028 Zeichen 👩‍👩‍👧 \u202e!  "
    upstream.play(mira([*said, Hang()]))
    ask(chat, "Say something odd")
    expect(answer(chat)).to_contain_text("!")
    stop(chat)
    expect_status(chat, "cancelled")
    assert stored(brook) == shown(chat) == [said]
    chat.reload()
    expect_status(chat, "cancelled")
    assert shown(chat) == [said]
