"""A copy of a text that grows elsewhere: whatever gets lost, doubled or mixed up on the way, a beginning of it."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.models import Generation
from chat.relay import errors, mirror
from chat.relay.database import in_database
from chat.relay.mirror import GONE, Mirror
from chat.relay.text import Ending, Frame, Part, Text
from tests.support.following import all_of, text_of, until_text
from tests.support.polling import until
from tests.support.rows import begin, broken_table

pytestmark = pytest.mark.django_db(transaction=True)

NEVER = 3600.0


@pytest.fixture
def row(alice):
    return begin(alice)


class Copying:
    """A mirror at work; `asked` is what it says to the owner: from which cursor on, and whether something was lost."""

    def __init__(self, row):
        self.mirror = Mirror(row.pk)
        self._asked = asyncio.Queue()
        self.task = asyncio.create_task(self.mirror.keep_up(self._ask))

    async def asked(self, within=5.0):
        async with asyncio.timeout(within):
            return await self._asked.get()

    async def _ask(self, owner, cursor, again):
        self._asked.put_nowait((owner, cursor, again))


@asynccontextmanager
async def copying(row):
    started = Copying(row)
    try:
        yield started
    finally:
        started.task.cancel()
        with suppress(asyncio.CancelledError):
            await started.task


def frame(start, text, phase="writing", kind="content"):
    return Frame(start, start + len(text), (Part(kind, text),) if text else (), phase)


def copy_of(mirror):
    return "".join(part.text for part in mirror.text.read(0))


# Fed by the owner


async def test_it_begins_with_what_is_stored_and_asks_the_owner_for_what_follows(row):
    await in_database(row.checkpoint, "Hel", "hm ", runs=[3, 3])
    async with copying(row) as copy:
        assert await copy.asked() == ("here", 6, False)
        copy.mirror.take(frame(6, "lo"))
        await until_text(copy.mirror.follow(0), "hm Hello")


async def test_stored_text_keeps_the_order_in_which_it_came(row):
    await in_database(row.checkpoint, "yesno", "hm!", runs=[2, 3, 1, 2])
    async with copying(row) as copy:
        await copy.asked()
        assert copy.mirror.text.read(0) == (
            Part("reasoning", "hm"),
            Part("content", "yes"),
            Part("reasoning", "!"),
            Part("content", "no"),
        )


async def test_what_it_has_is_dropped_and_of_what_overlaps_the_rest_is_taken(row):
    async with copying(row) as copy:
        await copy.asked()
        for start, text in [(0, "Hello"), (0, "Hel"), (5, ""), (3, "lo"), (2, "llo, "), (0, "Hello, you"), (4, "o")]:
            copy.mirror.take(frame(start, text))
        assert copy_of(copy.mirror) == "Hello, you"


async def test_an_overlap_of_both_kinds_is_cut_where_it_is_known(row):
    async with copying(row) as copy:
        await copy.asked()
        copy.mirror.take(frame(0, "hm", kind="reasoning"))
        copy.mirror.take(Frame(0, 6, (Part("reasoning", "hmm"), Part("content", "yes")), "writing"))
        assert copy.mirror.text.read(0) == (Part("reasoning", "hmm"), Part("content", "yes"))


async def test_a_hole_is_asked_for_again_at_once(row, monkeypatch):
    monkeypatch.setattr(mirror, "RENEWAL", NEVER)
    async with copying(row) as copy:
        assert await copy.asked() == ("here", 0, False)
        copy.mirror.take(frame(0, "Hel"))
        copy.mirror.take(frame(5, " you"))
        assert await copy.asked() == ("here", 3, True)
        assert copy_of(copy.mirror) == "Hel"
        copy.mirror.take(frame(3, "lo you"))
        assert copy_of(copy.mirror) == "Hello you"


async def test_a_position_beyond_the_text_is_a_hole(row, monkeypatch):
    monkeypatch.setattr(mirror, "RENEWAL", NEVER)
    async with copying(row) as copy:
        await copy.asked()
        copy.mirror.take(frame(5, ""))
        assert await copy.asked() == ("here", 0, True)


async def test_interest_is_renewed_and_says_how_far_the_copy_is(row, monkeypatch):
    monkeypatch.setattr(mirror, "RENEWAL", 0.02)
    async with copying(row) as copy:
        await copy.asked()
        copy.mirror.take(frame(0, "Hel"))
        assert ("here", 3, False) in [await copy.asked() for _ in range(3)]


async def test_the_phase_is_the_owners(row):
    async with copying(row) as copy:
        await copy.asked()
        follower = copy.mirror.follow(0)
        assert (await anext(follower)).phase == "thinking"
        for phase in ("queued", "connecting", "saving"):
            copy.mirror.take(frame(0, "", phase))
            assert await anext(follower) == Frame(0, 0, (), phase)


# Fed by the database


async def test_while_the_owner_says_nothing_the_database_is_read(row, monkeypatch):
    monkeypatch.setattr(mirror, "RENEWAL", 0.02)
    async with copying(row) as copy:
        follower = copy.mirror.follow(0)
        for text in ("Hel", "Hello", "Hello, you"):
            before = copy_of(copy.mirror)
            await in_database(row.checkpoint, text, "", runs=[0, len(text)])
            await until_text(follower, text.removeprefix(before))


async def test_while_the_owner_speaks_the_database_is_left_alone(row, monkeypatch):
    async with copying(row) as copy:
        await copy.asked()
        copy.mirror.take(frame(0, "H"))
        await in_database(row.checkpoint, "Hello", "")
        monkeypatch.setattr(mirror, "RENEWAL", 0.02)
        for _ in range(10):
            copy.mirror.take(frame(0, "H"))
            await copy.asked()
            assert copy_of(copy.mirror) == "H"
        await until_text(copy.mirror.follow(0), "Hello")


async def test_a_database_that_fails_for_a_while_does_not_end_it(row, monkeypatch, caplog):
    monkeypatch.setattr(mirror, "RENEWAL", 0.02)
    async with copying(row) as copy:
        with broken_table(Generation):
            await until(lambda: caplog.text.count("could not be read") >= 2)
        await in_database(row.complete, "Hello", "")
        frames, ending = await all_of(copy.mirror.follow(0))
    assert (text_of(frames), ending.status) == ("Hello", "complete")


async def test_a_defect_does_not_leave_its_readers_waiting(row, monkeypatch, caplog):
    monkeypatch.setattr(mirror, "RENEWAL", 0.02)
    with monkeypatch.context() as broken:
        broken.setattr(mirror, "_row", lambda *_: 1 // 0)
        async with copying(row) as copy:
            await until(lambda: "defect of ours" in caplog.text)
            broken.undo()
            await in_database(row.complete, "Hello", "")
            assert (await all_of(copy.mirror.follow(0)))[1].status == "complete"


# The end


async def test_the_end_in_the_database_is_the_end(row, monkeypatch):
    monkeypatch.setattr(mirror, "RENEWAL", 0.02)
    async with copying(row) as copy:
        await copy.asked()
        await in_database(row.fail, "Hel", "", error_code="lost", error_text="It broke.", left_out=2)
        frames, ending = await all_of(copy.mirror.follow(0))
        async with asyncio.timeout(2):
            await copy.task
    assert text_of(frames) == "Hel"
    assert ending == Ending("failed", None, "lost", "It broke.", cursor=3, left_out=2)


async def test_what_has_ended_long_ago_asks_nobody(row):
    await in_database(row.complete, "Hello", "")
    async with copying(row) as copy:
        assert (await all_of(copy.mirror.follow(0)))[1].status == "complete"
        async with asyncio.timeout(0.5):  # sooner than the next renewal
            await copy.task
        assert copy._asked.empty()


async def test_the_owners_end_is_the_end(row, monkeypatch):
    monkeypatch.setattr(mirror, "RENEWAL", NEVER)
    async with copying(row) as copy:
        await copy.asked()
        copy.mirror.take(frame(0, "Hello"))
        copy.mirror.end(Ending("complete", "stop", cursor=5))
        assert (await all_of(copy.mirror.follow(0)))[1] == Ending("complete", "stop", cursor=5)
        async with asyncio.timeout(2):
            await copy.task


async def test_an_end_that_comes_before_its_last_words_asks_for_them_first(row, monkeypatch):
    monkeypatch.setattr(mirror, "RENEWAL", NEVER)
    async with copying(row) as copy:
        await copy.asked()
        copy.mirror.take(frame(0, "Hel"))
        copy.mirror.end(Ending("complete", "stop", cursor=5))
        assert copy.mirror.ending is None
        assert await copy.asked() == ("here", 3, True)


async def test_an_end_with_less_text_than_was_shown_is_told_as_it_is(row, monkeypatch):
    """The owner froze with words that nobody stored; the tabs see by the cursor that they must open anew."""
    monkeypatch.setattr(mirror, "RENEWAL", 0.02)
    async with copying(row) as copy:
        await copy.asked()
        copy.mirror.take(frame(0, "Hello"))
        await in_database(row.checkpoint, "Hel", "")
        await in_database(Generation.objects.interrupt)
        frames, ending = await all_of(copy.mirror.follow(0))
    assert text_of(frames) == "Hello"
    assert ending == Ending("interrupted", None, *errors.INTERRUPTED, cursor=3)


async def test_after_the_end_nothing_changes_it(row):
    await in_database(row.complete, "Hel", "")
    async with copying(row) as copy:
        _, ending = await all_of(copy.mirror.follow(0))
        copy.mirror.take(frame(3, "lo"))
        copy.mirror.end(Ending("cancelled", cursor=5))
        copy.mirror.end(Ending("cancelled", cursor=3))
        frames, still = await all_of(copy.mirror.follow(0))
    assert (text_of(frames), still) == ("Hel", ending)


async def test_what_is_deleted_has_ended(row, monkeypatch):
    monkeypatch.setattr(mirror, "RENEWAL", 0.02)
    async with copying(row) as copy:
        await copy.asked()
        copy.mirror.take(frame(0, "Hel"))
        await in_database(row.conversation.delete)
        assert (await all_of(copy.mirror.follow(0)))[1] == GONE._replace(cursor=3)


async def test_text_whose_order_is_not_stored_is_not_shown_in_a_wrong_one(row):
    """The limit on runs has cut them; the cursor of the end says that there is more, and a tab opens anew."""
    await in_database(row.complete, "ac", "bd", runs=[0, 1, 1])
    async with copying(row) as copy:
        frames, ending = await all_of(copy.mirror.follow(0))
    assert (text_of(frames), ending.cursor) == ("ab", 4)


# The law

WORDS = st.tuples(st.sampled_from(["content", "reasoning"]), st.text("aé世👋", min_size=1, max_size=5))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), WORDS),
        st.tuples(st.just("frame"), st.tuples(st.integers(0, 60), st.integers(0, 20))),
        st.tuples(st.just("again"), st.integers(0, 20)),
        st.tuples(st.just("store"), st.none()),
        st.tuples(st.just("look"), st.none()),
        st.tuples(st.just("end"), st.none()),
    ),
    max_size=40,
)


@given(steps=STEPS, ends_by_word=st.booleans())
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_in_whatever_order_it_is_a_beginning_of_the_owners_text_and_whole_at_the_end(
    alice, steps, ends_by_word
):
    """Any cut of the owner's text at any time, cuts of before once more, and looks at what was stored at some time."""
    row, owner, sent = begin(alice), Text(), []
    asyncio.run(_play(row, Mirror(row.pk), owner, sent, steps, ends_by_word))


