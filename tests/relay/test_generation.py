"""The growing text: who follows it hears all of it, who cancels it ends it, in every phase and once."""

import asyncio
from random import Random
from uuid import uuid4

import pytest

from chat.relay import errors
from chat.relay.completions import Chunk, request_body
from chat.relay.generation import LiveGeneration
from chat.relay.limits import Limits
from chat.relay.provider import Provider
from chat.relay.text import Ending, Frame, Part, Text
from chat.relay.upstream import Upstream
from tests.support.addresses import never_connects
from tests.support.following import all_of, text_of, until_phase, until_text
from tests.support.scripts import Gate, Hang, Head, WaitFor, endless, mira, never_answers
from tests.support.upstream import ScriptedUpstream

DONE = Chunk(done=True)


class Source:
    """The chunks of one answer, as a test hands them out; knows when it was closed."""

    def __init__(self):
        self.closed = asyncio.Event()
        self._queue = asyncio.Queue()

    def give(self, *chunks):
        self._queue.put_nowait(list(chunks))

    def say(self, *texts):
        self.give(*(Chunk(content=text) for text in texts))

    def fail(self, error):
        self._queue.put_nowait(error)

    def end(self):
        self._queue.put_nowait(None)

    def finish(self, *chunks):
        self.give(*chunks, DONE)
        self.end()

    async def chunks(self):
        try:
            while (given := await self._queue.get()) is not None:
                if isinstance(given, BaseException):
                    raise given
                yield given
        finally:
            self.closed.set()


class Running:
    """A generation with its source and the task that runs it; `finish` stands in for the recorder."""

    def __init__(self, limits=Limits(), source=None, text=None):  # noqa: B008  a frozen value
        self.live = LiveGeneration(uuid4(), 1, limits, text)
        self.source = source or Source()
        self.task = asyncio.create_task(self.live.run(self.source.chunks()))

    async def finish(self):
        async with asyncio.timeout(5):
            await self.task
        self.live.publish(self.live.outcome)
        return self.live.outcome


@pytest.fixture
async def running():
    started = Running()
    yield started
    started.live.cancel()
    await started.finish()


# Following; the rest of it is in test_growing.py


async def test_a_follower_from_the_start_hears_everything_then_the_end(running):
    follower = asyncio.create_task(all_of(running.live.follow(0)))
    running.source.say("Hel", "lo")
    running.source.finish(Chunk(finish_reason="stop"))
    outcome = await running.finish()
    frames, ending = await follower
    assert text_of(frames) == "Hello"
    assert ending == outcome == Ending("complete", "stop", cursor=5)


async def test_of_one_chunk_the_reasoning_comes_before_the_content(running):
    running.source.give(Chunk(reasoning="a", content="b"), Chunk(content="d", reasoning="c"))
    running.source.finish()
    await running.finish()
    frames, _ = await all_of(running.live.follow(0))
    assert [part for frame in frames for part in frame.parts] == [
        Part("reasoning", "a"),
        Part("content", "b"),
        Part("reasoning", "c"),
        Part("content", "d"),
    ]


async def test_each_new_phase_is_told_without_text(running):
    follower = running.live.follow(0)
    for phase in ("queued", "connecting", "thinking"):
        running.live.enter(phase)
        assert await anext(follower) == Frame(0, 0, (), phase)
    running.source.say("Hi")
    assert (await anext(follower)).phase == "writing"


async def test_the_end_is_told_only_when_it_is_stored(running):
    running.source.say("Hello")
    running.source.finish()
    async with asyncio.timeout(2):
        await running.task
    follower = running.live.follow(0)
    await until_text(follower, "Hello")
    waiting = asyncio.create_task(anext(follower))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not waiting.done()
    running.live.publish(running.live.outcome)
    async with asyncio.timeout(2):
        assert (await waiting).status == "complete"


async def test_after_the_end_it_can_only_be_said_that_it_is_being_saved(running):
    running.source.finish(Chunk(content="Hello"))
    async with asyncio.timeout(2):
        await running.task
    follower = running.live.follow(5)
    assert await anext(follower) == Frame(5, 5, (), "writing")
    running.live.enter("thinking")
    running.live.enter("saving")
    assert await anext(follower) == Frame(5, 5, (), "saving")
    running.live.enter("writing")
    running.live.publish(running.live.outcome)
    assert isinstance(await anext(follower), Ending)


# How it ends


async def test_the_end_of_the_stream_with_nothing_said_of_it_is_truncated(running):
    running.source.say("Hel")
    running.source.end()
    assert await running.finish() == Ending("truncated", None, *errors.TRUNCATED, cursor=3)


