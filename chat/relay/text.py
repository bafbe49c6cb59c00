"""The growing text itself: append at the end, read from a cursor. Pure.

A cursor is the number of code points, of reasoning and content together, in the order in which they came. Only the
server computes one; a browser keeps it and gives it back.
"""

from bisect import bisect_right
from typing import Literal, NamedTuple

Kind = Literal["content", "reasoning"]
Phase = Literal["queued", "connecting", "thinking", "writing"]
Status = Literal["complete", "cancelled", "truncated", "failed", "interrupted"]


class Part(NamedTuple):
    """A run of text of one kind."""

    kind: Kind
    text: str


class Frame(NamedTuple):
    """All text from cursor `start` to `end`, the end of the text at that moment. Without parts: only a position."""

    start: int
    end: int
    parts: tuple[Part, ...]
    phase: Phase


class Ending(NamedTuple):
    """How a generation ended. `cursor` is the end of the stored text, `left_out` what the prompt had no room for."""

    status: Status
    finish_reason: str | None = None
    error_code: str = ""
    error_text: str = ""
    cursor: int = 0
    left_out: int = 0


class Text:
    """Reasoning and content in the order in which they came. A cursor counts their code points together."""

    def __init__(self) -> None:
        self.end = 0
        self._parts: list[Part] = []
        self._starts: list[int] = []

    def append(self, kind: Kind, text: str) -> None:
        if text:
            self._parts.append(Part(kind, text))
            self._starts.append(self.end)
            self.end += len(text)

    def read(self, cursor: int) -> tuple[Part, ...]:
        """Everything from `cursor` on, neighbours of one kind joined. A cursor beyond the end reads nothing."""
        cursor = max(cursor, 0)
        if cursor >= self.end:
            return ()
        first = bisect_right(self._starts, cursor) - 1
        skipped = cursor - self._starts[first]
        joined: list[tuple[Kind, list[str]]] = []
        for kind, text in self._parts[first:]:
            if not joined or joined[-1][0] != kind:
                joined.append((kind, []))
            joined[-1][1].append(text[skipped:])
            skipped = 0
        return tuple(Part(kind, "".join(texts)) for kind, texts in joined)

    def whole(self, kind: Kind) -> str:
        return "".join(part.text for part in self._parts if part.kind == kind)
