"""What one tab is told, and when, from inside its process: databases that stall, logins that end, a process that stops.

What a real server can show is in test_answers.py and test_several_tabs.py.
"""

import asyncio
import threading

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.db.models.functions import Now

from chat.live import rows
from chat.live import tab as tabs
from chat.models import Conversation, Generation, Message
from chat.relay import recorder, sweep
from chat.relay.database import in_database
from chat.relay.limits import Limits
from chat.relay.switchboard import Switchboard
from tests.live.inside import SECONDS, everything, idle, key_of, logged_in, opened, tasks_of
from tests.support.polling import until
from tests.support.rows import begin, broken_table, locked_database, stored, until_stored
from tests.support.scripts import Gate, Hang, WaitFor, endless, mira, never_answers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def quick_recheck(monkeypatch):
    """The looks whether a login is still good, one in each moment."""
    looks = []

    def look(*login, really=rows.still_welcome):
        looks.append(login)
        return really(*login)

    monkeypatch.setattr(rows, "still_welcome", look)
    monkeypatch.setattr(tabs, "RECHECK", 0.02)
    return looks


# A database that stalls or fails


async def test_a_send_that_waits_for_the_database_is_carried_out_although_the_tab_has_left(
    board, upstream, alice, session
):
    tab = await opened(board, alice, session)
    with locked_database():
        await tab.ask("Why?")
        await idle()
        await tab.leave()
        assert await in_database(everything) == [[], [], []]
    request = await upstream.next_request()
    assert request.body["messages"] == [{"role": "user", "content": "Why?"}]
    key = (await in_database(Generation.objects.get)).pk
    await until_stored(key, lambda row: row.status == "complete")


async def test_a_cancel_is_not_held_up_by_a_command_that_waits_for_the_database(tab, upstream):
    upstream.play(endless())
    row = await tab.begin("Why?")
    request = await upstream.next_request()
    conversation = str((await stored(key_of(row))).conversation_id)
    with locked_database():
        await tab.ask("Another", conversation, row["id"])
        await tab.say("cancel", generation=row["generation"]["id"])
        await request.hung_up(within=1)
        await tab.say("ping")
        await tab.until("pong")
    await until_stored(key_of(row), lambda row: row.status == "cancelled")


async def test_a_database_that_fails_is_told_and_nothing_is_stored_and_the_next_send_works(tab, upstream):
    with broken_table(Message):
        key = await tab.ask("Why?")
        error = await tab.until("error")
    assert (error["code"], error["command"], error["client_id"]) == ("unavailable", "send", key)
    assert await in_database(everything) == [[], [], []]
    await tab.begin("Why?")


async def test_a_message_that_is_stored_and_cannot_be_shown_is_not_refused(tab, board, monkeypatch):
    """The tab comes back by itself and finds it; told of an error it would give the words back to be sent again."""
    monkeypatch.setattr(rows, "snapshot", _fails)
    await tab.ask("Why?")
    heard = [await tab.next()]
    while heard[-1]["type"] != "websocket.close":
        heard.append(await tab.next())
    assert heard[-1]["code"] == 1012
    assert "error" not in [event["type"] for event in heard]
    assert (await in_database(Message.objects.filter(role="user").get)).content == "Why?"


def _fails(*_):
    raise OperationalError("away")


async def test_commands_that_come_faster_than_they_can_be_carried_out_are_refused(tab):
    with locked_database():
        for _ in range(tabs.QUEUED_COMMANDS + 5):
            await tab.ask("Why?")
        assert (await tab.until("error"))["code"] == "too_fast"
    await tab.say("ping")
    await tab.until("pong")


# Changes


async def test_a_change_that_cannot_be_read_is_told_later(tab, board, alice, monkeypatch):
    monkeypatch.setattr(tabs, "RETRY", 0.05)
    row = await in_database(begin, alice)
    with broken_table(Conversation):
        board.announce(alice.pk, row.conversation_id)
        await tab.say("open", conversation=str(row.conversation_id))
        assert (await tab.until("error"))["code"] == "unavailable"
    assert (await tab.until("conversation"))["id"] == str(row.conversation_id)
    await tab.open(row.conversation_id)


async def test_what_was_done_beside_the_chat_reaches_every_tab_of_the_person(tab, board, alice, bob, session):
    row = await in_database(begin, alice)
    shows, his = await opened(board, alice, session), await opened(board, bob, await in_database(logged_in, bob))
    await shows.open(row.conversation_id)
    await in_database(Conversation.objects.filter(owner=alice).update, title="The sky")
    await tab.say("refresh")
    assert (await tab.next())["type"] == "list"
    await shows.until("list")
    assert (await shows.until("conversation"))["title"] == "The sky"
    await in_database(Conversation.objects.filter(owner=alice).update, deleted_at=Now())
    await tab.say("refresh")
    await shows.until("list")
    assert (await shows.until("deleted"))["conversation"] == str(row.conversation_id)
    assert [event["type"] for event in await tab.answered()] == ["list"]
    assert await his.answered() == []


