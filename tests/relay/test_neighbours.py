"""Several switchboards over one database and one real Redis: what one writes is followed, stopped and heard by others.

Each has its own channel layer, as in a process of its own; what only real processes can show is in tests/faults/.
"""

import asyncio
import uuid
from contextlib import AsyncExitStack
from random import Random

import pytest
from django.db.models import F

from chat.models import LEASE, Generation, Prompt
from chat.relay import errors, mirror, neighbours, recorder, sweep
from chat.relay.database import in_database
from chat.relay.text import Ending
from tests.support.boards import begin_on, layers, no_task_left, published, start, switchboard, until_heard
from tests.support.dialects import DONE, mira_chunk
from tests.support.following import all_of, text_of, until_text
from tests.support.polling import until
from tests.support.redis import Redis
from tests.support.rows import begin, stored, until_stored
from tests.support.scripts import Gate, Hang, Pause, Send, WaitFor, endless, mira

pytestmark = pytest.mark.django_db(transaction=True)

NEVER = 3600.0
LATE = 0.25
"""Seconds: what a Redis in whatever state may cost a tab that does not need it."""


@pytest.fixture(scope="module")
def redis():
    with Redis() as redis:
        yield redis


@pytest.fixture
async def connect(settings, upstream, redis, tmp_path):
    """Makes so many switchboards that hear each other, over the Redis of all tests or another one."""
    settings.DATA_DIR = tmp_path
    async with no_task_left(), AsyncExitStack() as stack:

        async def connect(count, over=redis):
            boards = []
            for _ in range(count):
                settings.CHANNEL_LAYERS = layers(over.url)  # and with that a layer of its own
                boards.append(await stack.enter_async_context(switchboard()))
                boards[-1].attend()
            await until_heard(over.url, count)
            return boards

        yield connect


@pytest.fixture
async def two(connect):
    return await connect(2)


@pytest.fixture
def by_message_only(monkeypatch):
    """Nothing is found in the database before it has ended: what comes has come over Redis."""
    monkeypatch.setattr(recorder, "BEAT", NEVER)
    monkeypatch.setattr(sweep, "BEAT", NEVER)


class Talk:
    """An answer that goes on, a word each hundredth of a second, until it is told to come to its end."""

    def __init__(self):
        self.is_over = False

    def __call__(self, _):
        number = 0
        while not self.is_over:
            yield Send(mira_chunk({"content": f"{number} "}))
            yield Pause(0.01)
            number += 1
        yield from (Send(mira_chunk({}, "stop")), Send(DONE))


class Tab:
    """Follows from the start, and remembers what came, and when there were words."""

    def __init__(self, board, key):
        self.text = ""
        self.frames = []
        self.times = []
        self.task = asyncio.create_task(self._follow(board.follow(key, 0)))

    @property
    def longest_wait(self):
        return max(after - before for before, after in zip(self.times, self.times[1:], strict=False))

    async def ending(self, within=15.0):
        async with asyncio.timeout(within):
            return await self.task

    async def grows(self, within=5.0):
        before = len(self.text)
        await until(lambda: len(self.text) > before, within)

    async def _follow(self, items):
        async for item in items:
            if isinstance(item, Ending):
                assert text_of(self.frames) == self.text
                return item
            self.frames.append(item)
            if item.parts:
                self.times.append(asyncio.get_running_loop().time())
            self.text += "".join(part.text for part in item.parts)
        raise AssertionError("the follower was let go without an ending")


def characters(frames):
    return [(part.kind, character) for frame in frames for part in frame.parts for character in part.text]


# Following what runs elsewhere


async def test_a_follower_elsewhere_hears_each_word_as_it_comes(two, upstream, alice, by_message_only):
    here, there = two
    gates = [Gate() for _ in range(5)]
    upstream.play(mira(["Hel", *(step for gate in gates for step in (WaitFor(gate), "lo "))]))
    key = await start(here, alice)
    items = there.follow(key, 0)
    await until_text(items, "Hel")
    for gate in gates:
        gate.open()
        await until_text(items, "lo ", within=0.9)  # sooner than any look into the database
    frames, ending = await all_of(items)
    assert (text_of(frames), ending) == ("", Ending("complete", "stop", cursor=18, model="scripted"))


