"""Sends a tab the text that it follows, one generation at a time, as fast as the tab takes it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import aclosing
from typing import Any
from uuid import UUID

from chat.live import protocol
from chat.live.window import WINDOW, Window
from chat.relay.switchboard import Switchboard
from chat.relay.text import Ending

Spawn = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]

FRAME_BEAT = 1 / 30
"""Seconds between two frames of text: a screen shows no more, and words that come meanwhile travel together."""


class Following:
    def __init__(
        self,
        switchboard: Switchboard,
        send: Callable[[str], Awaitable[None]],
        spawn: Spawn,
        on_end: Callable[[UUID, str], None],
        window: float = WINDOW,
    ) -> None:
        """`send` returns when it may send more; `on_end(generation, status)` is called before the end is sent."""
        self.generation: UUID | None = None
        self.cursor = 0
        """The end of the text that was sent."""

        self._switchboard = switchboard
        self._send = send
        self._spawn = spawn
        self._on_end = on_end
        self._window_size = window
        self._window = Window(window)
        self._task: asyncio.Task[None] | None = None

    @property
    def under_way(self) -> UUID | None:
        """The generation whose end is still to be told."""
        return self.generation if self._task and not self._task.done() else None

    def follow(self, generation: UUID, cursor: int) -> None:
        """Sends the text of this one from now on, and no other."""
        self.stop()
        self.generation, self.cursor = generation, cursor
        self._window = Window(self._window_size)
        self._task = self._spawn(self._forward(generation, self._window))

    def stop(self) -> None:
        self.generation = None
        if self._task:
            self._task.cancel()

    def acknowledge(self, generation: UUID, cursor: int) -> None:
        """The tab has shown the text up to `cursor`."""
        if generation == self.generation:
            self._window.acknowledge(cursor)

    async def ended(self, seconds: float) -> None:
        """Waits until the end is on its way, at most `seconds`."""
        if self._task:
            await asyncio.wait({self._task}, timeout=seconds)

    async def _forward(self, generation: UUID, window: Window) -> None:
        async with aclosing(self._switchboard.follow(generation, self.cursor)) as items:
            async for item in items:
                if isinstance(item, Ending):
                    self._on_end(generation, item.status)
                    await self._send(protocol.encode(protocol.finished(generation, item)))
                    return
                event = protocol.encode(protocol.frame(generation, item))
                if item.parts:
                    window.sent(item.end, len(event.encode()))
                self.cursor = item.end
                await self._send(event)
                if item.parts:
                    await asyncio.sleep(0 if item.is_full else FRAME_BEAT)
                await window.room()