async def test_a_tab_that_is_told_twice_before_it_has_looked_looks_once(tab, board, alice):
    for _ in range(3):
        board.announce(alice.pk, None)
    assert [event["type"] for event in await tab.answered()] == ["list"]


async def test_what_a_tab_was_told_of_an_answer_that_could_not_be_stored_is_put_right_when_it_is(
    tab, upstream, monkeypatch, settings, tmp_path
):
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(recorder, "PATIENCE", 0.3)
    monkeypatch.setattr(sweep, "BEAT", 0.05)
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    await tab.begin("Why?")
    await tab.until("delta")
    with broken_table(Generation):
        gate.open()
        finished = await tab.until("finished")
        assert (finished["status"], finished["error"]["code"]) == ("failed", "spooled")
    row = (await tab.until("transcript"))["messages"][-1]
    while row["generation"]["status"] == "streaming":  # the tab was quicker than the sweep
        row = (await tab.until("transcript"))["messages"][-1]
    assert (row["content"], row["generation"]["status"]) == ("Hello", "complete")


async def test_an_outdated_state_is_put_right_though_the_database_is_away_again_at_once(
    tab, board, upstream, alice, monkeypatch
):
    row = await tab.begin("Why?")
    await tab.until("finished")
    await tab.answered()
    generation = await stored(key_of(row))
    await in_database(Generation.objects.update, status="interrupted")
    reads = []

    def once(*args, read=rows.snapshot):
        reads.append(args)
        return read(*args) if len(reads) == 1 else _fails()

    monkeypatch.setattr(rows, "snapshot", once)
    board.announce(alice.pk, generation.conversation_id)
    assert (await tab.until("transcript"))["messages"][-1]["generation"]["status"] == "interrupted"


async def test_an_announcement_of_nothing_new_tells_the_state_of_the_conversation_and_no_more(
    tab, board, upstream, alice
):
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    row = await tab.begin("Why?")
    await tab.until("delta")
    await tab.answered()
    conversation = (await stored(key_of(row))).conversation_id
    board.announce(alice.pk, conversation)
    assert (await tab.next())["type"] == "conversation"
    gate.open()
    heard = [await tab.next()]
    while heard[-1]["type"] != "finished":
        heard.append(await tab.next())
    assert [event["from"] for event in heard if event["type"] == "delta"] == [len("Hel")]
    assert {"transcript", "message"}.isdisjoint(event["type"] for event in heard)


async def test_a_tab_that_is_behind_an_answer_is_told_of_its_rating_and_then_the_rest_of_its_text(
    tab, upstream, narrow
):
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    row = await tab.begin("Why?")
    assert (await tab.until("delta"))["to"] == 3
    gate.open()
    await until_stored(key_of(row), lambda row: row.status == "complete")
    await tab.say("rate", message=row["id"], rating=1)
    told = (await tab.until("message"))["message"]
    assert (told["rating"], told["content"]) == (1, "")
    assert (told["generation"]["status"], told["generation"]["cursor"]) == ("streaming", 3)
    await tab.say("ack", generation=row["generation"]["id"], cursor=3)
    delta = await tab.until("delta")
    assert (delta["from"], delta["to"]) == (3, 5)
    await tab.say("ack", generation=row["generation"]["id"], cursor=5)
    assert (await tab.until("finished"))["status"] == "complete"


async def test_a_change_that_was_read_before_the_end_was_told_does_not_open_the_answer_again(
    tab, board, upstream, alice, monkeypatch
):
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    row = await tab.begin("Why?")
    await tab.until("delta")
    await tab.answered()
    conversation = (await stored(key_of(row))).conversation_id
    reading, told = threading.Event(), threading.Event()

    def slowly(*args, read=rows.snapshot):
        found = read(*args)
        monkeypatch.setattr(rows, "snapshot", read)
        reading.set()
        told.wait(SECONDS)
        return found

    monkeypatch.setattr(rows, "snapshot", slowly)
    board.announce(alice.pk, conversation)
    await until(reading.is_set)
    gate.open()
    await tab.until("finished")
    told.set()
    assert (await tab.until("conversation"))["generating"]  # as it was read
    assert not (await tab.until("conversation"))["generating"]
    assert {"transcript", "message", "delta"}.isdisjoint(event["type"] for event in await tab.answered())


async def test_other_tabs_hear_at_once_of_a_message_whose_own_tab_left_while_it_was_stored(
    board, upstream, alice, session
):
    upstream.play(mira(["Hel", Hang()]))
    here, there = [await opened(board, alice, session) for _ in range(2)]
    with locked_database():
        await here.ask("Why?")
        await idle()
        await here.leave()
    assert (await there.until("conversation"))["generating"]
    await there.leave()


async def test_a_conversation_that_is_deleted_behind_the_servers_back_is_told_to_the_tab_that_shows_it(
    quick_recheck, tab, alice
):
    row = await in_database(begin, alice)
    await in_database(row.complete, "So.", "")
    await tab.open(row.conversation_id)
    await in_database(Conversation.objects.all().delete)
    assert (await tab.until("deleted"))["conversation"] == str(row.conversation_id)
    looks = len(quick_recheck)
    await until(lambda: len(quick_recheck) >= looks + 2)
    assert await tab.answered() == []  # it is told once


