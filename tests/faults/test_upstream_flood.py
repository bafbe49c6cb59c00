"""An upstream that sends faster than anybody reads: its own text is whole, and nobody else's is late.

What is measured is the server, not the computer: for how long a word waited, without the time for which the system had
no processor for one of those that it passed through.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.faults.scene import Scene, serving
from tests.support.dialects import DONE, mira_chunk, vigthoria_chunk
from tests.support.scripts import Head, Pause, Send, Step
from tests.support.tabs import Tab

LATE = 0.25  # seconds: docs/reliability.md, G7
DELTAS = 100_000  # a second
SECONDS = 4
PACKETS = 20  # a second
SAID = "".join(f"{number} " for number in range(DELTAS // PACKETS))

FLOODS = {
    "deltas": b"".join(vigthoria_chunk(f"{number} ") for number in range(DELTAS // PACKETS)),
    "comments": b":\n" * (20 * DELTAS // PACKETS),
    "blank lines": b"\n" * (20 * DELTAS // PACKETS),
    "events that say nothing": b'data: {"choices": []}\n\n' * (DELTAS // PACKETS),
}


class Moment(NamedTuple):
    """`stolen`: seconds so far for which the system had no processor for those through whom a word comes."""

    at: float
    stolen: float


class Clock:
    """Tells moments. A word comes from the server's one thread to the thread of the test that made this clock."""

    def __init__(self, server: int) -> None:
        own = Path(f"/proc/self/task/{threading.get_native_id()}")
        self._threads = [Path(f"/proc/{server}/task/{server}"), own]

    def moment(self) -> Moment:
        waited = [int((thread / "schedstat").read_text().split()[1]) for thread in self._threads]
        return Moment(time.monotonic(), sum(waited) / 1e9)


class CalmAnswer:
    """Twenty words a second until it is told to end. Each one is a number, whose moment is kept."""

    def __init__(self, clock: Clock) -> None:
        self.over = threading.Event()
        self._clock = clock
        self._sent: list[Moment] = []

    def steps(self) -> Iterator[Step]:
        yield Head()
        while not self.over.is_set():
            self._sent.append(self._clock.moment())
            yield Send(mira_chunk({"content": f"{len(self._sent) - 1} "}))
            self._sent[-1] = self._clock.moment()  # now it has left us
            yield Pause(0.05)
        yield Send(DONE)

    def delays(self, tab: Tab, answer: str) -> Iterator[float]:
        """For how long each word was under way to the tab, as they arrive."""
        arrived = 0
        while answer not in tab.finished:
            tab.next(within=30)
            now, words = self._clock.moment(), tab.text[answer].split()
            for number in words[arrived:]:
                sent = self._sent[int(number)]
                yield (now.at - sent.at) - (now.stolen - sent.stolen)
            arrived = len(words)


def flood(packet: bytes) -> Iterator[Step]:
    begun = time.monotonic()
    yield Head()
    for number in range(1, SECONDS * PACKETS + 1):
        yield Send(packet)
        yield Pause(max(0.0, begun + number / PACKETS - time.monotonic()))
    yield Send(b"\n" + DONE)


@pytest.fixture(scope="module")
def scene(tmp_path_factory, django_db_blocker):
    with ExitStack() as stack:
        yield serving(stack, tmp_path_factory.mktemp("served"), django_db_blocker)


@pytest.mark.parametrize("kind", FLOODS)
def test_an_upstream_that_floods_us_delays_nobody_else_and_its_text_is_whole(scene: Scene, kind):
    calm = CalmAnswer(Clock(scene.brook.process.pid))
    scene.upstream.default = lambda request: (
        calm.steps() if "Calm" in request.body["messages"][-1]["content"] else flood(FLOODS[kind])
    )
    with scene.entered() as calm_tab, scene.entered() as fast_tab:
        steady = calm_tab.begin("Calm")["generation"]["id"]
        fast = threading.Thread(target=read_to_the_end, args=[fast_tab, calm.over])
        fast.start()
        delays = sorted(calm.delays(calm_tab, steady))
        fast.join(30)
    assert len(delays) > 2 * SECONDS
    assert delays[-1] < LATE
    assert delays[len(delays) // 2] < LATE / 5, "without turns for others it would be twice that"
    [answer] = fast_tab.finished
    assert fast_tab.finished[answer]["status"] == "complete"
    assert fast_tab.text[answer] == (SAID * SECONDS * PACKETS if kind == "deltas" else "")


def read_to_the_end(tab: Tab, over: threading.Event) -> None:
    """Reads as a quick page does, and says when it is over."""
    try:
        answer = tab.begin("Fast")["generation"]["id"]
        while answer not in tab.finished:
            if tab.next(within=30)["type"] == "delta":
                tab.ack(answer)
    finally:
        over.set()
