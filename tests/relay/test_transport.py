"""Connections to the upstream, over real TCP: what breaks them, what is kept, and that they close for certain."""

import asyncio
import gc
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import aclosing, suppress
from random import Random

import pytest

from chat.relay import upstream as upstream_module
from tests.support.addresses import never_connects
from tests.support.caller import ANSWER, SHORT, Caller, read_until
from tests.support.dialects import mira_chunk
from tests.support.outcomes import Outcome, outcome_of
from tests.support.scripts import (
    Close,
    Gate,
    Hang,
    Head,
    Pause,
    Raw,
    Reset,
    Send,
    Step,
    WaitFor,
    endless,
    json_answer,
    mira,
    never_answers,
    vigthoria,
)

# Connections that break.

MALFORMED = {
    "no size": b"zz\r\n",
    "a web page": b"<html>Bad gateway</html>\r\n",
    "an event without a size": mira_chunk({"content": "lo"}),
    "a negative size": b"-5\r\nabcde\r\n",
    "a size too large": b"f" * 17 + b"\r\n",
    "no end of line": b"5\r\nabcdeXX",
}
"""What is no chunk of a chunked transfer."""

BREAKS: dict[str, Step] = {"closed": Close(), "reset": Reset(), "malformed": Raw(MALFORMED["no size"])}


@pytest.mark.parametrize("end", BREAKS.values(), ids=BREAKS)
async def test_a_break_in_mid_stream_keeps_what_was_read(caller, scripted, end):
    gate = Gate()
    scripted.play(mira(["Hel", WaitFor(gate), end]))
    chunks = []
    async with aclosing(caller.reads()) as reads:
        async for read in reads:
            chunks += read
            if any(chunk.content for chunk in read):
                gate.open()
    assert outcome_of(chunks) == Outcome("Hel", "", None, "truncated")


@pytest.mark.parametrize("text", ["", "Hel"], ids=["before the first words", "after some"])
@pytest.mark.parametrize("junk", MALFORMED.values(), ids=MALFORMED)
async def test_a_malformed_transfer_ends_the_answer_at_once_while_it_is_waited_for(caller, scripted, junk, text):
    """aiohttp itself would leave us waiting, until the clock of silence rings a minute later."""
    gate = Gate()
    scripted.play([Head(), *([Send(mira_chunk({"content": text}))] if text else []), WaitFor(gate), Raw(junk), Hang()])
    chunks = []
    async with asyncio.timeout(5), aclosing(caller.reads()) as reads:
        async for read in reads:
            chunks += read
            if bool(text) == any(chunk.content for chunk in chunks):
                asyncio.get_running_loop().call_later(3 * upstream_module.BEAT, gate.open)  # by then it waits
    assert outcome_of(chunks) == Outcome(text, "", None, "truncated")


async def test_a_malformed_transfer_behind_its_head_is_an_error(caller, scripted):
    """In the same packet as the head, of which aiohttp then makes nothing either."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    scripted.play([Raw(head + b"zz\r\n"), Hang()])
    outcome = await caller.answer()
    assert (outcome.ends, outcome.code) == ("failed", "connection_lost")
    assert outcome.error == "The connection to the model's server broke: what it sent is no proper HTTP"


@pytest.mark.parametrize(
    "line", [b"5;" + b"x" * 20_000, b"0" * 20_000, b"0\r\nTrailer: "], ids=["name", "size", "trailer"]
)
async def test_a_size_line_that_never_ends_is_silence(caller, scripted, line):
    scripted.play(mira(["Hel", Raw(line), Hang()]))
    outcome = await caller.answer(silence=4 * SHORT)
    assert (outcome.content, outcome.ends, outcome.code) == ("Hel", "failed", "silence_timeout")


async def test_a_kept_connection_that_breaks_later_is_nobodys_error(caller, scripted, caplog):
    """Each answer that came over it has asked to be told of its end."""
    for _ in range(2):
        await caller.answer()
    await scripted.stop()  # resets it
    for _ in range(10):
        await asyncio.sleep(0)  # and we hear of it
    await scripted.start()
    assert (await caller.answer()).ends == "complete"
    gc.collect()
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("end", BREAKS.values(), ids=BREAKS)
async def test_what_came_just_before_a_break_is_not_lost(caller, scripted, end):
    """It waits in the transport's buffer while we pause between two reads."""
    scripted.play([*mira(["Hel", "lo"], None, done=False), end], [*mira(["Hel", "lo"]), end])
    assert await caller.answer() == Outcome("Hello", "", None, "truncated")
    assert await caller.answer() == Outcome("Hello", "", "stop", "complete")


async def test_a_break_inside_a_chunk_of_the_transfer_keeps_the_beginning_of_it(caller, scripted):
    word = mira_chunk({"content": "Hello"})
    scripted.play([Head(), Raw(b"%x\r\n" % (len(word) + 100) + word), Close()])
    assert await caller.answer() == Outcome("Hello", "", None, "truncated")


# Kept, or closed for certain.


async def test_a_kept_connection_that_the_server_has_closed_is_not_used(caller, scripted):
    await caller.answer()
    scripted.drop_idle()
    await scripted.until_open(0)
    assert (await caller.answer()).content == "Hello"


