"""A hundred tabs on one server: whoever does not read delays nobody who does."""

import asyncio
import itertools
import json
import math
import time
from contextlib import AsyncExitStack

import pytest
from websockets.asyncio.client import connect

from tests.live.http_tab import HttpTab
from tests.support.dialects import mira_chunk
from tests.support.scripts import Gate, Hang, Pause, Send, WaitFor, mira
from tests.support.tabs import Tab, generation_of

FAST = 98
AT_ONCE = 14  # that many handshakes are done in the seconds that a server gives them, on a busy machine too
DELAY = 0.25
SECONDS = 3.0
ROUNDS = 6  # the machine may be busy with something else


def ticking(gate):
    """An answer whose words are the times at which they were said, once the gate is open."""

    def steps(_):
        yield WaitFor(gate)
        begun = time.monotonic()
        while time.monotonic() - begun < SECONDS:
            yield Send(mira_chunk({"content": f"{time.monotonic()} "}))
            yield Pause(0.01)
        yield from mira([])

    return steps


async def opened(stack, served, conversation, **options):
    """A connection that has said what it wants to see."""
    connection = await stack.enter_async_context(
        connect(
            f"ws://127.0.0.1:{served.brook.port}/ws/",
            origin=served.brook.url,
            additional_headers={"Cookie": served.alice.cookie},
            proxy=None,
            close_timeout=0.1,
            **options,
        )
    )
    await connection.send(json.dumps({"type": "open", "conversation": conversation}))
    return connection


async def delays_of(connection):
    """Follows to the end; how old the oldest word of each frame was when it came."""
    found = []
    async for frame in connection:
        event = json.loads(frame)
        if event["type"] == "delta":
            found.append(time.monotonic() - float(event["parts"][0]["text"].split()[0]))
        if event["type"] == "finished":
            return found
    raise AssertionError("it was closed before the end")


async def delays(served, conversation, gate):
    """Of every frame to all who follow this answer and read, while another one does not; the shortest first.

    Infinite if somebody had hardly any.
    """
    async with AsyncExitStack() as stack:
        await opened(stack, served, conversation, max_queue=1)  # read by nobody
        fast = []
        for _ in range(FAST // AT_ONCE):
            fast += await asyncio.gather(*(opened(stack, served, conversation) for _ in range(AT_ONCE)))
        async with asyncio.timeout(10 * SECONDS), asyncio.TaskGroup() as group:
            following = [group.create_task(delays_of(connection)) for connection in fast]
            await asyncio.sleep(0)
            gate.open()
        found = [task.result() for task in following]
        return sorted(itertools.chain.from_iterable(found)) if min(map(len, found)) > 5 * SECONDS else [math.inf]


@pytest.mark.timeout(180)
def test_tabs_that_do_not_read_delay_no_frame_of_those_that_do(served, tabs, question):
    served.upstream.play(mira([*["👋" * 20_000] * 100, Hang()]))  # more than the kernel alone takes for a reader
    tab = tabs()
    flood = generation_of(tab.begin(question))
    served.until_text_of(flood, 2_000_000)
    tab.close()
    longest = []  # but for one frame in a hundred, which the machine itself may be to blame for
    with HttpTab(served.brook, served.alice.cookie, served.conversation(flood), receive_buffer=64 * 1024):
        while len(longest) < ROUNDS and not (longest and longest[-1] < DELAY):
            gate = Gate()
            served.upstream.play(ticking(gate))
            with Tab(served.connect()) as tab:
                generation = generation_of(tab.begin(f"{question}, {len(longest)}"))
            found = asyncio.run(delays(served, served.conversation(generation), gate))
            longest.append(found[len(found) * 99 // 100])
    assert longest[-1] < DELAY, f"the longest delays were {longest}"
