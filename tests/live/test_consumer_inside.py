"""The limits of a tab's WebSocket from inside its process, where clocks and limits can be made short.

Everything that a real server can show is in test_consumer.py.
"""

import asyncio
import json

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore

from chat.live import consumer
from chat.live import tab as tabs
from chat.live.window import COMMANDS_AT_ONCE
from chat.relay.database import in_database
from tests.live.inside import SECONDS, InsideTab, everything, idle, opened
from tests.support.polling import until
from tests.support.scripts import Gate, WaitFor, mira

pytestmark = pytest.mark.django_db(transaction=True)


async def until_closed(tab):
    """What comes before the close, and its code."""
    heard = [await tab.next()]
    while heard[-1]["type"] != "websocket.close":
        heard.append(await tab.next())
    return heard[:-1], heard[-1]["code"]


# Who may open one


async def test_a_socket_that_is_opened_while_the_process_stops_is_closed_with_1012(board, alice, session):
    await board.drain(SECONDS)
    tab = InsideTab(board, alice, session)
    assert await tab.connect() == {"type": "websocket.close", "code": 1012}
    await tab.leave()


async def test_who_is_not_logged_in_is_accepted_and_closed_and_nothing_is_carried_out(board):
    tab = InsideTab(board, AnonymousUser(), SessionStore())
    assert await tab.connect() == {"type": "websocket.close", "code": 4401}
    await tab.ask("Why?")
    await tab.leave()
    assert await in_database(everything) == [[], [], []]


async def test_one_tab_more_than_a_person_may_have_is_told_so_and_closed(board, alice, bob, session, monkeypatch):
    monkeypatch.setattr(tabs, "TABS_PER_PERSON", 2)
    mine = [await opened(board, alice, session) for _ in range(2)]
    his = await opened(board, bob, session)
    third = InsideTab(board, alice, session)
    refusal = await third.connect()
    assert (refusal["type"], refusal["code"]) == ("error", "too_many_tabs")
    assert refusal["message"]
    assert await until_closed(third) == ([], 4429)
    await third.ask("Why?")
    await third.leave()
    assert await in_database(everything) == [[], [], []]
    await mine[0].leave()
    again = await opened(board, alice, session)  # there is room again, and the third took none
    for tab in (*mine[1:], his, again):
        await tab.leave()
    assert tabs.open_tabs == set()


# Who says nothing


@pytest.fixture
def soon_silent(monkeypatch):
    monkeypatch.setattr(consumer, "SILENCE", 1.0)


async def test_a_tab_from_which_nothing_is_heard_is_closed_though_it_is_shown_text(
    soon_silent, board, upstream, alice, session
):
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate)]))
    tab = await opened(board, alice, session)
    begun = asyncio.get_running_loop().time()
    await tab.begin("Why?")
    _, code = await until_closed(tab)
    assert code == 4408
    assert asyncio.get_running_loop().time() - begun >= consumer.SILENCE
    await tab.leave()
    gate.open()


async def test_a_ping_now_and_then_keeps_a_tab_open(soon_silent, tab):
    clock = asyncio.get_running_loop().time
    begun = clock()
    while clock() - begun < 3 * consumer.SILENCE:
        assert await tab.answered() == []
        await asyncio.sleep(consumer.SILENCE / 10)


async def test_what_cannot_be_understood_is_heard_too(soon_silent, tab):
    clock = asyncio.get_running_loop().time
    begun = clock()
    while clock() - begun < 3 * consumer.SILENCE:
        await tab.communicator.send_to("hello")
        assert (await tab.next())["code"] == "bad_command"
        await asyncio.sleep(consumer.SILENCE / 10)


def test_hidden_pages_that_ping_once_a_minute_are_not_silent():
    assert consumer.SILENCE >= 2 * 60


# Who says too much


async def test_commands_that_come_too_fast_are_refused_by_one_error_and_a_close(board, alice, session):
    tab = await opened(board, alice, session)
    for _ in range(2 * COMMANDS_AT_ONCE):
        await tab.say("ping")
    heard, code = await until_closed(tab)
    assert code == 4429
    assert [event.get("code") for event in heard if event["type"] == "error"] == ["too_fast"]
    assert [event["type"] for event in heard].count("pong") >= COMMANDS_AT_ONCE  # what it said before is answered
    await tab.leave()


async def test_what_comes_after_that_is_not_carried_out(board, alice, session):
    tab = await opened(board, alice, session)
    for _ in range(COMMANDS_AT_ONCE + 50):
        await tab.say("ping")
    await tab.ask("Why?")
    await until_closed(tab)
    await tab.leave()
    assert await in_database(everything) == [[], [], []]


async def test_answers_do_not_pile_up_for_a_tab_that_reads_none(board, alice, session, monkeypatch):
    """Its connection takes nothing any more, and what it says is still heard."""
    reading = asyncio.Event()
    reading.set()

    async def emit(self, event):
        await reading.wait()
        await self.send(text_data=event)

    monkeypatch.setattr(consumer.ChatConsumer, "_emit", emit)
    tab = await opened(board, alice, session)
    reading.clear()
    [inside] = tabs.open_tabs
    before = len(inside._tasks)
    for number in range(COMMANDS_AT_ONCE - 1):
        await tab.communicator.send_to("hello" if number % 2 else json.dumps({"type": "ping"}))
    await until(lambda: tab.communicator.input_queue.empty() and len(inside._tasks) > before)
    await idle()
    assert len(inside._tasks) <= tabs.QUEUED_COMMANDS
    reading.set()
    await until(lambda: len(inside._tasks) == before)
    await tab.open(None)
    await tab.leave()
