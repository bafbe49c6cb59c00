"""A tab's end of the WebSocket from inside its process: stalled databases, a process that stops, shortened clocks.

Everything that a real server can show is in test_consumer.py.
"""

import asyncio
import json
import uuid

import pytest
from channels.testing import WebsocketCommunicator
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from chat.live import consumer
from chat.live.consumer import ChatConsumer
from chat.models import Conversation, Generation, Message
from chat.relay.database import in_database
from chat.relay.limits import Limits
from chat.relay.switchboard import Switchboard
from tests.support.rows import begin, broken_table, locked_database, stored, until_stored
from tests.support.scripts import Gate, Hang, WaitFor, endless, mira, never_answers

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 5.0


class InsideTab:
    """A socket without a server in between."""

    def __init__(self, board, user, session):
        self.communicator = WebsocketCommunicator(ChatConsumer.as_asgi(switchboard=board), "/ws/")
        self.communicator.scope.update(user=user, session=session)

    async def say(self, kind, **fields):
        await self.communicator.send_to(json.dumps({"type": kind, **fields}))

    async def ask(self, content, conversation=None, parent=None):
        key = str(uuid.uuid4())
        await self.say("send", client_id=key, conversation=conversation, parent=parent, content=content)
        return key

    async def next(self):
        async with asyncio.timeout(SECONDS):
            message = await self.communicator.output_queue.get()
        return json.loads(message["text"]) if message["type"] == "websocket.send" else message

    async def until(self, kind):
        while True:
            event = await self.next()
            if event["type"] == kind:
                return event

    async def begin(self, content):
        """The row of the answer to the first message of a new conversation."""
        await self.ask(content)
        return (await self.until("transcript"))["messages"][-1]

    async def leave(self):
        """The browser goes away; returns when the consumer is done with it."""
        self.communicator.input_queue.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await self.communicator.wait(SECONDS)


@pytest.fixture
async def board(upstream):
    board = Switchboard()
    yield board
    await board.drain(SECONDS)


