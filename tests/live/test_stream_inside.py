"""A tab without a WebSocket from inside its process: clocks, a database that fails, and what a tab leaves behind."""

import asyncio
import json
import uuid

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError

from chat.live import following, rows, storing, stream
from chat.live import tab as tabs
from chat.live.tab import Login
from chat.models import Message
from chat.relay.database import in_database
from tests.live.inside import SECONDS, InsideStream, idle, tasks_of
from tests.support.polling import until
from tests.support.rows import until_stored
from tests.support.scripts import Gate, Hang, WaitFor, mira

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("board_of_streams")]


async def post(client, kind, **fields):
    return await client.post("/commands/", json.dumps({"type": kind, **fields}), content_type="application/json")


async def send(client, content, conversation=None, parent=None):
    key = str(uuid.uuid4())
    return await post(client, "send", client_id=key, conversation=conversation, parent=parent, content=content)


async def begin(client, content):
    """Sends the first message of a new chat; its conversation and its answer's row."""
    [transcript] = (await send(client, content)).json()
    return transcript["conversation"]["id"], transcript["messages"][-1]


async def opened(session, **fields):
    shown = InsideStream(session, **fields)
    assert await shown.begin() == 200
    assert (await shown.next())["type"] == "welcome"
    assert (await shown.next())["type"] == "transcript"
    return shown


async def nothing_is_left(board):
    await until(lambda: not tabs.open_tabs)
    await until(lambda: not tasks_of("Tab.", "_open", "_lines", "_Stream", "Queue.", "Event."))
    assert not board._listeners


# Quiet


async def test_a_quiet_stream_says_again_and_again_that_it_lives(session, monkeypatch):
    monkeypatch.setattr(stream, "PONG_EVERY", 0.1)
    clock = asyncio.get_running_loop().time
    begun = clock()
    shown = await opened(session)
    for _ in range(3):
        assert await shown.next() == {"type": "pong"}
    assert clock() - begun >= 0.25
    await shown.leave()


async def test_no_word_is_lost_or_told_twice_when_it_comes_at_the_moment_of_a_pong(
    session, board, alice, client, upstream, monkeypatch
):
    monkeypatch.setattr(stream, "PONG_EVERY", 0.001)
    monkeypatch.setattr(following, "FRAME_BEAT", 0.001)
    monkeypatch.setattr("chat.relay.upstream.BEAT", 0)
    upstream.play(mira([f"{number} " for number in range(500)]))
    conversation, _ = await begin(client, "Why?")
    shown = InsideStream(session, conversation=conversation)
    await shown.begin()
    await shown.until("transcript")
    cursor = 0
    while (event := await shown.next())["type"] != "finished":
        if event["type"] == "delta":
            assert event["from"] == cursor
            cursor = event["to"]
    assert cursor == event["to"] == len("".join(f"{number} " for number in range(500)))
    await shown.leave()


async def test_events_come_in_the_order_in_which_they_were_sent_though_the_page_is_slow(board, alice):
    page = stream._Stream(Login(alice, "", ""))

    async def the_rest():
        return [await page.next() for _ in range(2)]

    sending = [asyncio.create_task(page._put(event)) for event in ("first", "second")]
    await idle()
    reading = asyncio.create_task(the_rest())
    assert page._waiting.get_nowait() == "first"
    await page._put("third")  # there is room now, and the second one has not been woken yet
    assert await reading == ["second", "third"]
    await asyncio.gather(*sending)


# The end of a stream


async def test_one_stream_more_than_a_person_may_have_is_told_so_and_ends(session, monkeypatch):
    monkeypatch.setattr(tabs, "TABS_PER_PERSON", 1)
    first = await opened(session)
    second = InsideStream(session)
    assert await second.begin() == 200
    [refusal] = await second.until_ended()
    assert (refusal["type"], refusal["code"]) == ("error", "too_many_tabs")
    assert await first.leave() is None


async def test_a_stream_that_is_asked_for_while_the_process_stops_is_told_so_and_ends(session, board):
    await board.drain(SECONDS)
    shown = InsideStream(session)
    await shown.begin()
    [refusal] = await shown.until_ended()
    assert (refusal["type"], refusal["code"]) == ("error", "stopping")


