"""Work of the house that nobody waits for, over a real database."""

import asyncio
import uuid
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from django.db import IntegrityError, connection, connections
from django.db.models import F
from django.db.models.deletion import Collector
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from chat.live import changes, protocol, storing
from chat.live.protocol import Refused
from chat.models import Conversation, File, Message, Passage
from chat.models.message import BATCH
from chat.models.passage import AT_ONCE
from chat.relay import chores as chores_module
from chat.relay import this_process
from chat.relay.chores import TIDYING, Chore, Chores, forget_conversations, remove_files
from chat.search import index
from tests.support.boards import no_task_left, switchboard
from tests.support.polling import until
from tests.support.rows import begin

pytestmark = pytest.mark.django_db(transaction=True)

OFTEN, NEVER = 0.02, 3600.0
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@asynccontextmanager
async def at_work(*chores):
    task = asyncio.create_task(Chores(chores).run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Counted:
    """Work that counts how often it is done, and says each time what it was told to say."""

    def __init__(self, *says):
        self.times = 0
        self._says = says

    def __call__(self):
        self.times += 1
        says = self._says[self.times - 1] if self.times <= len(self._says) else False
        if isinstance(says, Exception):
            raise says
        return says


# The beat


async def test_each_is_done_at_once_and_again_after_its_time():
    often, never = Counted(), Counted()
    async with at_work(Chore("never", NEVER, never), Chore("often", OFTEN, often)):
        await until(lambda: often.times >= 3)
        assert never.times == 1


async def test_what_is_not_finished_goes_on_after_a_short_pause(monkeypatch):
    monkeypatch.setattr(chores_module, "PAUSE", 0.01)
    work, beat = Counted(True, True, True), Counted()
    async with at_work(Chore("much", NEVER, work), Chore("beat", OFTEN, beat)):
        await until(lambda: work.times == 4)
        beats = beat.times
        await until(lambda: beat.times >= beats + 3)
    assert work.times == 4


async def test_one_that_never_finishes_leaves_the_others_their_turn_and_the_database_its_pauses(monkeypatch):
    monkeypatch.setattr(chores_module, "PAUSE", 0.05)
    endless, other = Counted(*[True] * 1000), Counted()
    begun = asyncio.get_running_loop().time()
    async with at_work(Chore("endless", NEVER, endless), Chore("other", OFTEN, other)):
        await until(lambda: other.times >= 5 and endless.times >= 3)
        times, seconds = endless.times, asyncio.get_running_loop().time() - begun
    assert times <= seconds / 0.05 + 1


async def test_they_are_done_one_at_a_time():
    under_way, most = [], []

    def work():
        under_way.append(True)
        most.append(len(under_way))
        under_way.pop()
        return False

    async with at_work(*(Chore(f"{number}", 0, work) for number in range(3))):
        await until(lambda: len(most) >= 30)
    assert max(most) == 1


async def test_one_that_fails_is_told_once_tried_again_and_holds_up_no_other(caplog):
    failing, other = Counted(*[OSError("no disk")] * 1000), Counted()
    async with at_work(Chore("failing", OFTEN, failing), Chore("other", OFTEN, other)):
        await until(lambda: failing.times >= 4 and other.times >= 4)
    assert caplog.text.count("The chore 'failing' failed") == 1
    assert "no disk" in caplog.text


async def test_what_a_database_says_of_a_row_is_not_told(caplog):
    refused = IntegrityError("no such role\nDETAIL:  Failing row contains (My secret).")
    work = Counted(refused, False)
    async with at_work(Chore("refused", OFTEN, work)):
        await until(lambda: work.times >= 2)
    assert "no such role" in caplog.text
    assert "secret" not in caplog.text


async def test_one_that_fails_again_after_it_had_worked_is_told_again(caplog):
    work = Counted(OSError("once"), False, OSError("twice"))
    async with at_work(Chore("moody", OFTEN, work)):
        await until(lambda: work.times >= 4)
    assert caplog.text.count("The chore 'moody' failed") == 2


async def test_without_chores_there_is_nothing_to_do():
    async with asyncio.timeout(2):
        await Chores([]).run()


async def test_who_attends_does_the_chores_it_was_given_and_is_relieved_by_the_end(upstream):
    work = Counted()
    async with no_task_left(), switchboard(chores=[Chore("given", OFTEN, work)]) as board:
        assert work.times == 0
        board.attend()
        board.attend()
        await until(lambda: work.times >= 2)


# What there is to be tidied


def test_what_was_deleted_is_removed_for_good_when_nobody_can_bring_it_back(alice):
    kept, fresh, old = (begin(alice).conversation for _ in range(3))
    Conversation.objects.filter(pk=fresh.pk).update(deleted_at=Now())
    Conversation.objects.filter(pk=old.pk).update(deleted_at=Now() - timedelta(minutes=3))
    assert forget_conversations()  # what was said
    assert not forget_conversations()
    assert set(Conversation.objects.values_list("pk", flat=True)) == {kept.pk, fresh.pk}
    assert not Message.objects.filter(conversation=old.pk).exists()


def file(owner, days=2, **fields):
    made = File.objects.create(
        owner=owner, name="a.txt", kind="text", media_type="text/plain", size=1, data=b"x", **fields
    )
    File.objects.filter(pk=made.pk).update(created_at=F("created_at") - timedelta(days=days))
    return made


def test_a_file_of_no_message_is_removed_after_a_day(alice):
    used, fresh, _ = file(alice), file(alice, days=0), file(alice)
    begin(alice).message.parent.files.add(used)
    assert not remove_files()
    assert set(File.objects.values_list("pk", flat=True)) == {used.pk, fresh.pk}


def test_a_file_whose_message_is_gone_is_removed(alice):
    mine = file(alice)
    question = begin(alice).message.parent
    question.files.add(mine)
    question.conversation.delete()
    remove_files()
    assert not File.objects.exists()


def test_what_is_in_a_file_is_not_read_to_remove_it(alice):
    file(alice)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        remove_files()
    assert not File.objects.exists()
    assert [query for query in queries.captured_queries if '"data"' in query["sql"]] == []


def test_what_was_said_is_not_read_to_remove_it(alice):
    begin(alice, system_prompt="Be brief.")
    Conversation.objects.update(deleted_at=Now() - timedelta(hours=1))
    with CaptureQueriesContext(connection) as queries:
        while forget_conversations():
            pass
    assert not Conversation.objects.exists()
    read = [query["sql"] for query in queries.captured_queries]
    assert [sql for sql in read if '"content"' in sql or '"system_prompt"' in sql] == []


def test_many_are_removed_a_few_at_a_time(alice):
    for _ in range(BATCH + 1):
        file(alice)
    Conversation.objects.bulk_create(
        Conversation(owner=alice, title="old", deleted_at=Now() - timedelta(hours=1)) for _ in range(BATCH + 1)
    )
    assert forget_conversations()
    assert remove_files()
    assert (Conversation.objects.count(), File.objects.count()) == (1, 1)
    assert not forget_conversations()
    assert not remove_files()
    assert (Conversation.objects.count(), File.objects.count()) == (0, 0)


def test_what_the_search_has_of_a_long_message_goes_before_it_bit_by_bit(alice):
    question = begin(alice).message.parent
    Passage.objects.bulk_create(Passage(message=question, position=at, words="rain") for at in range(3 * AT_ONCE))
    Conversation.objects.update(deleted_at=Now() - timedelta(hours=1))
    left = []
    while forget_conversations():
        left.append((Passage.objects.count(), Message.objects.count()))
    assert left == [(2 * AT_ONCE, 2), (AT_ONCE, 2), (0, 0)]
    assert not Conversation.objects.exists()


def test_many_messages_are_removed_a_few_at_a_time_the_newest_first(alice):
    conversation, parent = Conversation.objects.create(owner=alice, title="Rivers"), None
    for number in range(BATCH + 3):
        place = {"parent": parent, "created_at": NOON + timedelta(minutes=number)}
        parent = Message.objects.create(conversation=conversation, role="user", content=str(number), **place)
    Conversation.objects.update(deleted_at=Now() - timedelta(hours=1))
    assert forget_conversations()
    assert set(Message.objects.values_list("content", flat=True)) == {"0", "1", "2"}
    assert forget_conversations()
    assert not forget_conversations()
    assert not Conversation.objects.exists()


def beside(monkeypatch, work):
    """Has `work` done by somebody else at the moment in which something is deleted. Yields what came of it."""
    really, done = Collector.delete, []

    def somebody_else():
        try:
            done.append(work())
        except Refused as refusal:
            done.append(refusal.code)
        finally:
            connections.close_all()

    def meanwhile(collector):
        monkeypatch.setattr(Collector, "delete", really)
        thread = Thread(target=somebody_else)
        thread.start()
        thread.join(0.5)
        threads.append(thread)
        return really(collector)

    threads = []
    monkeypatch.setattr(Collector, "delete", meanwhile)
    yield
    threads[0].join(10)
    yield done[0]


def test_a_file_that_is_attached_while_the_unused_are_removed_is_never_taken_out_of_a_message(alice, monkeypatch):
    mine = file(alice)
    send = protocol.Send(uuid.uuid4(), None, "Look", files=(mine.pk,))
    race = beside(monkeypatch, lambda: storing.store(alice, send, "here"))
    next(race)
    remove_files()
    assert next(race) == "no_such_file"
    assert (File.objects.count(), Message.objects.count()) == (0, 0)


def test_a_conversation_of_which_a_part_is_gone_is_not_brought_back(alice, monkeypatch):
    old = begin(alice).conversation
    Conversation.objects.update(deleted_at=Now() - timedelta(minutes=3))
    race = beside(monkeypatch, lambda: changes.carry_out(alice, protocol.Restore(old.pk)))
    next(race)
    assert forget_conversations()
    assert next(race) == "not_found"
    assert Conversation.objects.forgotten().count() == 1


def test_what_is_new_is_indexed_a_transaction_at_a_time(alice):
    conversation = begin(alice).conversation
    Message.objects.bulk_create(
        Message(conversation=conversation, role="user", content=f"word {number}") for number in range(index.BATCH)
    )
    assert this_process.index_what_is_new()  # with the question
    assert Message.objects.filter(role="user", indexed=False).count() == 1
    assert this_process.index_what_is_new()
    assert not this_process.index_what_is_new()
    assert Message.objects.filter(role="user", indexed=False).count() == 0


def test_this_process_tidies_and_indexes():
    names = {chore.name: chore.every for chore in this_process.switchboard._chores._chores}
    assert names == {"deleted conversations": 15, "unused files": 30, "search index": 1}


def test_the_beats_of_tidying_are_slow():
    assert all(10 <= chore.every <= 30 for chore in TIDYING)
    assert len({chore.name for chore in TIDYING}) == 2
