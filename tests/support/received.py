"""What the scripted upstream remembers of a request, and how a test waits for what it becomes."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.support.scripts import Step


class Changes:
    """Wakes everyone who waits for a condition, on one event loop."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def announce(self) -> None:
        self._next.set()
        self._next = asyncio.Event()

    async def until(self, holds: Callable[[], bool], within: float, otherwise: Callable[[], str]) -> None:
        """Return as soon as it holds; after `within` seconds fail with the words `otherwise`."""
        try:
            async with asyncio.timeout(within):
                while not holds():
                    await self._next.wait()
        except TimeoutError:
            raise AssertionError(f"within {within} s {otherwise()}") from None


@dataclass(eq=False)
class ReceivedRequest:
    """One request. Times are those of the loop: on Linux the same clock in every process."""

    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    content: bytes
    arrived_at: float
    changes: Changes
    step: Step | None = None  # the step of its script that is being played
    hung_up_at: float | None = None  # the client left while its answer was under way
    answered_at: float | None = None  # the script was played to its end

    @property
    def body(self) -> Any:
        return json.loads(self.content)

    async def hung_up(self, within: float = 1.0) -> float:
        """Wait until the client closes its socket in the middle of the answer; return when."""
        await self._over(within, "did not hang up")
        assert self.hung_up_at is not None, f"{self} was answered to the end, nobody hung up"
        return self.hung_up_at

    async def answered(self, within: float = 1.0) -> float:
        """Wait until the script is played to its end; return when."""
        await self._over(within, "was not answered")
        assert self.answered_at is not None, f"{self}: the client hung up before the end"
        return self.answered_at

    @property
    def under_way(self) -> bool:
        return self.hung_up_at is None and self.answered_at is None

    async def _over(self, within: float, otherwise: str) -> None:
        await self.changes.until(
            lambda: not self.under_way,
            within,
            lambda: f"{self} {otherwise}; its script stands at {self.step}",
        )

    def __str__(self) -> str:
        return f"{self.method} {self.path}"
