"""The conversation that a tab shows: told as a whole, then by what is new, with the text of its answer beside it.

What the tab knows already is in shown.py, how it is sent the text in following.py.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from uuid import UUID

from chat.live import protocol
from chat.live.following import Following, Spawn
from chat.live.rows import Snapshot
from chat.live.shown import Shown, under_way, writes
from chat.relay.switchboard import Switchboard


class Screen:
    def __init__(
        self, switchboard: Switchboard, send: Callable[[str], Awaitable[None]], spawn: Spawn, window: float
    ) -> None:
        self._send = send
        self._shown = Shown()
        self.text = Following(switchboard, send, spawn, self._shown.ended, window)

    @property
    def conversation(self) -> UUID | None:
        return self._shown.conversation

    def turn_to(self, conversation: UUID | None, known: Iterable[protocol.Row] = ()) -> None:
        """From now on it shows these rows of another conversation, and no text."""
        self._shown.turn_to(conversation, known)
        self.text.stop()

    async def present(self, found: Snapshot, cursor: int = 0) -> None:
        """Tells all of a conversation. `cursor` is how far the tab has the text of the answer under way."""
        for row in found.rows:
            if row["generation"] and writes(found.streaming, row):
                row["generation"]["cursor"] = cursor
        self.turn_to(found.conversation, found.rows)
        await self._emit(protocol.transcript(found.summary, found.rows))
        if found.streaming:
            self.text.follow(found.streaming, cursor)

    async def catch_up(self, found: Snapshot) -> None:
        """Tells what the tab does not know yet of the conversation that it shows."""
        await self._emit(protocol.conversation(found.summary))
        if self._shown.is_beyond(found.rows, self.text.under_way):
            await self.present(found)
            return
        for row in self._shown.news(found.rows):
            told = under_way(row, self.text.cursor) if writes(self.text.under_way, row) else row
            await self._emit(protocol.message(found.conversation, told))
        self._shown.learn(found.rows)
        if found.streaming and found.streaming != self.text.generation:
            if self.text.under_way:  # still behind with the answer before, which has ended
                await self.present(found)
            else:
                self.text.follow(found.streaming, 0)

    async def _emit(self, event: dict[str, Any]) -> None:
        await self._send(protocol.encode(event))