@pytest.mark.parametrize("beat", [0.02, NEVER], ids=["stored", "not_stored"])
async def test_followers_that_come_elsewhere_at_every_instant_from_any_cursor_hear_exactly_the_rest(
    two, upstream, alice, monkeypatch, beat
):
    monkeypatch.setattr(recorder, "BEAT", beat)
    here, there = two
    dice, gates = Random(3), [Gate() for _ in range(40)]  # noqa: S311 - repeatable, no secret
    words = [({"content": f"{n}世 "} if n % 3 else {"reasoning_content": f"👋{n} "}) for n in range(40)]
    upstream.play(
        [step for word, gate in zip(words, gates, strict=True) for step in (Send(mira_chunk(word)), WaitFor(gate))]
        + [Send(DONE)]
    )
    key = await start(here, alice)
    local, seen, followers = here.follow(key, 0), [], []
    for gate in gates:
        seen += characters([await anext(local)])
        cursor = dice.randint(0, len(seen))
        followers.append((seen[:cursor], asyncio.create_task(all_of(there.follow(key, cursor), within=20))))
        for _ in range(dice.randrange(4)):
            await asyncio.sleep(0)
        gate.open()
    frames, ending = await all_of(local)
    seen += characters(frames)
    for snapshot, follower in followers:
        frames, heard = await follower
        assert snapshot + characters(frames) == seen
        assert heard == ending


async def test_a_long_text_is_followed_elsewhere_frame_by_frame(two, upstream, alice, by_message_only):
    here, there = two
    gate = Gate()
    upstream.play(mira([*(f"{n:08} " * 1000 for n in range(50)), WaitFor(gate), "end"]))
    key = await start(here, alice)
    text = "".join(f"{n:08} " * 1000 for n in range(50))
    await until_text(here.follow(key, 0), text)
    await until_text(there.follow(key, 0), text)
    gate.open()
    frames, _ = await all_of(there.follow(key, len(text)))
    assert text_of(frames) == "end"


async def test_many_tabs_elsewhere_share_one_copy_which_goes_with_the_last_of_them(two, upstream, alice):
    here, there = two
    upstream.play(Talk())
    key = await start(here, alice)
    tabs = [Tab(there, key) for _ in range(5)]
    for tab in tabs:
        await tab.grows()
    assert len(there._neighbours._mirrors) == 1
    assert len(here._neighbours._suppliers) == 1
    for tab in tabs[1:]:
        tab.task.cancel()
    await tabs[0].grows()
    assert len(there._neighbours._mirrors) == 1
    tabs[0].task.cancel()
    await until(lambda: not there._neighbours._mirrors)
    here.cancel(key, alice.pk)
    await until(lambda: not here._neighbours._suppliers)


async def test_followers_in_three_processes_hear_the_same(connect, upstream, alice, by_message_only):
    boards = await connect(3)
    talk = Talk()
    upstream.play(talk)
    key = await start(boards[1], alice)
    tabs = [Tab(board, key) for board in boards]
    for tab in tabs:
        await tab.grows()
    talk.is_over = True
    endings = [await tab.ending() for tab in tabs]
    assert endings == [endings[0]] * 3
    assert [tab.text for tab in tabs] == [(await stored(key)).message.content] * 3


@pytest.mark.parametrize("comes", ["before it is started", "in the middle"])
async def test_a_continuation_is_followed_elsewhere_with_the_text_that_it_goes_on_from(two, upstream, alice, comes):
    here, there = two
    gate = Gate()
    upstream.play(mira(["lo", WaitFor(gate), " you"]))
    row = await in_database(_cut_answer, alice, here.process)
    tabs = [Tab(there, row.pk)] if comes == "before it is started" else []
    if tabs:
        await until(lambda: tabs[0].text == "HmHel")
    here.start(row, alice.pk)
    await until_text(here.follow(row.pk, 0), "HmHello")
    tabs = tabs or [Tab(there, row.pk)]
    await until(lambda: tabs[0].text == "HmHello")
    gate.open()
    assert (await tabs[0].ending()) == (await all_of(here.follow(row.pk, 0)))[1]
    found = await stored(row.pk)
    assert tabs[0].text == "HmHello you" == found.message.reasoning + found.message.content


