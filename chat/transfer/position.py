"""Where an element stands in a JSON text. Pure, and run only when something is wrong with it.

The text is well-formed: it has been read before. Values are passed over as wholes, by expressions that never go back,
so that 50 MB take a second or two.
"""

import json
import re
from mmap import mmap

Text = bytes | bytearray | mmap

STEPS = 200_000
"""Elements that are passed on the way. What people export has fewer; of anything else the line is not worth minutes."""

NESTED = 12
"""Lists and objects within one another that are passed over as one. ChatGPT's are eight or nine."""

_BLANK = re.compile(rb"[ \t\r\n]*+")
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_INERT = re.compile(rb'(?:[^"\[\]{}]++|' + _STRING.pattern + rb")*+", re.DOTALL)


def _value() -> re.Pattern[bytes]:
    """A text, a number or a word; or a list or an object in which no more than so many stand within one another."""
    inner = rb""
    for _ in range(NESTED):
        inner = rb'|[\[{](?:[^"\[\]{}]++|' + _STRING.pattern + inner + rb")*+[\]}]"
    return re.compile(_STRING.pattern + rb'|[^,\[\]{}:" \t\r\n]++' + inner, re.DOTALL)


_VALUE = _value()


def line_of(text: Text, path: tuple[str | int, ...]) -> int:
    """The line, counted from 1, on which the element begins to which `path` leads, or the last one on the way to it."""
    return line_at(text, _Way(text).to(path))


def line_at(text: Text, offset: int) -> int:
    """The line on which this byte is."""
    lines, at = 1, 0
    while at < offset:
        lines += text[at : min(offset, at + 2**20)].count(b"\n")
        at += 2**20
    return lines


class _Way:
    def __init__(self, text: Text) -> None:
        self._text = text
        self._at = 0
        """The beginning of the element that was reached."""

        self._left = STEPS

    def to(self, path: tuple[str | int, ...]) -> int:
        try:
            self._at = self._blank(0)
            for step in path:
                self._at = self._member(step)
        except (LookupError, ValueError, _TooFar):
            pass
        return self._at

    def _member(self, step: str | int) -> int:
        """Where the element `step` of the object or list that was reached begins. Raises LookupError without one."""
        text = self._text
        is_object = text[self._at : self._at + 1] == b"{"
        if text[self._at : self._at + 1] not in (b"{", b"["):
            raise LookupError(step)
        at, number = self._blank(self._at + 1), 0
        while text[at : at + 1] not in (b"]", b"}", b""):
            name: str | int = number
            if is_object:
                key = self._match(_STRING, at)
                name = json.loads(text[at:key].decode())
                at = self._blank(self._blank(key) + 1)  # behind the colon
            if name == step:
                return at
            at = self._blank(self._behind(at))
            at = self._blank(at + 1) if text[at : at + 1] == b"," else at
            number += 1
        raise LookupError(step)

    def _behind(self, at: int) -> int:
        """Where the value that begins at `at` ends."""
        begun, depth = at, 0
        while True:
            self._step(begun)
            if found := _VALUE.match(self._text, at):
                at = found.end()
            elif self._text[at : at + 1] in (b"[", b"{"):  # nested too deeply for the expression
                depth, at = depth + 1, at + 1
            elif self._text[at : at + 1] in (b"]", b"}"):
                depth, at = depth - 1, at + 1
            else:
                raise LookupError(at)
            if depth == 0:
                return at
            at = self._match(_INERT, at)

    def _step(self, at: int) -> None:
        self._left -= 1
        if self._left < 0:
            self._at = at
            raise _TooFar

    def _blank(self, at: int) -> int:
        return self._match(_BLANK, at)

    def _match(self, pattern: re.Pattern[bytes], at: int) -> int:
        """The end of the match that begins there. Raises LookupError where nothing does."""
        found = pattern.match(self._text, at)
        if found is None:
            raise LookupError(at)
        return found.end()


class _TooFar(Exception):
    pass