async def test_a_finish_reason_alone_is_complete(running):
    running.source.give(Chunk(content="Hel", finish_reason="length"))
    running.source.end()
    assert await running.finish() == Ending("complete", "length", cursor=3)


async def test_done_alone_is_complete(running):
    running.source.give(Chunk(content="Hel"), DONE)
    running.source.end()
    assert await running.finish() == Ending("complete", None, cursor=3)


async def test_what_the_source_still_holds_after_done_belongs_to_the_text(running):
    """Half a surrogate pair is held back for its other half, and comes out at the end as U+FFFD."""
    running.source.give(Chunk(content="Hel"), DONE)
    running.source.give(Chunk(content="\ufffd"))
    running.source.end()
    assert (await running.finish()).status == "complete"
    assert running.live.text.whole("content") == "Hel\ufffd"


async def test_an_error_of_the_upstream_keeps_the_text_and_its_words(running):
    running.source.say("Hel")
    running.source.fail(errors.reported("The model is overloaded."))
    outcome = await running.finish()
    assert (outcome.status, outcome.error_code, outcome.cursor) == ("failed", "upstream_error", 3)
    assert "overloaded" in outcome.error_text


async def test_a_defect_of_ours_ends_it_and_is_in_the_log(running, caplog):
    running.source.fail(ZeroDivisionError())
    assert (await running.finish())[:1] == ("failed",)
    assert "defect" in caplog.text


async def test_an_answer_past_the_limit_is_kept_up_to_it():
    running = Running(Limits(answer_chars=4))
    running.source.say("Hel", "lo")
    running.source.say("never")
    outcome = await running.finish()
    assert (outcome.status, outcome.error_code, outcome.cursor) == ("failed", "too_much", 4)
    assert running.live.text.whole("content") == "Hell"


async def test_facts_are_gathered_while_it_runs(running):
    running.source.give(Chunk(content="a", id="first", model="m1"), Chunk(content="b", id="second"))
    running.source.finish(Chunk(usage={"total_tokens": 3}))
    await running.finish()
    facts = running.live.facts
    assert (facts.upstream_request_id, facts.model, facts.usage) == ("first", "m1", {"total_tokens": 3})
    assert facts.chunk_count == 2
    assert facts.first_delta_at is not None


# Cancel


async def test_nothing_is_appended_after_cancel(running):
    running.source.say("Hel")
    await until_text(running.live.follow(0), "Hel")
    running.source.say("lo")
    assert running.live.cancel()
    outcome = await running.finish()
    assert outcome == Ending("cancelled", cursor=3)
    assert running.live.text.whole("content") == "Hel"
    running.live.enter("writing")
    assert (await all_of(running.live.follow(0)))[1] == outcome


async def test_cancel_within_a_read_keeps_what_was_shown_and_no_more(running):
    """A chunk that was read together with the one after which Stop came does not grow back."""
    follower = running.live.follow(0)
    running.source.say("Hel")
    await until_text(follower, "Hel")
    running.live.cancel()
    running.live._take(Chunk(content="lo"))
    assert running.live.text.end == running.live.outcome.cursor == 3


async def test_cancel_twice_is_one_cancel(running):
    assert running.live.cancel()
    assert not running.live.cancel()
    assert not running.live.cancel("interrupted")
    assert (await running.finish()).status == "cancelled"
    assert not running.live.cancel()


async def test_the_first_outcome_wins_over_a_cancel(running):
    running.source.finish(Chunk(content="Hello"))
    outcome = await running.finish()
    assert not running.live.cancel()
    assert running.live.outcome == outcome
    assert outcome.status == "complete"


async def test_an_interrupt_says_why(running):
    assert running.live.cancel("interrupted")
    assert await running.finish() == Ending("interrupted", None, *errors.INTERRUPTED)


async def test_cancel_before_it_has_run_never_reads_the_source():
    live, source = LiveGeneration(uuid4(), 1, Limits()), Source()
    live.cancel()
    source.say("never")
    async with asyncio.timeout(2):
        await live.run(source.chunks())
    assert live.text.end == 0
    assert live.outcome.status == "cancelled"


async def test_cancel_right_after_the_start_closes_the_source(running):
    running.live.cancel()
    await running.finish()
    assert running.live.outcome.status == "cancelled"


async def test_closed_waits_for_the_end_and_no_longer_than_told(running):
    await running.live.closed(0.01)
    assert running.live.outcome is None
    waiting = asyncio.create_task(running.live.closed(10))
    running.live.cancel()
    async with asyncio.timeout(2):
        await waiting


