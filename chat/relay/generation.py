"""A generation as it lives in the process that runs it: the upstream appends to its text, and nobody else does.

How everybody reads it is in growing.py.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from chat.relay import errors
from chat.relay.completions import Chunk
from chat.relay.errors import UpstreamError
from chat.relay.growing import Growing
from chat.relay.limits import Limits
from chat.relay.text import Ending, Kind, Phase, Text

logger = logging.getLogger(__name__)

NAME_CHARS = 200
"""What the columns `provider` and `model` hold; llama.cpp by itself calls a model by the path of its file."""

RUNS_KEPT = 10_000
"""Changes between reasoning and content whose order is stored. A model changes twice; an upstream may invent more."""


@dataclass(slots=True)
class Facts:
    """What is known of a run besides its text; the names are those of the row's columns."""

    provider: str = ""
    model: str = ""
    left_out: int = 0
    upstream_request_id: str = ""
    chunk_count: int = 0
    longest_gap_ms: int = 0
    thinking_ms: int | None = None
    first_delta_at: datetime | None = None
    usage: dict[str, int] | None = None
    closing_ms: int | None = None

    def fields(self) -> dict[str, Any]:
        """As the database takes them: names that upstreams made up are cut to what a column holds."""
        names = {name: getattr(self, name).replace("\0", "")[:NAME_CHARS] for name in ("provider", "model")}
        return {**asdict(self), **names}


class LiveGeneration(Growing):
    """`outcome` is set when nothing will be appended any more, `ending` when the database has it."""

    def __init__(self, key: UUID, owner_id: int, limits: Limits, text: Text | None = None) -> None:
        """`text` is what it goes on from, if it continues another answer."""
        super().__init__()
        self.text = text or self.text
        self.id = key
        self.owner_id = owner_id
        self.begun_at = datetime.now(UTC)
        self.facts = Facts()
        self.outcome: Ending | None = None
        self._limits = limits
        self._finish_reason: str | None = None
        self._done = False
        self._last_read: float | None = None
        self._thinking_since: float | None = None
        self._reader: asyncio.Task[None] | None = None
        self._closed_at = 0.0
        self._released = asyncio.Event()

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
        if self.outcome and self.outcome.status in ("cancelled", "interrupted"):
            self.facts.closing_ms = round(1000 * (asyncio.get_running_loop().time() - self._closed_at))
        self._released.set()

    def cancel(self, status: Literal["cancelled", "interrupted"] = "cancelled") -> bool:
        """Ends the generation now, in whatever phase. Returns False when it had ended already: the first end wins."""
        words = errors.INTERRUPTED if status == "interrupted" else ("", "")
        if not self._close(Ending(status, None, *words)):
            return False
        if self._reader:
            self._reader.cancel()
        return True

    def enter(self, phase: Phase) -> None:
        """After the end there is one phase left: saving."""
        if self.outcome is None or phase == "saving":
            self.phase = phase
            self.wake()

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
        self._note_thinking(kind)
        room = max(self._limits.answer_chars - self.text.end, 0)
        self.text.append(kind, text[:room])
        self.enter("writing")
        if len(text) > room:
            raise errors.too_much("an answer", self._limits.answer_chars, "characters")

    def _note_gap(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._last_read is not None:
            self.facts.longest_gap_ms = max(self.facts.longest_gap_ms, round(1000 * (now - self._last_read)))
        self._last_read = now

    def _note_thinking(self, kind: Kind) -> None:
        if kind == "content":
            self._end_thinking()
        elif self._thinking_since is None:
            self._thinking_since = asyncio.get_running_loop().time()

    def _end_thinking(self) -> None:
        """At the first word of the answer, or at the end when there was none."""
        if self._thinking_since is not None and self.facts.thinking_ms is None:
            self.facts.thinking_ms = round(1000 * (asyncio.get_running_loop().time() - self._thinking_since))

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
        self._end_thinking()
        self.outcome = outcome._replace(
            cursor=self.text.end,
            left_out=self.facts.left_out,
            thinking_ms=self.facts.thinking_ms,
            model=self.facts.fields()["model"],
        )
        self._closed_at = asyncio.get_running_loop().time()
        self.wake()
        return True

    # Waiting: the recorder's side

    async def closed(self, seconds: float) -> None:
        """Waits until nothing will be appended any more, at most `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.outcome is None:
                    await self._changed.wait()

    async def released(self, seconds: float) -> None:
        """Waits until the upstream's connection is closed, at most `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._released.wait()

    def log_end(self, ending: Ending, conversation: UUID | None) -> None:
        """One line for each generation: identifiers, times and counts, never what was said."""
        facts = self.facts
        logger.info(
            "generation %s in conversation %s %s after %.2fs (first words %s) finish_reason=%s error=%s model=%s "
            "chunks=%d characters=%d longest_gap=%dms closing=%s request=%s",
            self.id,
            conversation or "(temporary)",
            ending.status,
            (datetime.now(UTC) - self.begun_at).total_seconds(),
            facts.first_delta_at and f"{(facts.first_delta_at - self.begun_at).total_seconds():.2f}s",
            ending.finish_reason,
            ending.error_code or None,
            facts.model or None,
            facts.chunk_count,
            self.text.end,
            facts.longest_gap_ms,
            None if facts.closing_ms is None else f"{facts.closing_ms}ms",
            facts.upstream_request_id or None,
        )