@pytest.mark.parametrize(
    "script",
    [mira(["Hello"]), vigthoria(["Hello"]), json_answer(200, ANSWER), json_answer(429, {"error": "Slow down"})],
    ids=["mira", "vigthoria", "whole", "refused"],
)
async def test_after_a_clean_end_the_connection_is_used_again(caller, scripted, script):
    scripted.default = script
    for _ in range(3):
        await caller.answer()
        with pytest.raises(AssertionError, match="1 connections are open"):
            await scripted.until_open(0, within=0.05)
    assert len(scripted.requests) == 3


PHASES: dict[str, list[Step]] = {
    "before the head": never_answers(),
    "after the head": [Head(), Hang()],
    "after the first byte": [Head(), Send(b":"), Hang()],
    "in mid-stream": mira(["Hel", Hang()]),
    "inside an event": [*mira(["Hel"], None, False), Send(b"data: {"), Hang()],
    "after the finish_reason": [*mira(["Hel"], done=False), Hang()],
    "inside a whole answer": [Send(b'{"choices":'), Hang()],
    "inside an error page": [Head(500), Send(b"<html>"), Hang()],
}


def told(script: list[Step], reached: asyncio.Event) -> Callable[[object], Iterator[Step]]:
    """The script, which tells when it hangs."""

    def steps(_: object) -> Iterator[Step]:
        for step in script:
            if step == Hang():
                reached.set()
            yield step

    return steps


@pytest.mark.parametrize("later", [0, 0.5, 2], ids=["at once", "in the pause between reads", "when it waits"])
@pytest.mark.parametrize("script", PHASES.values(), ids=PHASES)
async def test_a_cancel_in_any_phase_closes_the_connection(caller, scripted, script, later):
    reached = asyncio.Event()
    scripted.play(told(script, reached))
    asking = asyncio.create_task(caller.answer())
    request = await scripted.next_request()
    await reached.wait()
    asyncio.get_running_loop().call_later(later * upstream_module.BEAT, asking.cancel)
    with pytest.raises(asyncio.CancelledError):
        await asking
    await request.hung_up(within=1)


@pytest.mark.parametrize("reads_first", [1, 2, 3])
async def test_a_reader_that_leaves_closes_the_connection(caller, scripted, reads_first):
    scripted.play(endless(every=0.001))
    async with aclosing(caller.reads()) as reads:
        for _ in range(reads_first):
            await anext(reads)
        request = await scripted.next_request()
        assert request.under_way
    await request.hung_up(within=1)


async def test_a_reader_that_fails_closes_the_connection(caller, scripted):
    scripted.play(endless(every=0.001))
    with suppress(KeyError):
        async with aclosing(caller.reads()) as reads:
            await read_until(reads, "word")
            raise KeyError
    await (await scripted.next_request()).hung_up(within=1)


async def test_a_cancel_while_connecting_leaves_nothing(caller):
    with never_connects() as caller.url:
        asking = asyncio.create_task(caller.answer())
        asyncio.get_running_loop().call_later(0.02, asking.cancel)
        with pytest.raises(asyncio.CancelledError):
            await asking


async def test_closing_the_upstream_closes_what_it_kept_and_it_can_be_used_again(caller, scripted):
    await caller.answer()
    await caller.upstream.aclose()
    await scripted.until_open(0)
    await caller.upstream.aclose()
    assert (await caller.answer()).content == "Hello"


def any_phase(dice: Random) -> Callable[[object], Iterator[Step]]:
    """An endless answer whose head, first words and pauses come at random moments."""

    def steps(_: object) -> Iterator[Step]:
        yield Pause(dice.random() * 0.02)
        yield Head()
        yield Pause(dice.random() * 0.02)
        yield from endless(every=dice.random() * 0.005)(None)

    return steps


class Asking:
    """One answer that is cancelled so many times, at random moments of a phase drawn by lot."""

    PHASES = ("before the head", "after the head", "in mid-stream")

    def __init__(self, caller: Caller, dice: Random, cancels: int) -> None:
        self._caller, self._dice, self._cancels = caller, dice, cancels
        self._aim = dice.choice(self.PHASES)
        self.phase = ""
        self.task = asyncio.create_task(self._ask())
        self._enter("before the head")

    async def _ask(self) -> None:
        async with aclosing(self._caller.reads()) as reads:
            async for chunks in reads:
                self._enter("in mid-stream" if chunks else "after the head")

    def _enter(self, phase: str) -> None:
        if phase == self._aim != self.phase:
            moment = self._dice.random() * 0.02
            for _ in range(self._cancels):
                asyncio.get_running_loop().call_later(moment, self.task.cancel)
                moment += self._dice.choice([0, 0.0005, 0.005]) * self._dice.random()
        self.phase = phase


@pytest.mark.parametrize("cancels", [1, 2, 3])
async def test_hundreds_of_cancels_at_random_moments_leave_no_stream_behind(caller, scripted, cancels):
    """Cancelled again at other moments too: two tabs, or Stop and a shutdown, may both do so."""
    dice = Random(cancels)  # noqa: S311  repeatable moments, no secret
    phases: Counter[str] = Counter()
    scripted.default = any_phase(dice)
    for _ in range(6):
        asking = [Asking(caller, dice, cancels) for _ in range(50)]
        done, _ = await asyncio.wait({one.task for one in asking}, timeout=20)
        assert len(done) == 50
        assert all(task.cancelled() for task in done)
        await scripted.until_streaming(0, within=1)
        phases.update(one.phase for one in asking)
    assert min(phases[phase] for phase in Asking.PHASES) > 20, phases
    scripted.default = mira(["Hello"])
    assert (await caller.answer()).content == "Hello"
