"""The growing text itself: append at the end, read from a cursor. Pure.

A cursor is the number of code points, of reasoning and content together, in the order in which they came. Only the
server computes one; a browser keeps it and gives it back.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import cycle
from typing import Literal, NamedTuple

Kind = Literal["content", "reasoning"]
Phase = Literal["queued", "connecting", "thinking", "writing", "saving"]
Status = Literal["complete", "cancelled", "truncated", "failed", "interrupted"]

FRAME_CHARS = 16 * 1024
"""The most text in one frame; what is behind it comes in the next one. In UTF-8 at most 64 KiB."""

PIECE_CHARS = 4 * 1024
"""Neighbouring deltas are put together up to about this size: a million tiny ones must not be a million objects."""


class Part(NamedTuple):
    """A run of text of one kind."""

    kind: Kind
    text: str


class Frame(NamedTuple):
    """The text from cursor `start` to `end`. Without parts: only a position."""

    start: int
    end: int
    parts: tuple[Part, ...]
    phase: Phase

    @property
    def is_full(self) -> bool:
        """There is probably more behind it."""
        return self.end - self.start >= FRAME_CHARS


class Ending(NamedTuple):
    """How a generation ended. `cursor` is the end of the stored text, `left_out` what the prompt had no room for.

    `model` is the one that wrote, empty where nobody knows.
    `thinking_ms` is the time from the first word of reasoning to the first of the answer, None where there was none.
    """

    status: Status
    finish_reason: str | None = None
    error_code: str = ""
    error_text: str = ""
    cursor: int = 0
    left_out: int = 0
    thinking_ms: int | None = None
    model: str = ""


class Text:
    """Reasoning and content in the order in which they came. A cursor counts their code points together."""

    def __init__(self) -> None:
        self.end = 0
        self.runs: list[int] = []
        """How many code points of reasoning, then of content, then of reasoning again, …: their order."""

        self._parts: list[Part] = []
        self._starts: list[int] = []

    @classmethod
    def of(cls, content: str, reasoning: str, runs: Sequence[int] | None = None) -> "Text":
        """The text that is stored as these three, as far as `runs` says its order; without them the reasoning is first.

        What their limit has cut off is left out, for nobody knows how it was mixed, and a wrong order would be shown.
        """
        text = cls()
        whole: dict[Kind, str] = {"reasoning": reasoning, "content": content}
        read = dict.fromkeys(whole, 0)
        kinds: cycle[Kind] = cycle(whole)
        for kind, length in zip(kinds, (len(reasoning), len(content)) if runs is None else runs):  # noqa: B905  endless
            text.append(kind, whole[kind][read[kind] : read[kind] + length])
            read[kind] += length
        return text

    @classmethod
    def resumed(cls, content: str, reasoning: str, runs: Sequence[int] | None) -> "Text":
        """The stored text to go on from: as `of`, with what has lost its order behind it, for nothing may be missing.

        So it begins as every mirror shows it that has read the same from the database.
        """
        text = cls.of(content, reasoning, runs)
        text.append("reasoning", reasoning[len(text.whole("reasoning")) :])
        text.append("content", content[len(text.whole("content")) :])
        return text

    def append(self, kind: Kind, text: str) -> None:
        if not text:
            return
        self._count(kind, len(text))
        last = self._parts[-1] if self._parts else None
        if last and last.kind == kind and len(last.text) < PIECE_CHARS:
            self._parts[-1] = Part(kind, last.text + text)
        else:
            self._parts.append(Part(kind, text))
            self._starts.append(self.end)
        self.end += len(text)

    def _count(self, kind: Kind, length: int) -> None:
        if not self.runs and kind == "content":
            self.runs.append(0)
        if not self._parts or self._parts[-1].kind != kind:
            self.runs.append(0)
        self.runs[-1] += length

    def read(self, cursor: int, most: int = FRAME_CHARS) -> tuple[Part, ...]:
        """What stands from `cursor` on, at most so many code points, neighbours of one kind joined.

        A cursor beyond the end reads nothing.
        """
        cursor = max(cursor, 0)
        if cursor >= self.end:
            return ()
        first = bisect_right(self._starts, cursor) - 1
        skipped = cursor - self._starts[first]
        joined: list[tuple[Kind, list[str]]] = []
        for index in range(first, len(self._parts)):
            kind, text = self._parts[index]
            piece = text[skipped : skipped + most]
            skipped = 0
            most -= len(piece)
            if not joined or joined[-1][0] != kind:
                joined.append((kind, []))
            joined[-1][1].append(piece)
            if most <= 0:
                break
        return tuple(Part(kind, "".join(texts)) for kind, texts in joined)

    def whole(self, kind: Kind) -> str:
        return "".join(part.text for part in self._parts if part.kind == kind)
