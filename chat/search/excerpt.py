"""The words around what was found, with what was found marked. Pure."""

from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

from chat.search.query import Hit, Query

WIDTH = 160
"""Characters of an excerpt, about."""

BEFORE = 40
"""How many of them stand before what was found."""


class Part(NamedTuple):
    text: str
    hit: bool


def excerpt(text: str, query: Query) -> list[Part]:
    """The first place in `text` with as many different terms as any; its beginning where there is none."""
    hits = query.hits(text)
    start, end = _window(text, _best(hits))
    parts = marked(text[start:end], [_moved(hit, start) for hit in hits if start <= hit.start < end])
    dots = [Part("…" * (start > 0), hit=False)], [Part("…" * (end < len(text)), hit=False)]
    return _joined([*dots[0], *parts, *dots[1]])


def marked(text: str, hits: Sequence[Hit]) -> list[Part]:
    """All of `text`, in which the hits are parts of their own."""
    parts: list[Part] = []
    at = 0
    for hit in hits:
        parts += [Part(text[at : hit.start], hit=False), Part(text[hit.start : hit.end], hit=True)]
        at = hit.end
    return _joined([*parts, Part(text[at:], hit=False)])


def _best(hits: Sequence[Hit]) -> int:
    """Where to look: the hit with the most different terms in reach."""

    def terms(index: int) -> int:
        reach = hits[index].start + WIDTH - BEFORE
        near = takewhile(lambda place: hits[place].end <= reach, range(index, len(hits)))  # they are in order
        return len({hits[place].term for place in near})

    return hits[max(range(len(hits)), key=terms)].start if hits else 0


def _window(text: str, place: int) -> tuple[int, int]:
    """About `WIDTH` characters around `place`, cut at blanks where there are some near."""
    start = max(0, place - BEFORE)
    if start:
        blank = text.find(" ", start, place)
        start = blank + 1 if blank >= 0 else start
    end = min(len(text), start + WIDTH)
    if end < len(text):
        blank = text.rfind(" ", end - BEFORE, end)
        end = blank if blank >= 0 else end
    return start, end


def _moved(hit: Hit, start: int) -> Hit:
    return hit._replace(start=hit.start - start, end=hit.end - start)


def _joined(parts: Sequence[Part]) -> list[Part]:
    """On one line, neighbours of a kind in one, without empty ones."""
    found: list[Part] = []
    for part in parts:
        text = "".join(" " if character.isspace() else character for character in part.text)
        if found and found[-1].hit == part.hit:
            text = found.pop().text + text
        if text:
            found.append(Part(text, part.hit))
    return found
