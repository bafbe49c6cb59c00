"""Whoever sends waits while the other end does not read: Daphne alone would take all of it into memory.

Twisted pauses a connection's producer when more than 64 KiB wait to be written, and resumes it when nothing does. That
producer is the connection's `HTTPChannel`, for a WebSocket too, and it hands both on to a producer of its own: here,
only while somebody waits, so that a connection whose other end keeps up is not touched.
https://docs.twisted.org/en/stable/core/howto/producers.html
"""

import asyncio
from contextlib import suppress
from typing import Any

STALLED = 60.0
"""Seconds within which the other end must have taken something. Otherwise it is given up: it may be switched off."""


class Backpressure:
    """All connections of a server. A connection is named by its transport."""

    def __init__(self) -> None:
        self._backlogs: dict[Any, Backlog] = {}
        self._over = False

    async def wait(self, transport: Any) -> None:
        """Returns when nothing waits to be written any more, or the connection is gone or forgotten."""
        if self._over or transport.producer is None or not transport.producerPaused:
            return
        backlog = self._backlogs.get(transport)
        if backlog is None or backlog.over:
            backlog = self._backlogs[transport] = Backlog(transport)
        await backlog.until_over()

    def forget(self, transport: Any) -> None:
        """Lets go whoever waits for this connection."""
        if backlog := self._backlogs.pop(transport, None):
            backlog.end()

    def end(self) -> None:
        """Lets everybody go, and makes nobody wait any more."""
        self._over = True
        for transport in list(self._backlogs):
            self.forget(transport)


class Backlog:
    """What waits to be written, from being too much to being gone. A push producer, with Twisted's names."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._channel = transport.producer
        self._over = asyncio.Event()
        self._channel.registerProducer(self, True)

    @property
    def over(self) -> bool:
        return self._over.is_set()

    async def until_over(self) -> None:
        unsent = self._unsent()
        while not await self._is_over_within(STALLED):
            before, unsent = unsent, self._unsent()
            if unsent >= before:
                self._transport.abortConnection()
                return

    async def _is_over_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()
        return self.over

    def end(self) -> None:
        if not self.over:
            self._over.set()
            self._channel.unregisterProducer()

    def _unsent(self) -> int:
        transport = self._transport
        return len(transport.dataBuffer) - transport.offset + transport._tempDataLen  # type: ignore[no-any-return]  # Twisted has no types

    # What Twisted calls

    def pauseProducing(self) -> None:
        """It begins as paused."""

    def resumeProducing(self) -> None:
        self.end()

    def stopProducing(self) -> None:
        self.end()
