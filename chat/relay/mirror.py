"""A copy of a text that grows in another process, for the tabs that this process serves.

It is fed by the owner's frames for as long as it says that it is interested. Whenever the owner says nothing, because
Redis is down, or it has died, or there is nothing new, the copy is fed by what the owner has stored. A frame that was
seen is dropped, a hole is asked for again, and the database's ending is the end: so the copy is always a beginning of
the owner's text.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from uuid import UUID

from django.db import Error as DatabaseError

from chat.models import Generation
from chat.relay import errors
from chat.relay.database import in_database, reason
from chat.relay.growing import Growing
from chat.relay.spool import stored_ending
from chat.relay.text import Ending, Frame, Part, Text

logger = logging.getLogger(__name__)

RENEWAL = 1.0
"""Seconds between two words of interest; also between two looks into the database while the owner says nothing."""

GONE = Ending("interrupted", None, *errors.INTERRUPTED)

Ask = Callable[[str, int, bool], Awaitable[None]]


class Mirror(Growing):
    readers = 0
    task: "asyncio.Task[None]"

    def __init__(self, key: UUID) -> None:
        super().__init__()
        self.phase = "thinking"
        self._key = key
        self._owner = ""
        self._heard = False
        self._lost = asyncio.Event()

    async def keep_up(self, ask: Ask) -> None:
        """Copies until the end. `ask(owner, cursor, again)` tells the owner from where on somebody here reads."""
        while self.ending is None:
            try:
                await self._step(ask)
            except Exception:  # its readers would wait for ever
                logger.exception("The copy of generation %s stumbled over a defect of ours", self._key)
            if self.ending is None:
                await self._pause()

    async def _step(self, ask: Ask) -> None:
        if not self._heard:
            await self._look()
        again, self._heard = self._lost.is_set(), False
        self._lost.clear()
        if self._owner and self.ending is None:
            await ask(self._owner, self.text.end, again)

    def take(self, frame: Frame) -> None:
        """A frame from the owner: what is known already is dropped, and what leaves a hole is asked for again."""
        self._heard = True
        if self.ending is not None:
            return
        if frame.start > self.text.end:
            self._lost.set()
            return
        self._append(frame.parts, self.text.end - frame.start)
        self.phase = frame.phase
        self.wake()

    def end(self, ending: Ending) -> None:
        """The owner says that the database has the end."""
        self._heard = True
        if ending.cursor > self.text.end:
            self._lost.set()
        elif self.ending is None:
            self.publish(ending)
            self._lost.set()

    def _append(self, parts: tuple[Part, ...], known: int) -> None:
        for kind, text in parts:
            self.text.append(kind, text[known:])
            known = max(0, known - len(text))

    async def _look(self) -> None:
        """Takes what the database has."""
        try:
            row = await in_database(_row, self._key, self.text.end)
        except DatabaseError as error:
            logger.warning("Generation %s could not be read, the next look will catch up: %s", self._key, reason(error))
            return
        if row is None:  # deleted with its conversation
            self.publish(GONE._replace(cursor=self.text.end))
            return
        self._owner = row.owner_process
        if row.cursor > self.text.end:
            text = Text.of(row.message.content, row.message.reasoning, row.runs)
            while parts := text.read(self.text.end):
                self._append(parts, 0)
            self.phase = "writing"
            self.wake()
        if row.status != Generation.Status.STREAMING:
            self.publish(stored_ending(row))

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(RENEWAL):
                await self._lost.wait()
        except TimeoutError:
            pass


def _row(key: UUID, cursor: int) -> Generation | None:
    """The row, with its message if that holds more than is known."""
    row = Generation.objects.filter(pk=key).first()
    if row and row.cursor > cursor:
        row = Generation.objects.select_related("message").filter(pk=key).first()
    return row
