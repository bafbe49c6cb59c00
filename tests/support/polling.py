"""For what announces itself to nobody: a log line, a row that another process writes. Looks again until it holds."""

import asyncio
import time
from collections.abc import Callable

BEAT = 0.01


async def until(holds: Callable[[], object], within: float = 5.0) -> None:
    async with asyncio.timeout(within):
        while not holds():  # noqa: ASYNC110  what it waits for is in the database or another process
            await asyncio.sleep(BEAT)


def wait_until(holds: Callable[[], object], within: float = 5.0, otherwise: str = "") -> None:
    """The same without a loop."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, f"not within {within} s: {otherwise or holds}"
        time.sleep(BEAT)