# How long the closing takes


class SlowToClose(Source):
    """Takes its time to close: as long as the test wants."""

    def __init__(self):
        super().__init__()
        self.may_close = asyncio.Event()

    async def chunks(self):
        try:
            async for chunks in super().chunks():
                yield chunks
        finally:
            await self.may_close.wait()


@pytest.fixture
async def closing():
    """One whose upstream takes its time to close."""
    started = Running(source=SlowToClose())
    yield started
    started.source.may_close.set()
    started.live.cancel()
    await started.finish()


@pytest.mark.parametrize("status", ["cancelled", "interrupted"])
async def test_a_stop_tells_how_long_it_took_to_close_the_upstream(closing, status):
    closing.source.say("Hel")
    await until_text(closing.live.follow(0), "Hel")
    closing.live.cancel(status)
    await closing.live.released(0.05)
    assert closing.live.facts.closing_ms is None
    assert not closing.task.done()
    closing.source.may_close.set()
    await closing.live.released(5)
    assert 40 <= closing.live.facts.closing_ms < 5000
    assert closing.live.outcome.status == status


@pytest.mark.parametrize(
    ("last", "status"),
    [(DONE, "complete"), (Chunk(content="lo"), "truncated"), (errors.reported("Overloaded."), "failed")],
)
async def test_an_end_of_its_own_tells_no_time_of_closing(running, last, status):
    running.source.say("Hel")
    if isinstance(last, Chunk):
        running.source.give(last)
        running.source.end()
    else:
        running.source.fail(last)
    assert (await running.finish()).status == status
    await running.live.released(5)
    assert running.live.facts.closing_ms is None


async def test_a_cancel_before_it_has_run_has_nothing_to_close():
    live = LiveGeneration(uuid4(), 1, Limits())
    live.cancel()
    await live.run(Source().chunks())
    await live.released(0)
    assert live.facts.closing_ms < 1000


# Going on from a text


@pytest.fixture
async def going_on():
    started = Running(text=Text.resumed("Hel", "Hm", [2, 3]))
    yield started
    started.live.cancel()
    await started.finish()


async def test_a_continuation_shows_its_text_before_the_upstream_has_said_a_word(going_on):
    items = going_on.live.follow(0)
    await until_text(items, "HmHel")
    assert going_on.live.phase == "queued"
    going_on.source.say("lo")
    going_on.source.finish()
    outcome = await going_on.finish()
    frames, _ = await all_of(items)
    assert text_of(frames) == "lo"
    assert outcome == Ending("complete", cursor=7)
    assert (going_on.live.text.whole("content"), going_on.live.text.whole("reasoning")) == ("Hello", "Hm")


async def test_a_continuation_that_is_stopped_at_once_keeps_its_text(going_on):
    going_on.live.cancel()
    assert (await going_on.finish()) == Ending("cancelled", cursor=5)


async def test_the_text_that_a_continuation_begins_with_counts_against_the_limit_of_an_answer():
    started = Running(Limits(answer_chars=6), text=Text.resumed("Hello", "", None))
    started.source.say(" you")
    outcome = await started.finish()
    assert (outcome.status, outcome.error_code) == ("failed", "too_much")
    assert started.live.text.whole("content") == "Hello "


async def test_the_first_words_of_a_continuation_are_its_own(going_on):
    assert going_on.live.facts.first_delta_at is None
    going_on.source.say("lo")
    await until_text(going_on.live.follow(5), "lo")
    assert going_on.live.facts.first_delta_at is not None


# How long it thought


def thinking(running):
    return running.live.facts.thinking_ms


async def said(running, **chunk):
    """Returns when it has arrived."""
    end = running.live.text.end + sum(map(len, chunk.values()))
    running.source.give(Chunk(**chunk))
    while running.live.text.end < end:
        await running.live.changed(5)


async def test_the_time_from_the_first_word_of_reasoning_to_the_first_of_the_answer_is_measured(running):
    """It is time that is measured, so some has to pass: before, between, and behind."""
    clock = asyncio.get_running_loop().time
    await asyncio.sleep(0.05)
    begun = clock()
    await said(running, reasoning="Hm")
    await asyncio.sleep(0.1)
    await said(running, reasoning=" hm")
    assert thinking(running) is None
    await asyncio.sleep(0.1)
    await said(running, content="Hello")
    measured = thinking(running)
    assert 195 <= measured <= 1000 * (clock() - begun) + 1
    await asyncio.sleep(0.02)
    await said(running, reasoning="Or?")
    await said(running, content=" you")
    running.source.finish()
    assert (await running.finish()).thinking_ms == thinking(running) == measured


