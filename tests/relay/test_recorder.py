"""A generation on its way into a real database: a slow beat while it runs, then exactly one end."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from django.db import connection
from django.db.models import F

from chat.models import Generation, Message
from chat.relay import errors, recorder, spool
from chat.relay.completions import Chunk
from chat.relay.database import in_database
from chat.relay.generation import LiveGeneration
from chat.relay.limits import Limits
from chat.relay.recorder import record
from chat.relay.text import Ending, Frame
from tests.support.following import until_phase, until_text
from tests.support.polling import until
from tests.support.rows import begin, broken_table, locked_database, stored, until_stored

pytestmark = pytest.mark.django_db(transaction=True)

NEVER = 3600.0


@pytest.fixture(autouse=True)
def _own_spool(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def row(alice):
    return begin(alice)


class Writing:
    """A generation whose text a test writes, and the recorder that stores it."""

    def __init__(self, row):
        self.live = LiveGeneration(row.pk, 1, Limits())
        self.may_close = asyncio.Event()
        self.may_close.set()
        self._chunks = asyncio.Queue()
        self.running = asyncio.create_task(self.live.run(self._source()))
        self.recording = asyncio.create_task(record(self.live, row))

    async def say(self, *chunks):
        """Returns when the text is there."""
        end = self.live.text.end + sum(len(chunk.content) + len(chunk.reasoning) for chunk in chunks)
        self._chunks.put_nowait(list(chunks))
        whole = self.live.text
        async with asyncio.timeout(5):
            while whole.end < end:
                await self.live.changed(1)

    def end(self):
        self._chunks.put_nowait([Chunk(finish_reason="stop"), Chunk(done=True)])
        self._chunks.put_nowait(None)

    async def ending(self, within=5.0):
        async with asyncio.timeout(within):
            await self.running
            return await self.recording

    async def _source(self):
        try:
            while (chunks := await self._chunks.get()) is not None:
                yield chunks
        finally:
            await self.may_close.wait()


@asynccontextmanager
async def writing(row):
    started = Writing(row)
    try:
        yield started
    finally:
        started.may_close.set()
        started.live.cancel()
        await asyncio.wait({started.running, started.recording}, timeout=10)


async def test_the_end_is_stored_with_text_and_facts_and_then_returned(row):
    async with writing(row) as answer:
        await answer.say(Chunk(reasoning="hm"), Chunk(content="Hello", id="chatcmpl-1", model="scripted"))
        answer.end()
        ending = await answer.ending()
    found = await stored(row.pk)
    assert ending == Ending("complete", "stop", cursor=7, thinking_ms=found.thinking_ms, model="scripted")
    assert found.thinking_ms is not None
    assert (found.status, found.message.content, found.message.reasoning) == ("complete", "Hello", "hm")
    assert (found.finish_reason, found.upstream_request_id, found.model, found.chunk_count, found.cursor) == (
        "stop",
        "chatcmpl-1",
        "scripted",
        2,
        7,
    )
    assert found.first_delta_at <= found.finished_at


async def test_a_checkpoint_stores_what_was_written_while_it_goes_on(row, monkeypatch):
    monkeypatch.setattr(recorder, "BEAT", 0.02)
    async with writing(row) as answer:
        await answer.say(Chunk(content="Hel"))
        found = await until_stored(row.pk, lambda row: row.message.content == "Hel")
        assert found.status == "streaming"
        await answer.say(Chunk(content="lo"))
        await until_stored(row.pk, lambda row: row.message.content == "Hello")


async def test_checkpoints_come_at_most_once_a_beat(row, monkeypatch):
    """The words come far oftener than the beat; the database counts the writes itself."""
    monkeypatch.setattr(recorder, "BEAT", 0.2)
    await in_database(_count_writes)
    try:
        async with writing(row) as answer:
            begun = asyncio.get_running_loop().time()
            for _ in range(300):
                await answer.say(Chunk(content="word "))
                await asyncio.sleep(0.001)
            writes = await in_database(_writes)
            seconds = asyncio.get_running_loop().time() - begun
    finally:
        await in_database(_stop_counting)
    assert 1 <= writes <= seconds / 0.2 + 1


def _count_writes():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE counted (writes INTEGER)")
        cursor.execute("INSERT INTO counted VALUES (0)")
        cursor.execute(
            "CREATE TRIGGER counting AFTER UPDATE OF content ON chat_message "
            "BEGIN UPDATE counted SET writes = writes + 1; END"
        )


def _writes():
    with connection.cursor() as cursor:
        cursor.execute("SELECT writes FROM counted")
        return cursor.fetchone()[0]


def _stop_counting():
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER counting")
        cursor.execute("DROP TABLE counted")


async def test_a_silent_generation_renews_its_lease(row, monkeypatch):
    monkeypatch.setattr(recorder, "BEAT", 0.02)
    await in_database(lambda: Generation.objects.update(lease_expires_at=F("started_at")))
    async with writing(row):
        await until_stored(row.pk, lambda row: row.lease_expires_at > row.started_at)


async def test_a_failed_checkpoint_is_made_good_by_the_next(row, monkeypatch, caplog):
    monkeypatch.setattr(recorder, "BEAT", 0.02)
    async with writing(row) as answer:
        with broken_table(Message):
            await answer.say(Chunk(content="Hel"))
            await until(lambda: "Checkpoint" in caplog.text)
        await answer.say(Chunk(content="lo"))
        await until_stored(row.pk, lambda row: row.message.content == "Hello")
        assert answer.live.outcome is None


async def test_an_end_that_cannot_be_stored_is_tried_again_until_it_is(row, caplog):
    async with writing(row) as answer:
        await answer.say(Chunk(content="Hello"))
        with broken_table(Generation):
            answer.end()
            await until(lambda: caplog.text.count("could not be stored yet") >= 2)
            assert not answer.recording.done()
        assert await answer.ending() == Ending("complete", "stop", cursor=5)
    found = await stored(row.pk)
    assert (found.status, found.message.content) == ("complete", "Hello")


async def test_an_end_half_of_which_fails_is_stored_whole_or_not_at_all(row, caplog):
    """The row's status and the message's text are one transaction."""
    async with writing(row) as answer:
        await answer.say(Chunk(content="Hello"))
        with broken_table(Message):
            answer.end()
            await until(lambda: "could not be stored yet" in caplog.text)
            assert (await in_database(Generation.objects.get, pk=row.pk)).status == "streaming"
        await answer.ending()
    assert (await stored(row.pk)).message.content == "Hello"


async def test_while_the_end_is_not_stored_the_followers_are_told_that_it_is_being_saved(row):
    async with writing(row) as answer:
        await answer.say(Chunk(content="Hello"))
        follower = answer.live.follow(5)
        with broken_table(Generation):
            answer.end()
            await until_phase(follower, "saving")
        assert (await answer.ending()).status == "complete"


async def test_a_database_that_hangs_and_says_nothing_is_told_of_too(row, monkeypatch):
    monkeypatch.setattr(recorder, "SAVING", 0.05)
    async with writing(row) as answer:
        await answer.say(Chunk(content="Hello"))
        follower = answer.live.follow(5)
        with locked_database():
            answer.end()
            await until_phase(follower, "saving", within=2)
        assert (await answer.ending()).status == "complete"


async def test_an_end_that_is_stored_at_once_is_not_told_to_be_saving(row, monkeypatch):
    monkeypatch.setattr(recorder, "SAVING", NEVER)  # however long it takes on a busy machine
    async with writing(row) as answer:
        await answer.say(Chunk(content="Hello"))
        follower = asyncio.create_task(_phases(answer.live.follow(0)))
        answer.end()
        answer.live.publish(await answer.ending())
        assert await follower == {"writing"}


async def _phases(items):
    return {item.phase async for item in items if isinstance(item, Frame)}


async def test_an_end_that_the_database_never_takes_is_kept_in_a_file_and_says_so(row, monkeypatch):
    monkeypatch.setattr(recorder, "PATIENCE", 0.2)
    async with writing(row) as answer:
        await answer.say(Chunk(reasoning="Hm"), Chunk(content="Hello"))
        answer.live.facts.left_out = 3
        with broken_table(Generation):
            answer.end()
            ending = await answer.ending()
    facts = answer.live.facts
    assert ending == Ending("failed", "stop", *errors.SPOOLED, cursor=7, left_out=3, thinking_ms=facts.thinking_ms)
    assert (await stored(row.pk)).status == "streaming"
    await in_database(spool.replay)
    found = await stored(row.pk)
    assert (found.status, found.message.content, found.message.reasoning, found.runs, found.left_out) == (
        "complete",
        "Hello",
        "Hm",
        [2, 5],
        3,
    )


async def test_an_end_for_which_there_is_not_even_a_file_says_so(row, monkeypatch, tmp_path):
    monkeypatch.setattr(recorder, "PATIENCE", 0.2)
    (tmp_path / "spool").touch()
    async with writing(row) as answer:
        await answer.say(Chunk(content="Hello"))
        with broken_table(Generation):
            answer.end()
            ending = await answer.ending()
    assert ending == Ending("failed", "stop", *errors.UNSTORED, cursor=5)


async def test_an_end_that_hangs_in_the_database_is_given_up_kept_in_a_file_and_stored_once(row, monkeypatch, tmp_path):
    """The write that was given up goes on in its thread, and lands when the database lets it."""
    monkeypatch.setattr(recorder, "PATIENCE", 0.2)
    async with writing(row) as answer:
        await answer.say(Chunk(content="Hello"))
        with locked_database():
            answer.end()
            ending = await answer.ending(within=2)
    assert ending.error_code == "spooled"
    await until_stored(row.pk, lambda row: row.status == "complete")
    before = await in_database(Generation.objects.values().get, pk=row.pk)
    await in_database(spool.replay)
    assert await in_database(Generation.objects.values().get, pk=row.pk) == before
    assert list((tmp_path / "spool").iterdir()) == []


async def test_a_checkpoint_that_hangs_is_given_up_and_the_next_catches_up(row, monkeypatch, caplog):
    monkeypatch.setattr(recorder, "BEAT", 0.02)
    monkeypatch.setattr(recorder, "PATIENCE", 0.1)
    async with writing(row) as answer:
        with locked_database():
            await answer.say(Chunk(content="Hel"))
            await until(lambda: caplog.text.count("Checkpoint of generation") >= 2)
        monkeypatch.setattr(recorder, "PATIENCE", 60)
        await answer.say(Chunk(content="lo"))
        await until_stored(row.pk, lambda row: row.message.content == "Hello")
        assert answer.live.outcome is None


async def test_a_locked_database_holds_up_the_end_but_not_the_text(row, monkeypatch):
    monkeypatch.setattr(recorder, "BEAT", 0.02)
    async with writing(row) as answer:
        with locked_database():
            await answer.say(Chunk(content="Hel"))
            await until_text(answer.live.follow(0), "Hel")
            for word in ("lo", ", ", "world"):
                await answer.say(Chunk(content=word))
            await until_text(answer.live.follow(0), "Hello, world")
            answer.end()
            async with asyncio.timeout(2):
                await answer.running
            assert not answer.recording.done()
        assert (await answer.ending()).status == "complete"
    assert (await stored(row.pk)).message.content == "Hello, world"


async def test_a_row_that_was_swept_elsewhere_cancels_the_generation_and_stays(row, monkeypatch):
    monkeypatch.setattr(recorder, "BEAT", 0.05)
    async with writing(row) as answer:
        await answer.say(Chunk(content="Hel"))
        await until_stored(row.pk, lambda row: row.message.content == "Hel")
        await in_database(Generation.objects.interrupt)
        await answer.say(Chunk(content="lo, which nobody shall see"))
        ending = await answer.ending()
        assert answer.live.outcome.status == "cancelled"
    found = await stored(row.pk)
    assert ending == Ending("interrupted", None, *errors.INTERRUPTED, cursor=found.cursor)
    assert (found.status, found.message.content) == ("interrupted", found.message.content[: found.cursor])
    assert "nobody" not in found.message.content


async def test_an_end_that_comes_second_returns_the_one_that_came_first(row, monkeypatch):
    monkeypatch.setattr(recorder, "BEAT", NEVER)
    async with writing(row) as answer:
        await answer.say(Chunk(content="Hello"))
        await in_database(row.fail, "Hel", "", error_code="lost", error_text="It broke.")
        answer.end()
        assert await answer.ending() == Ending("failed", None, "lost", "It broke.", cursor=3)
    assert (await stored(row.pk)).message.content == "Hel"


async def test_a_cancel_asked_for_in_the_row_cancels_the_generation(row, monkeypatch):
    monkeypatch.setattr(recorder, "BEAT", 0.02)
    async with writing(row) as answer:
        await answer.say(Chunk(content="Hel"))
        await in_database(Generation.objects.request_cancel)
        assert await answer.ending() == Ending("cancelled", cursor=3)
    found = await stored(row.pk)
    assert (found.status, found.message.content) == ("cancelled", "Hel")


async def test_a_conversation_that_was_deleted_ends_its_generation_without_a_defect(row, monkeypatch, caplog):
    monkeypatch.setattr(recorder, "BEAT", 0.02)
    async with writing(row) as answer:
        await answer.say(Chunk(content="Hel"))
        await in_database(row.conversation.delete)
        ending = await answer.ending()
    assert answer.live.outcome.status == "cancelled"
    assert ending.status == "cancelled"


@pytest.mark.parametrize("status", ["cancelled", "interrupted"])
async def test_a_cancel_is_stored_at_once_and_waits_for_no_beat(row, monkeypatch, status):
    monkeypatch.setattr(recorder, "BEAT", NEVER)
    async with writing(row) as answer:
        await answer.say(Chunk(content="Hel"))
        answer.live.cancel(status)
        assert (await answer.ending(within=2)).status == status
    found = await stored(row.pk)
    assert (found.status, found.message.content, found.cursor) == (status, "Hel", 3)


async def test_a_checkpoint_stores_in_which_order_reasoning_and_content_came(row, monkeypatch):
    monkeypatch.setattr(recorder, "BEAT", 0.02)
    monkeypatch.setattr(recorder, "RUNS_KEPT", 3)
    async with writing(row) as answer:
        await answer.say(Chunk(content="yes"), Chunk(reasoning="hm"))
        await until_stored(row.pk, lambda row: row.runs == [0, 3, 2])
        await answer.say(Chunk(content="!"))
        found = await until_stored(row.pk, lambda row: row.cursor == 6)
    assert (found.runs, found.message.content) == ([0, 3, 2], "yes!")


@pytest.mark.parametrize("status", ["cancelled", "interrupted"])
async def test_a_stop_is_stored_with_the_time_that_closing_the_upstream_took(row, status):
    async with writing(row) as answer:
        answer.may_close.clear()
        await answer.say(Chunk(content="Hel"))
        answer.live.cancel(status)
        await asyncio.wait({answer.recording}, timeout=0.1)
        assert not answer.recording.done()
        answer.may_close.set()
        assert (await answer.ending()).status == status
    assert 90 <= (await stored(row.pk)).closing_ms < 5000


async def test_an_upstream_that_does_not_close_holds_up_the_end_for_a_moment_only(row, monkeypatch):
    monkeypatch.setattr(recorder, "CLOSING", 0.05)
    async with writing(row) as answer:
        answer.may_close.clear()
        await answer.say(Chunk(content="Hel"))
        answer.live.cancel()
        async with asyncio.timeout(2):
            assert (await answer.recording).status == "cancelled"
    assert (await stored(row.pk)).closing_ms is None


async def test_an_end_of_its_own_is_stored_without_a_time_of_closing(row):
    async with writing(row) as answer:
        await answer.say(Chunk(content="Hello"))
        answer.end()
        await answer.ending()
    assert (await stored(row.pk)).closing_ms is None
