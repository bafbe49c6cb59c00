"""Bytes to server-sent events, incrementally. Pure: no I/O, no clock.

Follows https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation to the letter,
with a limit on every buffer. Works on bytes because text tools split lines on characters (U+2028, U+0085, …) that
the specification does not, and would cut the JSON inside an event. Does not reconnect: an answer is asked for once.
"""

import codecs
from collections.abc import Iterator
from typing import NamedTuple

from chat.relay import errors
from chat.relay.limits import Limits


class Event(NamedTuple):
    """One dispatched event."""

    data: str
    type: str = "message"
    last_event_id: str = ""


class Decoder:
    """`decode(bytes)` as they come, in any cuts; an event that the end cuts off is dropped, as the standard says."""

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008  a frozen value
        self._limits = limits
        self._line = bytearray()
        self._at_start = True
        self._after_cr = False
        self._data: list[bytes] = []
        self._data_size = 0
        self._type = b""
        self._last_event_id = b""

    def decode(self, data: bytes) -> Iterator[Event]:
        """Yields the events that `data` completes; to be read to its end before the next call.

        Raises `UpstreamError` past the line and event limits, after the events that came before.
        """
        lines = self._normalised(data).split(b"\n")
        for end in lines[:-1]:
            event = self._end_of_line(end)
            if event:
                yield event
        self._extend(lines[-1])

    def cut_off(self) -> str:
        """The data of an event that the end has cut off, perhaps in its middle; empty when there is none."""
        last = bytes(self._line)
        data = [*self._data, last[5:].removeprefix(b" ")] if last.startswith(b"data:") else self._data
        return b"\n".join(data).decode("utf-8", "replace")

    def _normalised(self, data: bytes) -> bytes:
        """The data with LF as the only line end. A CR ends its line at once; the LF of a cut CRLF is dropped."""
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
            self._after_cr = False
        if data:
            self._after_cr = data.endswith(b"\r")
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return data

    def _extend(self, part: bytes) -> None:
        if len(self._line) + len(part) > self._limits.line_bytes:
            raise errors.too_much("a line", self._limits.line_bytes, "bytes")
        self._line += part

    def _end_of_line(self, part: bytes) -> Event | None:
        if self._line or len(part) > self._limits.line_bytes:
            self._extend(part)
            part = bytes(self._line)
            self._line.clear()
        if self._at_start:
            part = part.removeprefix(codecs.BOM_UTF8)
            self._at_start = False
        if not part:
            return self._dispatch()
        self._field(part)
        return None

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._add_data(value)
        elif name == b"event":
            self._type = value
        elif name == b"id" and b"\0" not in value:
            self._last_event_id = value
        # A line that begins with a colon is a comment; `retry` is for clients that reconnect; the rest is unknown.

    def _add_data(self, value: bytes) -> None:
        self._data_size += len(value) + 1
        if self._data_size > self._limits.event_bytes:
            raise errors.too_much("an event", self._limits.event_bytes, "bytes")
        self._data.append(value)

    def _dispatch(self) -> Event | None:
        data, kind = self._data, self._type
        self._data, self._data_size, self._type = [], 0, b""
        if not data:
            return None
        text = b"\n".join(data).decode("utf-8", "replace")
        return Event(
            text,
            kind.decode("utf-8", "replace") or "message",
            self._last_event_id.decode("utf-8", "replace"),
        )
