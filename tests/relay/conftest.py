"""What tests of the relay may ask for besides the cast."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from chat.relay.switchboard import Switchboard
from tests.support.boards import no_task_left, switchboard
from tests.support.caller import Caller
from tests.support.upstream import ScriptedUpstream


class Machine:
    """The machine that runs the tests, which may be busy with others: nothing can be quicker than it."""

    BEAT = 0.005

    def __init__(self) -> None:
        self.longest_pause = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Machine":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(5)

    def _watch(self) -> None:
        """A thread of its own: what blocks the event loop is not the machine's fault."""
        while not self._over.is_set():
            before = time.monotonic()
            self._over.wait(self.BEAT)
            self.longest_pause = max(self.longest_pause, time.monotonic() - before - self.BEAT)


@pytest.fixture
def machine() -> Iterator[Machine]:
    """Knows for how long the machine did not get round to us."""
    with Machine() as machine:
        yield machine


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream() as running:
        yield running


@pytest.fixture
async def caller(scripted: ScriptedUpstream) -> AsyncIterator[Caller]:
    before = asyncio.all_tasks()
    caller = Caller(scripted.url)
    yield caller
    await caller.aclose()
    await scripted.until_open(0)
    for _ in range(3):
        await asyncio.sleep(0)  # what was closed a moment ago gets its turn to end
    assert not asyncio.all_tasks() - before - {asyncio.current_task()}, "a task is left over"


@pytest.fixture
async def board(upstream: ScriptedUpstream) -> AsyncIterator[Switchboard]:
    """A switchboard that asks the scripted upstream, and that leaves no task behind."""
    async with no_task_left(), switchboard() as board:
        yield board