@pytest.fixture
def session(alice):
    session = SessionStore()
    session[SESSION_KEY] = str(alice.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = alice.get_session_auth_hash()
    session.save()
    return session


@pytest.fixture
async def tab(board, alice, session):
    tab = await opened(board, alice, session)
    yield tab
    await tab.leave()


async def opened(board, user, session):
    tab = InsideTab(board, user, session)
    assert (await tab.communicator.connect()) == (True, None)
    assert (await tab.next())["type"] == "welcome"
    return tab


def everything():
    return [list(model.objects.values_list("pk")) for model in (Conversation, Message, Generation)]


# A database that stalls or fails


async def test_a_send_that_waits_for_the_database_is_carried_out_although_the_tab_has_left(
    board, upstream, alice, session
):
    tab = await opened(board, alice, session)
    with locked_database():
        await tab.ask("Why?")
        await _idle()
        await tab.leave()
        assert await in_database(everything) == [[], [], []]
    request = await upstream.next_request()
    assert request.body["messages"] == [{"role": "user", "content": "Why?"}]
    key = (await in_database(Generation.objects.get)).pk
    await until_stored(key, lambda row: row.status == "complete")


async def test_a_cancel_is_not_held_up_by_a_command_that_waits_for_the_database(tab, upstream):
    upstream.play(endless())
    row = await tab.begin("Why?")
    generation = uuid.UUID(row["generation"]["id"])
    request = await upstream.next_request()
    conversation = str((await stored(generation)).conversation_id)
    with locked_database():
        await tab.ask("Another", conversation, row["id"])
        await tab.say("cancel", generation=str(generation))
        await request.hung_up(within=1)
        await tab.say("ping")
        await tab.until("pong")
    await until_stored(generation, lambda row: row.status == "cancelled")


async def test_a_database_that_fails_is_told_and_nothing_is_stored_and_the_next_send_works(tab, upstream):
    with broken_table(Message):
        key = await tab.ask("Why?")
        error = await tab.until("error")
    assert (error["code"], error["command"], error["client_id"]) == ("unavailable", "send", key)
    assert await in_database(everything) == [[], [], []]
    await tab.begin("Why?")


async def test_a_change_that_cannot_be_read_does_not_end_the_tab(tab, board, alice):
    row = await in_database(begin, alice)
    with broken_table(Message), broken_table(Conversation):
        board.announce(alice.pk, row.conversation_id)
        await tab.say("open", conversation=str(row.conversation_id))
        assert (await tab.until("error"))["code"] == "unavailable"
    await tab.say("open", conversation=str(row.conversation_id))
    await tab.until("transcript")


async def test_a_deleted_conversation_is_not_found_and_the_tab_stays_usable(tab, board, alice):
    row = await in_database(begin, alice)
    await tab.say("open", conversation=str(row.conversation_id))
    await tab.until("transcript")
    await in_database(row.conversation.delete)
    board.announce(alice.pk, row.conversation_id)
    await tab.say("open", conversation=str(row.conversation_id))
    assert (await tab.until("error"))["code"] == "not_found"


async def test_commands_that_come_faster_than_they_can_be_carried_out_are_refused(tab):
    with locked_database():
        for _ in range(consumer.QUEUED_COMMANDS + 5):
            await tab.ask("Why?")
        assert (await tab.until("error"))["code"] == "too_fast"
    await tab.say("ping")
    await tab.until("pong")


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
        await _idle()
        draining = asyncio.create_task(board.drain(SECONDS))
        await _idle()
        assert board.stopping
    await draining
    assert (await tab.until("error"))["code"] == "stopping"
    assert [row.status for row in await in_database(lambda: list(Generation.objects.all()))] == ["interrupted"]
    assert upstream.requests == []


async def test_a_socket_that_is_opened_while_the_process_stops_is_closed_with_1012(board, alice, session):
    await board.drain(SECONDS)
    tab = InsideTab(board, alice, session)
    await tab.communicator.connect()
    assert (await tab.next()) == {"type": "websocket.close", "code": 1012}
    await tab.leave()


async def test_the_end_of_the_answer_is_sent_before_the_socket_is_closed(tab, board, upstream):
    upstream.play(endless(every=0.001))
    await tab.begin("Why?")
    await tab.until("delta")
    await board.drain(SECONDS)
    await consumer.close_tabs()
    assert (await tab.until("finished"))["status"] == "interrupted"
    assert (await tab.next()) == {"type": "websocket.close", "code": 1012}


async def test_a_tab_that_never_acknowledges_does_not_hold_up_the_end(tab, board, upstream, monkeypatch):
    monkeypatch.setattr(consumer, "WINDOW", 2)
    upstream.play(mira(["Hello", Hang()]))
    await tab.begin("Why?")
    await tab.until("delta")
    await board.drain(SECONDS)
    async with asyncio.timeout(2):
        await consumer.close_tabs()
    assert (await tab.until("websocket.close"))["code"] == 1012


# A login that ends


@pytest.fixture
def quick_recheck(monkeypatch):
    monkeypatch.setattr(consumer, "RECHECK", 0.05)


async def test_a_good_login_is_left_alone(quick_recheck, board, alice, session):
    tab = await opened(board, alice, session)
    await asyncio.sleep(0.3)
    await tab.say("ping")
    assert await tab.next() == {"type": "pong"}
    await tab.leave()


async def test_logout_closes_the_socket(quick_recheck, board, alice, session):
    tab = await opened(board, alice, session)
    await in_database(session.delete)
    assert await tab.next() == {"type": "websocket.close", "code": 4401}
    await tab.leave()


async def test_deactivation_closes_the_socket(quick_recheck, board, alice, session):
    tab = await opened(board, alice, session)
    await in_database(lambda: get_user_model().objects.update(is_active=False))
    assert await tab.next() == {"type": "websocket.close", "code": 4401}
    await tab.leave()


async def test_a_new_password_closes_the_sockets_of_the_old_one(quick_recheck, board, alice, session):
    tab = await opened(board, alice, session)

    def change():
        alice.set_password("another horse")
        alice.save()

    await in_database(change)
    assert await tab.next() == {"type": "websocket.close", "code": 4401}
    await tab.leave()


async def test_a_database_that_fails_logs_nobody_out(quick_recheck, board, alice, session):
    tab = await opened(board, alice, session)
    with broken_table(Session):
        await asyncio.sleep(0.3)
    await tab.say("ping")
    assert await tab.next() == {"type": "pong"}
    await tab.leave()


async def test_who_is_not_logged_in_is_accepted_and_closed_and_nothing_is_carried_out(board):
    tab = InsideTab(board, AnonymousUser(), SessionStore())
    await tab.communicator.connect()
    assert await tab.next() == {"type": "websocket.close", "code": 4401}
    await tab.ask("Why?")
    await tab.leave()
    assert await in_database(everything) == [[], [], []]


# Text


async def test_cancel_in_the_queue_ends_it_without_asking_the_upstream(upstream, alice, session):
    narrow = Switchboard(Limits(concurrent=1))
    upstream.play(never_answers())
    first, second = [await opened(narrow, alice, session) for _ in range(2)]
    await first.begin("Why?")
    await upstream.next_request()
    generation = (await second.begin("How?"))["generation"]["id"]
    assert (await second.until("position"))["phase"] == "queued"
    await first.say("cancel", generation=generation)
    assert (await second.until("finished"))["status"] == "cancelled"
    assert (await stored(uuid.UUID(generation))).status == "cancelled"
    assert len(upstream.requests) == 1
    for tab in (first, second):
        await tab.leave()
    await narrow.drain(SECONDS)


async def test_words_are_sent_at_most_thirty_times_a_second_however_they_come(tab, upstream, monkeypatch):
    monkeypatch.setattr("chat.relay.upstream.BEAT", 0)
    upstream.play(endless(every=0.001))
    generation = (await tab.begin("Why?"))["generation"]["id"]
    await tab.until("delta")
    clock = asyncio.get_running_loop().time
    begun, frames = clock(), 0
    while clock() - begun < 0.6:
        await tab.until("delta")
        frames += 1
    assert frames <= (clock() - begun) / consumer.FRAME_BEAT + 1
    await tab.say("cancel", generation=generation)
    await tab.until("finished")


async def test_an_ack_of_something_else_opens_no_window(tab, upstream, monkeypatch):
    monkeypatch.setattr(consumer, "WINDOW", 2)
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    generation = (await tab.begin("Why?"))["generation"]["id"]
    assert (await tab.until("delta"))["to"] == 3
    gate.open()
    await until_stored(uuid.UUID(generation), lambda row: row.status == "complete")
    await tab.say("ack", generation=str(uuid.uuid4()), cursor=99)
    await tab.say("ack", generation=generation, cursor=0)
    await tab.say("open", conversation=None)
    heard = []
    while not heard or heard[-1]["type"] != "transcript":
        heard.append(await tab.next())
    assert {"delta", "finished"}.isdisjoint(event["type"] for event in heard)


async def test_a_tab_that_has_left_leaves_no_task_and_no_listener(board, upstream, alice, session):
    upstream.play(mira(["Hel", Hang()]))
    tab = await opened(board, alice, session)
    generation = (await tab.begin("Why?"))["generation"]["id"]
    await tab.until("delta")
    await tab.leave()
    await _idle()
    left = [task.get_coro().__qualname__ for task in asyncio.all_tasks()]
    assert not [name for name in left if name.startswith("ChatConsumer")]
    assert consumer.open_tabs == set()
    assert not board._listeners
    assert board.cancel(uuid.UUID(generation), alice.pk)


async def _idle():
    """Lets everything run that waits for nothing but its turn."""
    for _ in range(20):
        await asyncio.sleep(0)