def _cut_answer(owner, process):
    first = begin(owner)
    first.cancel("Hel", "Hm", runs=[2, 3])
    first.message.refresh_from_db()
    return first.conversation.go_on(first.message, uuid.uuid4(), owner_process=process)[0]


async def test_no_word_crosses_redis_for_a_tab_of_the_same_process(two, redis, upstream, alice):
    here, _ = two
    upstream.play(mira([f"{n} " for n in range(50)]))
    before = await published(redis.url)
    key = await start(here, alice)
    await all_of(here.follow(key, 0))
    await until_stored(key, lambda row: row.status == "complete")
    assert await published(redis.url) - before <= 1, "more than the news of the end"


async def test_nothing_is_sent_to_a_process_whose_last_tab_has_left(two, redis, upstream, alice, monkeypatch):
    monkeypatch.setattr(neighbours, "INTEREST", 0.2)
    monkeypatch.setattr(mirror, "RENEWAL", 0.05)
    here, there = two
    upstream.play(Talk())
    key = await start(here, alice)
    tab, stays = Tab(there, key), Tab(here, key)
    await tab.grows()
    tab.task.cancel()
    await until(lambda: not here._neighbours._suppliers)
    before = await published(redis.url)
    for _ in range(5):
        await stays.grows()
    assert await published(redis.url) == before


async def test_what_is_followed_here_before_it_is_started_here_is_followed_word_by_word(
    two, upstream, alice, by_message_only
):
    here, _ = two
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    row = await begin_on(here, alice)
    items = here.follow(row.pk, 0)
    assert (await anext(items)).end == 0
    here.start(row, alice.pk)
    await until_text(items, "Hel")
    gate.open()
    assert text_of((await all_of(items))[0]) == "lo"


async def test_without_redis_what_runs_elsewhere_is_followed_and_stopped_by_the_database(
    settings, upstream, alice, monkeypatch, tmp_path
):
    monkeypatch.setattr(recorder, "BEAT", 0.05)
    monkeypatch.setattr(mirror, "RENEWAL", 0.05)
    settings.CHANNEL_LAYERS, settings.DATA_DIR = {}, tmp_path
    async with switchboard() as here, switchboard() as there:
        upstream.play(Talk())
        key = await start(here, alice)
        request = await upstream.next_request()
        tab = Tab(there, key)
        for _ in range(3):
            await tab.grows()
        assert not there.cancel(key, alice.pk)
        await in_database(Generation.objects.filter(pk=key).request_cancel)
        await request.hung_up(within=1)
        assert (await tab.ending()).status == "cancelled"


# Stop


async def test_a_stop_elsewhere_closes_the_upstream_within_a_second(two, upstream, alice, by_message_only):
    here, there = two
    upstream.play(endless())
    key = await start(here, alice)
    request = await upstream.next_request()
    tabs = Tab(here, key), Tab(there, key)
    await tabs[1].grows()
    assert not there.cancel(key, alice.pk), "the caller is to leave word in the database, too"
    await request.hung_up(within=1)
    endings = [await tab.ending() for tab in tabs]
    found = await stored(key)
    assert endings == [Ending("cancelled", cursor=found.cursor, model="scripted")] * 2
    assert [tab.text for tab in tabs] == [found.message.content] * 2
    assert found.closing_ms is not None


async def test_a_temporary_answer_is_stopped_from_elsewhere_and_read_nowhere_but_here(two, upstream, alice, bob):
    here, there = two
    upstream.play(mira(["a secret", Hang()]))
    key = uuid.uuid4()
    here.whisper(key, Prompt([{"role": "user", "content": "Why?"}], "", {}), alice.pk)
    request = await upstream.next_request()
    items = here.follow(key, 0)
    await until_text(items, "a secret")
    frames, ending = await all_of(there.follow(key, 0))
    assert (text_of(frames), ending.status) == ("", "interrupted")
    assert not there.has_whisper(key, alice.pk)
    there.cancel(key, bob.pk)
    there.cancel(key, alice.pk)
    await request.hung_up(within=1)
    assert (await all_of(items))[1].status == "cancelled"


