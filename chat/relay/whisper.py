"""A generation of the temporary chat: it is stored nowhere, so it is there only for who reads it in this process."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import UUID

from chat.relay.generation import LiveGeneration
from chat.relay.limits import Limits
from chat.relay.text import Ending, Frame

ALONE = 60.0
"""Seconds without a reader after which it is cancelled. A page that lost its connection comes back sooner."""


class Whisper(LiveGeneration):
    def __init__(self, key: UUID, owner_id: int, limits: Limits) -> None:
        super().__init__(key, owner_id, limits)
        self._readers = 0
        self._giving_up = self._left_alone()

    async def follow(self, cursor: int) -> AsyncGenerator[Frame | Ending]:
        self._readers += 1
        self._giving_up.cancel()
        try:
            async with aclosing(super().follow(cursor)) as items:
                async for item in items:
                    yield item
        finally:
            self._readers -= 1
            if not self._readers:
                self._giving_up = self._left_alone()

    async def over(self) -> Ending:
        """What a recorder would return: its outcome, which no database has to take."""
        while self.outcome is None:
            await self._changed.wait()
        return self.outcome

    def _left_alone(self) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(ALONE, self.cancel)
