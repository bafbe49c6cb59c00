"""A generation as it lives in this process: a text that only grows, and everybody reads it with a cursor.

The upstream appends, nobody else does. A tab that is new, slow, reloaded or late is a cursor further back, not a
special case: a follower owns no queue, and takes all text from its cursor to the end when it is ready. So nothing can
be dropped or reordered, and a slow reader costs no memory.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from chat.relay import errors
from chat.relay.completions import Chunk
from chat.relay.errors import UpstreamError
from chat.relay.limits import Limits
from chat.relay.text import Ending, Frame, Kind, Phase, Text

logger = logging.getLogger(__name__)

NAME_CHARS = 200
"""What the columns `provider` and `model` hold; llama.cpp by itself calls a model by the path of its file."""

HEARTBEAT = 5.0
"""Seconds after which a follower is told where the text stands although nothing has changed."""


@dataclass(slots=True)
class Facts:
    """What is known of a run besides its text; the names are those of the row's columns."""

    provider: str = ""
    model: str = ""
    left_out: int = 0
    upstream_request_id: str = ""
    chunk_count: int = 0
    longest_gap_ms: int = 0
    first_delta_at: datetime | None = None
    usage: dict[str, int] | None = None

    def fields(self) -> dict[str, Any]:
        """As the database takes them: names that upstreams made up are cut to what a column holds."""
        names = {name: getattr(self, name).replace("\0", "")[:NAME_CHARS] for name in ("provider", "model")}
        return {**asdict(self), **names}


class LiveGeneration:
    """The text, its phase and its end, with everybody who waits for them.

    `outcome` is set when nothing will be appended any more; `ending` when the database has it, which is the first that
    a follower hears of it.
    """

    def __init__(self, key: UUID, owner_id: int, limits: Limits) -> None:
        self.id = key
        self.owner_id = owner_id
        self.begun_at = datetime.now(UTC)
        self.text = Text()
        self.phase: Phase = "queued"
        self.facts = Facts()
        self.outcome: Ending | None = None
        self.ending: Ending | None = None
        self._limits = limits
        self._finish_reason: str | None = None
        self._done = False
        self._last_read: float | None = None
        self._reader: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    # Writing: the upstream's side

    async def run(self, source: AsyncGenerator[list[Chunk]]) -> None:
        """Appends what `source` yields until it ends, fails, or `cancel` is called; then `outcome` is set.

        The reading has a task of its own, which is cancelled at most once, so that Stop reaches it at whatever it waits
        for: a place in the queue, the connection, the first byte, the next one. Returns when `source` is closed.
        """
        if self.outcome is None:
            self._reader = asyncio.create_task(self._read(source), name=f"reader {self.id}")
            await asyncio.wait({self._reader})
            self._close(self._outcome_of(self._reader))
        await source.aclose()

    def cancel(self, status: Literal["cancelled", "interrupted"] = "cancelled") -> bool:
        """Ends the generation now, in whatever phase. Returns False when it had ended already: the first end wins."""
        words = errors.INTERRUPTED if status == "interrupted" else ("", "")
        if not self._close(Ending(status, None, *words)):
            return False
        if self._reader:
            self._reader.cancel()
        return True

    def enter(self, phase: Phase) -> None:
        if self.outcome is None:
            self.phase = phase
            self._wake()

    def publish(self, ending: Ending) -> None:
        """Tells the followers the end, as the database has it."""
        self.ending = ending
        self._wake()

    async def _read(self, source: AsyncGenerator[list[Chunk]]) -> None:
        async with aclosing(source):
            async for chunks in source:
                if chunks:
                    self._note_gap()
                for chunk in chunks:
                    self._take(chunk)

    def _take(self, chunk: Chunk) -> None:
        self._append("reasoning", chunk.reasoning)
        self._append("content", chunk.content)
        self._done = self._done or chunk.done
        self._finish_reason = chunk.finish_reason or self._finish_reason
        facts = self.facts
        facts.chunk_count += bool(chunk.content or chunk.reasoning)
        facts.usage = chunk.usage or facts.usage
        facts.upstream_request_id = facts.upstream_request_id or chunk.id
        facts.model = chunk.model or facts.model

    def _append(self, kind: Kind, text: str) -> None:
        if not text or self.outcome is not None:  # nothing grows back after Stop
            return
        if self.facts.first_delta_at is None:
            self.facts.first_delta_at = datetime.now(UTC)
        room = self._limits.answer_chars - self.text.end
        self.text.append(kind, text[:room])
        self.enter("writing")
        if len(text) > room:
            raise errors.too_much("an answer", self._limits.answer_chars, "characters")

    def _note_gap(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._last_read is not None:
            self.facts.longest_gap_ms = max(self.facts.longest_gap_ms, round(1000 * (now - self._last_read)))
        self._last_read = now

    def _outcome_of(self, reader: asyncio.Task[None]) -> Ending:
        if reader.cancelled():  # by somebody else than `cancel`: the event loop is being closed
            return Ending("interrupted", None, *errors.INTERRUPTED)
        error = reader.exception()
        if error is None:
            if self._done or self._finish_reason:
                return Ending("complete", self._finish_reason)
            return Ending("truncated", None, *errors.TRUNCATED)
        if isinstance(error, UpstreamError):
            return Ending("failed", self._finish_reason, error.code, str(error))
        logger.error("Generation %s failed by a defect of ours", self.id, exc_info=error)
        return Ending("failed", self._finish_reason, *errors.INTERNAL)

    def _close(self, outcome: Ending) -> bool:
        if self.outcome is not None:
            return False
        self.outcome = outcome._replace(cursor=self.text.end, left_out=self.facts.left_out)
        self._wake()
        return True

    # Reading: everybody else's side

    async def follow(self, cursor: int) -> AsyncGenerator[Frame | Ending]:
        """Yields a frame for whatever is new since `cursor`, then what comes, and as the last thing the ending.

        A frame without parts tells a new phase, or after `HEARTBEAT` seconds of quiet just where the text stands.
        """
        phase: Phase | None = None
        while True:
            if self.text.end > cursor or self.phase != phase:
                frame = Frame(cursor, max(cursor, self.text.end), self.text.read(cursor), self.phase)
                cursor, phase = frame.end, frame.phase
                yield frame
            elif self.ending:
                yield self.ending
                return
            elif not await self.changed(HEARTBEAT):
                yield Frame(cursor, cursor, (), self.phase)

    async def changed(self, seconds: float) -> bool:
        """Waits for the next change, at most `seconds`; returns whether there was one."""
        event = self._changed
        try:
            async with asyncio.timeout(seconds):
                return await event.wait()
        except TimeoutError:
            return False

    async def closed(self, seconds: float) -> None:
        """Waits until nothing will be appended any more, at most `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while self.outcome is None:
                    await self._changed.wait()
        except TimeoutError:
            pass

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