async def test_a_stop_before_the_first_word_and_twice_from_both_sides_is_one(two, upstream, alice, by_message_only):
    here, there = two
    upstream.play([Hang()])
    key = await start(here, alice)
    request = await upstream.next_request()
    tab = Tab(there, key)
    for board in (there, here, there, here):
        board.cancel(key, alice.pk)
    await request.hung_up(within=1)
    assert (await tab.ending()).status == (await stored(key)).status == "cancelled"


async def test_a_stranger_stops_nothing_elsewhere(two, upstream, alice, bob, by_message_only):
    here, there = two
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    key = await start(here, alice)
    items = there.follow(key, 0)
    await until_text(items, "Hel")
    there.cancel(key, bob.pk)
    there.announce(bob.pk, key)  # comes behind it on the same way
    heard = []
    with here.listening(bob.pk, heard.append):
        there.announce(bob.pk, key)
        await until(lambda: heard)
    gate.open()
    assert (await all_of(items))[1].status == "complete"


async def test_stops_from_both_sides_that_race_the_natural_end_leave_one_end_everywhere(two, upstream, alice):
    here, there = two
    dice, seen = Random(5), set()  # noqa: S311 - repeatable, no secret
    for _ in range(20):
        gate = Gate()
        upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
        key = await start(here, alice)
        tabs = Tab(here, key), Tab(there, key)
        await until(lambda tabs=tabs: all(tab.text == "Hel" for tab in tabs))
        gate.open()
        for board in dice.sample(two, 2):
            await asyncio.sleep(dice.random() * 0.05)
            board.cancel(key, alice.pk)
        endings = [await tab.ending() for tab in tabs]
        found = await stored(key)
        assert endings[0] == endings[1]
        assert {tab.text for tab in tabs} == {found.message.content}
        assert (endings[0].status, endings[0].cursor) == (found.status, found.cursor)
        seen.add(found.status)
        await upstream.until_streaming(0)
    assert seen == {"cancelled", "complete"}


async def test_a_stop_elsewhere_while_redis_is_dead_is_found_in_the_row(connect, upstream, alice):
    with Redis() as dying:
        here, there = await connect(2, dying)
        upstream.play(endless())
        key = await start(here, alice)
        request = await upstream.next_request()
        tab = Tab(there, key)
        await tab.grows()
        dying.stop()
        there.cancel(key, alice.pk)
        await in_database(Generation.objects.filter(pk=key).request_cancel)
        await request.hung_up(within=5)
        assert (await tab.ending()).status == "cancelled"


# News


async def test_a_change_is_heard_elsewhere_by_its_owner_and_not_twice_here(two, alice, bob, by_message_only):
    here, there = two
    heard_here, heard_there, heard_by_bob = [], [], []
    first, last = (await in_database(begin, alice)).pk, (await in_database(begin, alice)).pk
    with (
        here.listening(alice.pk, heard_here.append),
        there.listening(alice.pk, heard_there.append),
        there.listening(bob.pk, heard_by_bob.append),
    ):
        here.announce(alice.pk, first)
        await until(lambda: heard_there == [first])
        there.announce(alice.pk, last)  # comes behind what would be an echo
        await until(lambda: last in heard_here)
    assert (heard_here, heard_there, heard_by_bob) == ([first, last], [first, last], [])


async def test_that_anything_may_have_changed_is_heard_elsewhere_too(two, alice, by_message_only):
    here, there = two
    heard_here, heard_there = [], []
    with here.listening(alice.pk, heard_here.append), there.listening(alice.pk, heard_there.append):
        here.announce(alice.pk, None)
        await until(lambda: heard_there == [None])
    assert heard_here == [None]


async def test_the_end_of_an_answer_is_heard_elsewhere_after_it_is_stored(two, upstream, alice, by_message_only):
    here, there = two
    heard = asyncio.Event()
    with there.listening(alice.pk, lambda _: heard.set()):
        key = await start(here, alice)
        async with asyncio.timeout(2):
            await heard.wait()
        assert (await stored(key)).status == "complete"


