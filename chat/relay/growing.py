"""A text that only grows, with everybody who reads it with a cursor.

A tab that is new, slow, reloaded or late is a cursor further back, not a special case: a follower owns no queue, and
takes what stands behind its cursor when it is ready. So nothing can be dropped or reordered, and a slow reader costs no
memory. Who writes the text is another module's matter: generation.py writes what runs in this process, mirror.py copies
what runs in another.
"""

import asyncio
from collections.abc import AsyncGenerator

from chat.relay.text import Ending, Frame, Phase, Text

HEARTBEAT = 5.0
"""Seconds after which a follower is told where the text stands although nothing has changed."""


class Growing:
    """The text, its phase, and its ending once the database has it, which is the first that a follower hears of it."""

    def __init__(self) -> None:
        self.text = Text()
        self.phase: Phase = "queued"
        self.ending: Ending | None = None
        self._changed = asyncio.Event()

    async def follow(self, cursor: int) -> AsyncGenerator[Frame | Ending]:
        """Yields a frame for whatever is new since `cursor`, then what comes, and as the last thing the ending.

        A frame without parts tells a new phase, or after `HEARTBEAT` seconds of quiet just where the text stands.
        """
        phase: Phase | None = None
        while True:
            if self.text.end > cursor or self.phase != phase:
                frame = self._frame(cursor)
                cursor, phase = frame.end, frame.phase
                yield frame
            elif self.ending:
                yield self.ending
                return
            elif not await self.changed(HEARTBEAT):
                yield Frame(cursor, cursor, (), self.phase)

    def publish(self, ending: Ending) -> None:
        """Tells the followers the end, as the database has it."""
        self.ending = ending
        self.wake()

    async def changed(self, seconds: float) -> bool:
        """Waits for the next change, at most `seconds`; returns whether there was one."""
        event = self._changed
        try:
            async with asyncio.timeout(seconds):
                return await event.wait()
        except TimeoutError:
            return False

    def wake(self) -> None:
        """Something is new."""
        self._changed.set()
        self._changed = asyncio.Event()

    def _frame(self, cursor: int) -> Frame:
        parts = self.text.read(cursor)
        return Frame(cursor, cursor + sum(len(part.text) for part in parts), parts, self.phase)