async def test_a_stream_ends_when_the_process_stops_and_says_before_how_the_answer_ended(
    session, board, client, upstream
):
    upstream.play(mira(["Hel", Hang()]))
    conversation, _ = await begin(client, "Why?")
    shown = await opened(session, conversation=conversation)
    await shown.until("delta")
    await board.drain(SECONDS)
    await tabs.close_tabs()
    assert "interrupted" in [event.get("status") for event in await shown.until_ended()]
    await nothing_is_left(board)


def log_out(session):
    session.delete()


def deactivate(session):
    get_user_model().objects.update(is_active=False)


@pytest.mark.parametrize("end", [log_out, deactivate])
async def test_who_is_logged_out_hears_no_more_and_the_answer_under_way_is_stored(
    session, board, client, upstream, monkeypatch, end
):
    monkeypatch.setattr(tabs, "RECHECK", 0.05)
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    conversation, row = await begin(client, "Why?")
    shown = await opened(session, conversation=conversation)
    await in_database(end, session)
    await shown.until_ended()
    assert await InsideStream(session).begin() == 302
    gate.open()
    found = await until_stored(uuid.UUID(row["generation"]["id"]), lambda row: row.status == "complete")
    assert found.message.content == "Hello"


async def test_a_defect_of_ours_ends_the_stream_instead_of_leaving_it_dumb(session, board, monkeypatch):
    monkeypatch.setattr(board, "introduction", lambda: 1 / 0)
    shown = InsideStream(session)
    assert await shown.begin() == 200
    assert await shown.until_ended() == []
    await nothing_is_left(board)


# Who leaves


@pytest.mark.parametrize("script", [[Hang()], mira(["Hel", Hang()]), mira(["Hello"])], ids=["before", "in", "after"])
async def test_who_leaves_leaves_nothing_behind_and_the_answer_goes_on(session, board, client, upstream, script):
    upstream.play(script)
    conversation, _ = await begin(client, "Why?")
    shown = await opened(session, conversation=conversation)
    await shown.leave()
    await nothing_is_left(board)


async def test_who_leaves_without_having_read_leaves_nothing_behind(session, board, client, upstream):
    upstream.play(mira([*["x" * 1000] * 100, Hang()]))
    conversation, _ = await begin(client, "Why?")
    shown = await opened(session, conversation=conversation)
    await shown.until("delta")
    shown.reads.clear()
    await asyncio.sleep(0.1)  # whatever wants to be sent stands in line meanwhile
    await shown.leave()
    await nothing_is_left(board)


async def test_who_leaves_before_the_first_event_leaves_nothing_behind(session, board):
    shown = InsideStream(session)
    shown.reads.clear()
    await shown.begin()
    await shown.leave()
    await nothing_is_left(board)


# Commands


async def test_a_message_that_is_stored_and_cannot_be_shown_is_not_refused(client, upstream, monkeypatch):
    """The page says it again, and finds it; told of an error it would give the words back to be sent again."""

    def fails(*_):
        raise OperationalError("away")

    key = str(uuid.uuid4())
    fields = {"client_id": key, "conversation": None, "parent": None, "content": "Why?"}
    with monkeypatch.context() as patched:
        patched.setattr(rows, "snapshot", fails)
        assert (await post(client, "send", **fields)).status_code == 503
    response = await post(client, "send", **fields)
    assert [event["type"] for event in response.json()] == ["transcript"]
    assert await in_database(Message.objects.filter(role="user").count) == 1


async def test_a_message_that_could_not_be_stored_is_refused(client, monkeypatch):
    def fails(*_):
        raise OperationalError("away")

    monkeypatch.setattr(storing, "store", fails)
    [error] = (await send(client, "Why?")).json()
    assert (error["type"], error["code"], error["command"]) == ("error", "unavailable", "send")


async def test_a_message_while_the_process_stops_is_refused(client, board):
    await board.drain(SECONDS)
    [error] = (await send(client, "Why?")).json()
    assert error["code"] == "stopping"
    assert await in_database(Message.objects.count) == 0


async def test_what_was_done_beside_the_chat_is_told_by_a_command_of_its_own(client, session):
    shown = await opened(session)
    assert (await post(client, "refresh")).json() == []
    assert await shown.next() == {"type": "list"}
    await shown.leave()
