"""HTTP/1.1 on one accepted socket, as much as the scripted upstream needs: not a web server.

The watch for the client's hang-up is a read that runs beside the script: a client sends nothing
after its request, so the end of the input is the moment it left, in whatever phase.
"""

import asyncio
import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from http import HTTPStatus
from typing import NamedTuple

from tests.support.scripts import Close, Hang, Head, Pause, Raw, Reset, Send, Step, WaitFor


class Incoming(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    content: bytes


class Wire:
    """Reads requests, writes answers, notices the end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._received = bytearray()
        writer.transport.set_write_buffer_limits(high=0)  # drained means handed to the kernel

    async def request(self) -> Incoming | None:
        """The next request, or None when the client is gone."""
        while b"\r\n\r\n" not in self._received:
            if not await self._more():
                return None
        head, _, rest = bytes(self._received).partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ")
        headers = dict(_header(line) for line in lines)
        if "transfer-encoding" in headers:
            raise NotImplementedError("the scripted upstream reads bodies with a length only")
        length = int(headers.get("content-length", 0))
        self._received = bytearray(rest)
        while len(self._received) < length:
            if not await self._more():
                return None
        content = bytes(self._received[:length])
        del self._received[:length]
        return Incoming(method, path, headers, content)

    async def left(self) -> None:
        """Return when the client has closed or broken the connection."""
        while await self._more():
            pass

    async def _more(self) -> bool:
        try:
            data = await self._reader.read(65_536)
        except ConnectionError:
            return False
        self._received += data
        return bool(data)

    async def turn(self) -> None:
        """Let a client on this loop read what was sent: one pass to poll, one to hand over."""
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def close(self) -> None:
        self._writer.close()

    def abort(self) -> None:
        self._writer.transport.abort()

    def reset(self) -> None:
        """Close with RST: a linger time of zero throws the connection away."""
        raw: socket.socket = self._writer.get_extra_info("socket")
        with suppress(OSError):  # it has just closed by itself
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.abort()


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.lower(), value.strip()


class Answer:
    """Plays one script on a wire. `reusable` says whether another request may follow."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._head: Head | None = None
        self._sent = 0  # bytes of the body
        self._raw = False
        self._closed = False

    @property
    def reusable(self) -> bool:
        if self._head is None or self._raw or self._closed:
            return False
        if self._head.length is not None:
            return self._head.length == self._sent
        return self._head.chunked

    async def perform(self, step: Step) -> bool:
        """Play one step. False after the last: the connection is closed."""
        await self._wire.turn()
        match step:
            case Head():
                await self._open(step)
            case Send(data):
                await self._send(data)
            case Raw(data):
                self._raw = True
                await self._wire.write(data)
            case Pause(seconds):
                await asyncio.sleep(seconds)
            case WaitFor(gate):
                await gate.passage()
            case Hang():
                await asyncio.Event().wait()
            case Close():
                self._closed = True
                self._wire.close()
            case Reset():
                self._closed = True
                self._wire.reset()
            case _:
                raise TypeError(f"not a step: {step!r}")
        return not self._closed

    async def end(self) -> None:
        """Keep what the head promised. After raw bytes nobody knows what that is.

        Without a pause after the last step, so that a client that leaves as soon as it has
        read `[DONE]` was answered, and did not hang up.
        """
        if self._closed or self._raw:
            return
        head = self._head or await self._open(Head())
        if head.length is None and head.chunked:
            await self._wire.write(b"0\r\n\r\n")

    async def _send(self, data: bytes) -> None:
        head = self._head or await self._open(Head())
        self._sent += len(data)
        if head.length is not None or not head.chunked:
            await self._wire.write(data)
        elif data:  # an empty chunk would be the end
            await self._wire.write(b"%x\r\n%b\r\n" % (len(data), data))

    async def _open(self, head: Head) -> Head:
        self._head = head
        await self._wire.write(b"\r\n".join(line.encode() for line in _lines(head)) + b"\r\n\r\n")
        return head


def _lines(head: Head) -> Iterable[str]:
    known = head.status in HTTPStatus.__members__.values()
    yield f"HTTP/1.1 {head.status} {HTTPStatus(head.status).phrase if known else 'Unknown'}"
    yield f"Content-Type: {head.content_type}"
    if head.length is not None:
        yield f"Content-Length: {head.length}"
    elif head.chunked:
        yield "Transfer-Encoding: chunked"
    else:
        yield "Connection: close"
    for name, value in head.headers.items():
        yield f"{name}: {value}"
