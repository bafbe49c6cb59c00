"""The clocks of one answer, each separate: first byte, silence, no data, total, and the grace after a finish_reason.

httpx's read timeout counts bytes only, so a server that pings for ever would outlive it. (The connect clock alone is
httpx's, because only it knows when the connection stands.)
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import NamedTuple

from chat.relay import errors
from chat.relay.limits import Limits


class Deadline(NamedTuple):
    """The clock that rings first: when, by the event loop's time, and what it then means."""

    when: float
    seconds: float
    code: str
    words: str


class Clock:
    """Told what comes, says how long to wait for the next read."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._started = self._now()
        self._bytes: float | None = None
        self._data: float | None = None
        self._finished: float | None = None
        self._finish_counts = True

    def bytes_came(self) -> None:
        self._bytes = self._now()

    def data_came(self) -> None:
        self._data = self._now()

    def finished(self) -> None:
        """A finish_reason has come: only [DONE] or the end may follow, and need not."""
        if self._finished is None and self._finish_counts:
            self._finished = self._now()

    def text_came(self) -> None:
        """Behind a finish_reason: some servers send one in each chunk. Then only [DONE] or the end is an end."""
        if self._finished is not None:
            self._finished = None
            self._finish_counts = False

    @property
    def is_finishing(self) -> bool:
        return self._finished is not None

    @asynccontextmanager
    async def until_head(self) -> AsyncGenerator[None]:
        """Raises `UpstreamError` when the response's head does not come in time."""
        async with self._until(self._first_byte()):
            yield

    @asynccontextmanager
    async def until_read(self) -> AsyncGenerator[None]:
        """Raises `UpstreamError` when a clock rings, and `TimeoutError` when it is the grace after a finish_reason."""
        self._check_what_no_wait_would_notice()
        if self._finished is None:
            async with self._until(min(self._deadlines())):
                yield
        else:
            async with asyncio.timeout_at(self._finished + self._limits.after_finish):
                yield

    @asynccontextmanager
    async def _until(self, deadline: Deadline) -> AsyncGenerator[None]:
        try:
            async with asyncio.timeout_at(deadline.when):
                yield
        except TimeoutError as error:
            raise errors.too_slow(deadline.code, deadline.words, deadline.seconds) from error

    def _deadlines(self) -> list[Deadline]:
        found = [self._total()]
        if self._bytes is None:
            return [*found, self._first_byte()]
        silence, no_data = self._limits.silence, self._limits.no_data
        data = self._data or self._started
        return [
            *found,
            Deadline(self._bytes + silence, silence, "silence_timeout", "sent nothing for"),
            Deadline(data + no_data, no_data, "no_data_timeout", "sent no text for"),
        ]

    def _check_what_no_wait_would_notice(self) -> None:
        """A read that finds something buffered never waits, so a busy stream would outlive a timeout for ever."""
        total = self._total()
        if self._now() >= total.when:
            raise errors.too_slow(total.code, total.words, total.seconds)
        if self._finished is not None and self._now() >= self._finished + self._limits.after_finish:
            raise TimeoutError

    def _total(self) -> Deadline:
        seconds = self._limits.total
        return Deadline(self._started + seconds, seconds, "total_timeout", "did not finish within")

    def _first_byte(self) -> Deadline:
        seconds = self._limits.first_byte
        return Deadline(self._started + seconds, seconds, "first_byte_timeout", "did not begin to answer within")

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
