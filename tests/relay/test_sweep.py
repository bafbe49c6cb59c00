"""What nobody else looks after: lost generations, spooled answers, news that got lost. Over a real database."""

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db.models import F
from django.db.models.functions import Now

from chat.models import LEASE, Conversation, Generation, Message
from chat.relay import errors, spool, sweep
from chat.relay.database import in_database
from chat.relay.generation import Facts
from chat.relay.spool import Answer
from chat.relay.sweep import Sweep
from chat.relay.text import Ending
from tests.support.polling import until
from tests.support.rows import begin, broken_table, stored, until_stored

pytestmark = pytest.mark.django_db(transaction=True)


class Watch:
    """A sweep whose every look is the test's; `told` is what it announced."""

    def __init__(self, *listeners):
        self.running = set()
        self.listeners = {listener.pk for listener in listeners}
        self.told = []
        self.sweep = Sweep(lambda: self.running, lambda: self.listeners, self._announce)

    async def look(self, alone=True):
        """What this look has announced."""
        self.told.clear()
        await self.sweep._look(alone)
        return self.told.copy()

    @asynccontextmanager
    async def at_work(self, alone=True):
        task = asyncio.create_task(self.sweep.run(alone=alone))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _announce(self, owner, conversation):
        """As the switchboard does."""
        self.sweep.told(conversation)
        self.told.append((owner, conversation))