async def test_a_deleted_conversation_is_not_found_and_the_tab_stays_usable(tab, board, alice):
    row = await in_database(begin, alice)
    await tab.open(row.conversation_id)
    await in_database(Conversation.objects.all().delete)
    board.announce(alice.pk, row.conversation_id)
    assert (await tab.until("deleted"))["conversation"] == str(row.conversation_id)
    await tab.say("open", conversation=str(row.conversation_id))
    assert (await tab.until("error"))["code"] == "not_found"
    await tab.open(None)


# A login that ends


async def test_a_good_login_is_left_alone(quick_recheck, tab):
    await until(lambda: len(quick_recheck) >= 3)
    assert await tab.answered() == []


async def test_a_database_that_fails_logs_nobody_out(quick_recheck, tab):
    with broken_table(Session):
        done = len(quick_recheck)
        await until(lambda: len(quick_recheck) >= done + 3)
    assert await tab.answered() == []


def log_out(alice, session):
    session.delete()


def deactivate(alice, session):
    get_user_model().objects.update(is_active=False)


def change_password(alice, session):
    alice.set_password("another horse")
    alice.save()


@pytest.mark.parametrize("end", [log_out, deactivate, change_password])
async def test_who_is_logged_out_is_closed_out_and_the_answer_under_way_is_stored(
    quick_recheck, board, upstream, alice, session, end
):
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    tab = await opened(board, alice, session)
    row = await tab.begin("Why?")
    await tab.until("delta")
    await in_database(end, alice, session)
    assert await tab.until("websocket.close") == {"type": "websocket.close", "code": 4401}
    await tab.leave()
    gate.open()
    found = await until_stored(key_of(row), lambda row: row.status == "complete")
    assert found.message.content == "Hello"


def test_a_logout_reaches_open_tabs_within_half_a_minute():
    assert tabs.RECHECK <= 30


# A process that stops


async def test_a_send_while_the_process_stops_is_refused_and_stores_nothing(tab, board):
    await board.drain(SECONDS)
    key = await tab.ask("Why?")
    error = await tab.until("error")
    assert (error["code"], error["client_id"]) == ("stopping", key)
    assert await in_database(everything) == [[], [], []]


async def test_a_send_that_is_being_stored_when_the_process_stops_leaves_no_answer_under_way(tab, board, upstream):
    with locked_database():
        await tab.ask("Why?")
        await idle()
        draining = asyncio.create_task(board.drain(SECONDS))
        await idle()
        assert board.stopping
    await draining
    assert (await tab.until("error"))["code"] == "stopping"
    assert [row.status for row in await in_database(lambda: list(Generation.objects.all()))] == ["interrupted"]
    assert upstream.requests == []


async def test_the_end_of_the_answer_is_sent_before_the_socket_is_closed(tab, board, upstream, monkeypatch):
    monkeypatch.setattr(tabs, "FAREWELL", 10.0)  # the machine may be busy
    upstream.play(endless(every=0.001))
    await tab.begin("Why?")
    await tab.until("delta")
    await board.drain(SECONDS)
    await tabs.close_tabs()
    assert (await tab.until("finished"))["status"] == "interrupted"
    assert (await tab.until("websocket.close"))["code"] == 1012


async def test_a_tab_that_never_acknowledges_does_not_hold_up_the_end(tab, board, upstream, narrow):
    upstream.play(mira(["Hello", Hang()]))
    await tab.begin("Why?")
    await tab.until("delta")
    await board.drain(SECONDS)
    async with asyncio.timeout(2):
        await tabs.close_tabs()
    assert (await tab.until("websocket.close"))["code"] == 1012


# Text


async def test_cancel_in_the_queue_ends_it_without_asking_the_upstream(upstream, alice, session):
    crowded = Switchboard(Limits(concurrent=1))
    upstream.play(never_answers())
    first, second = [await opened(crowded, alice, session) for _ in range(2)]
    await first.begin("Why?")
    await upstream.next_request()
    row = await second.begin("How?")
    assert (await second.until("position"))["phase"] == "queued"
    await first.say("cancel", generation=row["generation"]["id"])
    assert (await second.until("finished"))["status"] == "cancelled"
    assert (await stored(key_of(row))).status == "cancelled"
    assert len(upstream.requests) == 1
    for tab in (first, second):
        await tab.leave()
    await crowded.drain(SECONDS)


async def test_a_tab_that_has_left_leaves_no_task_and_no_listener(board, upstream, alice, session):
    upstream.play(mira(["Hel", Hang()]))
    tab = await opened(board, alice, session)
    row = await tab.begin("Why?")
    await tab.until("delta")
    await tab.leave()
    await until(lambda: not tasks_of("Tab.", "ChatConsumer."))
    assert tabs.open_tabs == set()
    assert not board._listeners
    assert board.cancel(key_of(row), alice.pk)