@pytest.mark.parametrize("status", ["cancelled", "interrupted"])
async def test_who_is_ended_while_it_thinks_has_thought_until_then(running, status):
    await said(running, reasoning="Hm")
    running.live.cancel(status)
    assert (await running.finish()).thinking_ms is not None


async def test_who_says_nothing_else_has_thought_until_the_end(running):
    await said(running, reasoning="Hm")
    running.source.finish()
    assert (await running.finish()).thinking_ms is not None


async def test_who_does_not_reason_has_not_thought(running):
    running.source.say("Hello")
    running.source.finish()
    assert (await running.finish()).thinking_ms is None


async def test_reasoning_in_one_chunk_with_the_answer_took_no_time(running):
    running.source.give(Chunk(reasoning="Hm", content="Hello"))
    running.source.finish()
    assert (await running.finish()).thinking_ms == 0


# Cancel, seen from the upstream


@pytest.fixture
async def client():
    upstream = Upstream()
    yield upstream
    await upstream.aclose()


def asked(client, url):
    """A generation that asks the upstream at `url`, and the task that runs it."""
    live = LiveGeneration(uuid4(), 1, Limits())
    body = request_body("scripted", [{"role": "user", "content": "Hi"}])
    return live, asyncio.create_task(live.run(_phased(live, client.chunks(Provider("test", url), body))))


async def _phased(live, chunks):
    async for given in chunks:
        if not given:
            live.enter("thinking")
        yield given


async def test_cancel_while_connecting_ends_it_at_once(client):
    with never_connects() as url:
        live, task = asked(client, url)
        for _ in range(20):
            await asyncio.sleep(0)
        live.cancel()
        async with asyncio.timeout(1):
            await task
    assert live.outcome.status == "cancelled"


async def test_cancel_before_the_status_line_closes_the_upstream(client):
    async with ScriptedUpstream() as scripted:
        scripted.play(never_answers())
        live, task = asked(client, scripted.url)
        request = await scripted.next_request()
        live.cancel()
        await request.hung_up(within=1)
        async with asyncio.timeout(1):
            await task


async def test_cancel_before_the_first_token_closes_the_upstream(client):
    async with ScriptedUpstream() as scripted:
        scripted.play([Head(), Hang()])
        live, task = asked(client, scripted.url)
        request = await scripted.next_request()
        await until_phase(live.follow(0), "thinking")
        live.cancel()
        await request.hung_up(within=1)
        async with asyncio.timeout(1):
            await task


async def test_cancel_in_mid_stream_closes_the_upstream(client):
    async with ScriptedUpstream() as scripted:
        scripted.play(endless())
        live, task = asked(client, scripted.url)
        request = await scripted.next_request()
        await until_phase(live.follow(0), "writing")
        live.cancel()
        end = live.text.end
        await request.hung_up(within=1)
        async with asyncio.timeout(1):
            await task
        assert live.text.end == end == live.outcome.cursor


async def test_cancel_in_a_silence_closes_the_upstream(client):
    async with ScriptedUpstream() as scripted:
        scripted.play(mira(["Hel", WaitFor(Gate()), "lo"]))
        live, task = asked(client, scripted.url)
        request = await scripted.next_request()
        await until_text(live.follow(0), "Hel")
        live.cancel()
        await request.hung_up(within=1)
        async with asyncio.timeout(1):
            await task


async def test_cancel_racing_the_natural_end_leaves_one_outcome_and_no_stream(client):
    """Forty answers, cancelled at random moments around their end, which comes a read's beat after the gate opens."""
    dice, seen = Random(7), set()  # noqa: S311 - repeatable, no secret
    async with ScriptedUpstream() as scripted:
        for _ in range(40):
            gate = Gate()
            scripted.play(mira(["Hel", WaitFor(gate), "lo"]))
            live, task = asked(client, scripted.url)
            await until_text(live.follow(0), "Hel")
            gate.open()
            await asyncio.sleep(dice.random() * 0.08)
            won = live.cancel()
            async with asyncio.timeout(2):
                await task
            assert live.outcome.status == ("cancelled" if won else "complete")
            assert live.text.whole("content") == ("Hello"[: live.outcome.cursor])
            seen.add(live.outcome.status)
            await scripted.until_streaming(0)
        await client.aclose()
        await scripted.until_open(0)
    assert seen == {"cancelled", "complete"}