@pytest.fixture(autouse=True)
def _own_spool(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def watch(alice):
    return Watch(alice)


@pytest.fixture
def lost(alice):
    """Its process is gone."""
    row = begin(alice)
    row.checkpoint("Hel", "")
    expire()
    return row


def expire():
    Generation.objects.update(lease_expires_at=F("started_at") - LEASE)


def spooled(row, content="Hello"):
    return Answer(row.pk, Ending("complete", "stop", cursor=len(content)), content, "", [0, len(content)], Facts())


def change(row):
    return row.conversation.owner_id, row.conversation_id


# Lost generations


async def test_what_is_found_expired_twice_is_interrupted_and_told(watch, lost):
    assert await watch.look() == []
    assert (await stored(lost.pk)).status == "streaming"
    assert await watch.look() == [change(lost)]
    found = await stored(lost.pk)
    assert spool.stored_ending(found) == Ending("interrupted", None, *errors.INTERRUPTED, cursor=3)
    assert found.message.content == "Hel"
    assert await watch.look() == []


async def test_an_owner_that_renews_between_two_looks_keeps_its_generation(watch, lost):
    """As after a database that was away for everybody."""
    for _ in range(3):
        await in_database(expire)
        await watch.look()
        await in_database(lost.checkpoint, "Hello", "")
        assert await watch.look() == []
    assert (await stored(lost.pk)).status == "streaming"


async def test_one_that_expires_between_the_finding_and_the_ending_of_another_is_not_taken_along(watch, lost, alice):
    await watch.look()
    fresh = await in_database(begin, alice)
    await in_database(expire)
    assert await watch.look() == [change(lost)]
    assert (await stored(fresh.pk)).status == "streaming"


async def test_after_a_database_that_failed_two_looks_are_needed_again(watch, lost, monkeypatch, caplog):
    monkeypatch.setattr(sweep, "BEAT", 0.02)
    await watch.look()
    with broken_table(Generation):
        async with watch.at_work():
            await until(lambda: "sweep for lost generations failed" in caplog.text)
    assert await watch.look() == []
    assert await watch.look() == [change(lost)]


async def test_what_runs_here_is_spared_however_long_the_database_stalled(watch, lost):
    watch.running = {lost.pk}
    for _ in range(3):
        assert await watch.look() == []
    assert (await stored(lost.pk)).status == "streaming"


async def test_an_interrupt_moves_the_conversation_up_as_every_end_does_so_that_others_find_it(watch, lost, alice):
    other = Watch(alice)
    other.running = {lost.pk}  # it shall not be the one that ends it
    await other.look(alone=False)
    await other.look(alone=False)
    await in_database(Conversation.objects.update, updated_at=Now() - timedelta(days=1))
    await watch.look()
    await watch.look()
    assert await other.look(alone=False) == [change(lost)]


async def test_of_two_that_find_it_at_once_one_ends_it(watch, lost, alice):
    other = Watch(alice)
    await asyncio.gather(watch.look(), other.look())
    await asyncio.gather(watch.look(), other.look())
    first = await in_database(Generation.objects.values().get, pk=lost.pk)
    assert first["status"] == "interrupted"
    await asyncio.gather(watch.look(), other.look())
    assert await in_database(Generation.objects.values().get, pk=lost.pk) == first


# Spooled answers


async def test_a_spooled_answer_is_stored_and_told(watch, alice):
    row = await in_database(begin, alice)
    spool.keep(spooled(row))
    assert await watch.look() == [change(row)]
    found = await stored(row.pk)
    assert (found.status, found.message.content) == ("complete", "Hello")
    assert await watch.look() == []


async def test_a_spooled_answer_comes_before_the_search_for_lost_ones(watch, lost):
    await watch.look()
    spool.keep(spooled(lost))
    assert await watch.look() == [change(lost)]
    assert (await stored(lost.pk)).status == "complete"


async def test_an_answer_that_others_suspect_is_not_ended_by_them_just_before_it_is_stored(
    watch, lost, alice, settings, tmp_path
):
    """The database is back, but the first try to store comes to nothing; the others have looked twice by then."""
    other = Watch(alice)

    async def others_look():
        settings.DATA_DIR = tmp_path / "elsewhere"
        await other.look()
        settings.DATA_DIR = tmp_path

    spool.keep(spooled(lost))
    await others_look()
    with broken_table(Message), pytest.raises(OperationalError):
        await watch.look()
    await others_look()
    await watch.look()
    assert (await stored(lost.pk)).status == "complete"


async def test_what_was_stored_is_told_though_the_rest_of_the_look_fails(watch, alice, monkeypatch):
    row = await in_database(begin, alice)
    spool.keep(spooled(row))
    monkeypatch.setattr(sweep, "_expired", lambda _: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        await watch.look()
    assert watch.told == [change(row)]


# News that got lost


async def test_a_change_of_which_nobody_told_is_found_once(watch, alice):
    row = await in_database(begin, alice)
    await in_database(Conversation.objects.update, updated_at=Now() - timedelta(hours=1))
    assert await watch.look(alone=False) == []
    await in_database(row.conversation.touch)
    assert await watch.look(alone=False) == [change(row)]
    for _ in range(3):
        assert await watch.look(alone=False) == []
    await asyncio.sleep(0.01)  # another millisecond, which is the step of SQLite's clock
    await in_database(row.conversation.touch)
    assert await watch.look(alone=False) == [change(row)]


async def test_a_change_that_was_told_is_not_told_again(watch, alice):
    row = await in_database(begin, alice)
    await watch.look(alone=False)
    await asyncio.sleep(0.01)
    await in_database(row.conversation.touch)
    await asyncio.sleep(0.1)  # what is told at the same moment may be told again
    watch.sweep.told(row.conversation_id)
    assert await watch.look(alone=False) == []
    assert await watch.look(alone=False) == []


async def test_what_was_told_before_the_change_is_no_news_of_it(watch, alice):
    row = await in_database(begin, alice)
    await watch.look(alone=False)
    await watch.look(alone=False)
    watch.sweep.told(row.conversation_id)
    await asyncio.sleep(0.05)
    await in_database(row.conversation.touch)
    assert await watch.look(alone=False) == [change(row)]


async def test_a_transaction_that_was_committed_late_is_found_with_the_time_of_its_beginning(watch, alice):
    row = await in_database(begin, alice)
    await in_database(Conversation.objects.update, updated_at=Now() - timedelta(hours=1))
    await watch.look(alone=False)
    await in_database(Conversation.objects.update, updated_at=Now() - timedelta(seconds=8))
    assert await watch.look(alone=False) == [change(row)]


async def test_changes_of_people_without_a_tab_here_are_left_to_others(watch, bob):
    row = await in_database(begin, bob)
    await watch.look(alone=False)
    await in_database(row.conversation.touch)
    assert await watch.look(alone=False) == []


async def test_alone_there_are_no_changes_to_be_found_and_nothing_is_remembered_for_ever(watch, alice, monkeypatch):
    row = await in_database(begin, alice)
    await watch.look()
    await in_database(row.conversation.touch)
    assert await watch.look() == []
    watch.sweep.told(row.conversation_id)
    monkeypatch.setattr(sweep, "KEPT", 0.0)
    await watch.look()
    assert watch.sweep._told == {}


async def test_without_any_conversation_there_is_nothing_to_find(watch):
    assert await watch.look(alone=False) == []
    assert await watch.look(alone=False) == []


# The beat


async def test_it_looks_again_and_again(watch, lost, monkeypatch):
    monkeypatch.setattr(sweep, "BEAT", 0.02)
    async with watch.at_work():
        await until_stored(lost.pk, lambda row: row.status == "interrupted")


async def test_it_goes_on_after_a_defect(watch, lost, monkeypatch, caplog):
    monkeypatch.setattr(sweep, "BEAT", 0.02)
    with monkeypatch.context() as broken:
        broken.setattr(sweep, "_expired", lambda _: 1 // 0)
        async with watch.at_work():
            await until(lambda: "defect of ours" in caplog.text)
            broken.undo()
            await until_stored(lost.pk, lambda row: row.status == "interrupted")
