"""What tests of the relay may ask for besides the cast."""

import threading
import time
from collections.abc import Iterator

import pytest


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