async def _play(row, copy, owner, sent, steps, ends_by_word):
    for step, value in steps:
        match step:
            case "write":
                owner.append(*value)
            case "frame":
                start = min(value[0], owner.end)
                parts = owner.read(start, value[1]) if value[1] else ()
                sent.append(Frame(start, start + sum(len(part.text) for part in parts), parts, "writing"))
                copy.take(sent[-1])
            case "again" if sent:
                copy.take(sent[value % len(sent)])
            case "store":
                await in_database(row.checkpoint, *_stored(owner), runs=owner.runs)
            case "look":
                await copy._look()
            case "end":  # said too early: it must not be believed before the text is there
                copy.end(Ending("complete", cursor=owner.end + 1))
        assert copy.text.read(0) == (owner.read(0, copy.text.end) if copy.text.end else ())
        assert copy.ending is None
    ending = Ending("complete", cursor=owner.end)
    await in_database(row.complete, *_stored(owner), runs=owner.runs)
    if ends_by_word:
        copy.take(Frame(copy.text.end, owner.end, owner.read(copy.text.end), "writing"))
        copy.end(ending)
    else:
        await copy._look()
    assert (copy.text.read(0), copy.ending) == (owner.read(0), ending)


def _stored(text):
    return text.whole("content"), text.whole("reasoning")