async def test_a_change_of_which_no_message_came_is_found_by_the_sweep(two, upstream, alice, monkeypatch):
    monkeypatch.setattr(sweep, "BEAT", 0.05)
    _, there = two
    heard = []
    row = await in_database(begin, alice)
    with there.listening(alice.pk, heard.append):
        await asyncio.sleep(0.2)  # for the sweep to begin
        heard.clear()
        await in_database(row.complete, "Hello", "")
        await until(lambda: heard == [row.conversation_id])


# Processes that stop, die, or lose what they were writing


async def test_a_process_that_stops_interrupts_its_answers_for_the_tabs_of_others(two, upstream, alice):
    here, there = two
    upstream.play(Talk())
    key = await start(here, alice)
    tab = Tab(there, key)
    await tab.grows()
    await here.drain(5)
    ending = await tab.ending(within=5)
    found = await stored(key)
    assert (ending.status, ending.cursor, tab.text) == ("interrupted", found.cursor, found.message.content)


async def test_of_a_process_that_died_every_other_one_tells_its_tabs(connect, alice, monkeypatch):
    """One of the two finds it first; who only has the conversation in a list hears of it in the other one, too."""
    monkeypatch.setattr(sweep, "BEAT", 0.1)
    boards = await connect(2)
    heard = [[], []]
    row = await in_database(begin, alice)
    await in_database(row.checkpoint, "Hel", "", runs=[0, 3])
    with boards[0].listening(alice.pk, heard[0].append), boards[1].listening(alice.pk, heard[1].append):
        tabs = [Tab(board, row.pk) for board in boards]
        for tab in tabs:
            await until(lambda tab=tab: tab.text == "Hel")
        await asyncio.sleep(0.3)  # whatever there was to tell of its beginning
        for each in heard:
            each.clear()
        await in_database(Generation.objects.update, lease_expires_at=F("started_at") - LEASE)
        for tab in tabs:
            assert await tab.ending(within=5) == Ending("interrupted", None, *errors.INTERRUPTED, cursor=3)
        await until(lambda: all(row.conversation_id in each for each in heard))


async def test_an_answer_that_was_taken_from_its_frozen_process_ends_everywhere_as_it_is_stored(two, upstream, alice):
    here, there = two
    upstream.play(Talk())
    key = await start(here, alice)
    request = await upstream.next_request()
    tabs = Tab(here, key), Tab(there, key)
    await until_stored(key, lambda row: row.cursor > 0)
    await in_database(Generation.objects.filter(pk=key).interrupt)
    found = await stored(key)
    await request.hung_up(within=3)
    for tab in tabs:
        ending = await tab.ending(within=3)
        assert ending == Ending("interrupted", None, *errors.INTERRUPTED, cursor=found.cursor, model="scripted")
        assert tab.text.startswith(found.message.content)
    after = await stored(key)
    assert (after.cursor, after.message.content, after.model) == (found.cursor, found.message.content, "scripted")


# A Redis that freezes, dies, or forgets


@pytest.mark.parametrize("fault", ["freeze", "stop", "restart"])
async def test_whatever_redis_does_tabs_here_notice_nothing_and_tabs_elsewhere_heal(
    connect, upstream, alice, fault, machine
):
    with Redis() as fragile:
        here, there = await connect(2, fragile)
        talk = Talk()
        upstream.play(talk)
        key = await start(here, alice)
        local, remote = Tab(here, key), Tab(there, key)
        await remote.grows()
        await asyncio.to_thread(getattr(fragile, fault))
        for _ in range(2):
            await remote.grows(within=4)  # by what is stored
        if fault == "freeze":
            fragile.thaw()
        elif fault == "stop":
            await asyncio.to_thread(fragile.start)
        # And then by frames again: what is stored is a second older.
        await until(lambda: len(local.text) - len(remote.text) < 60, within=10)
        talk.is_over = True
        endings = [await local.ending(), await remote.ending()]
        found = await stored(key)
    assert endings == [Ending("complete", "stop", cursor=found.cursor, model="scripted")] * 2
    assert local.text == remote.text == found.message.content
    assert local.longest_wait < LATE + machine.longest_pause
