"""How much text may be on its way to a tab, and how many commands may come from one. No I/O."""

import asyncio
from collections import deque

from chat.relay.text import FRAME_CHARS

WINDOW = 256 * 1024
"""Bytes on their way to a tab unacknowledged; what a tab that does not read may cost."""

LARGEST_FRAME = 6 * FRAME_CHARS + 1024
"""Bytes of a frame whose every character is written as \\u0001, and of what stands around them."""

COMMANDS_PER_SECOND = 50
COMMANDS_AT_ONCE = 200
"""After a reconnect a page says all that waits; nobody types at this pace for longer."""


class Window:
    """Knows what was sent up to which cursor, and lets more be sent when the tab has acknowledged enough of it."""

    def __init__(self, size: float = WINDOW) -> None:
        """`size` in bytes; infinite where the transport itself waits for its reader."""
        self._room = size - LARGEST_FRAME
        self._sent: deque[tuple[int, int]] = deque()
        self._acknowledged = asyncio.Event()

    def sent(self, cursor: int, size: int) -> None:
        """A frame of `size` bytes that ends at `cursor` is on its way."""
        self._sent.append((cursor, size))
        self._room -= size

    def acknowledge(self, cursor: int) -> None:
        """The tab has shown the text up to `cursor`."""
        while self._sent and self._sent[0][0] <= cursor:
            self._room += self._sent.popleft()[1]
        self._acknowledged.set()

    async def room(self) -> None:
        """Waits until another frame may be sent, however large."""
        while self._room < 0:
            self._acknowledged.clear()
            await self._acknowledged.wait()


class Pace:
    """A bucket of commands that fills with time: `COMMANDS_AT_ONCE`, and `COMMANDS_PER_SECOND` for ever."""

    def __init__(self, now: float) -> None:
        self._left = float(COMMANDS_AT_ONCE)
        self._at = now

    def allows(self, now: float) -> bool:
        """Counts one command; whether it may be carried out. Seconds by any clock that only goes on."""
        self._left = min(COMMANDS_AT_ONCE, self._left + (now - self._at) * COMMANDS_PER_SECOND) - 1
        self._at = now
        return self._left >= 0
