"""A bad network: a TCP proxy on the loopback whose faults are switched while connections go through it.

It knows no protocol, so a WebSocket, an event stream, PostgreSQL and Redis suffer alike. Faults hold for the
connections that are open and for new ones, until `heal`; what was held back then arrives, as after a lost network.

    with ToxicProxy(brook.port) as network:
        ...                             # let the client speak with network.port
        network.half_open()             # neither side hears the other any more, and neither is told
        network.heal()
"""

import asyncio
import socket
import struct
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any

from tests.support.server import free_port
from tests.support.upstream_thread import Portal

READ = 4096  # bytes
HELD = 64  # reads that a connection holds back each way; then the sender has to wait, as with a full network
BEAT = 0.05  # seconds between two pieces on a slow network
GAP = 0.001  # seconds between two slices, so that they arrive as two


@dataclass(frozen=True)
class Faults:
    latency: float = 0.0  # seconds each way
    rate: float | None = None  # bytes a second, each way of each connection
    piece: int | None = None  # bytes
    half_open: bool = False
    refusing: bool = False


class ToxicProxy:
    """Starts on entering. `sent` and `received` count what was forwarded to the server and back, in bytes."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.target = host, port
        self.port = free_port()
        self.faults = Faults()
        self.connections = self.sent = self.received = 0
        self._links: set[_Link] = set()
        self._portal: Portal
        self._server: asyncio.Server | None = None

    # Faults

    def latency(self, seconds: float) -> None:
        self._change(latency=seconds)

    def slow(self, bytes_per_second: float) -> None:
        self._change(rate=bytes_per_second)

    def sliced(self, size: int) -> None:
        """Nothing arrives in more bytes at once than these."""
        self._change(piece=size)

    def half_open(self) -> None:
        """Accepts, and forwards nothing in either direction, not even that a side has closed."""
        self._change(half_open=True)

    def refuse(self) -> None:
        """New connections are refused; those that are open go on."""
        self._change(refusing=True)

    def heal(self) -> None:
        self._change(**vars(Faults()))

    def cut(self) -> None:
        """Closes every connection in order (FIN), towards both sides."""
        self._call(self._each(_Link.close))

    def reset(self) -> None:
        """Breaks every connection (RST), towards both sides."""
        self._call(self._each(_Link.reset))

    @property
    def open_connections(self) -> int:
        return len(self._links)

    def count_sent(self, size: int) -> None:
        self.sent += size

    def count_received(self, size: int) -> None:
        self.received += size

    def _change(self, **faults: Any) -> None:
        self._call(self._apply(replace(self.faults, **faults)))

    async def _apply(self, faults: Faults) -> None:
        self.faults = faults
        for link in self._links:
            link.faults_changed.set()
        if faults.refusing:
            self._close()
        elif self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    async def _each(self, verb: "Callable[[_Link], None]") -> None:
        for link in list(self._links):
            verb(link)

    # Its life

    def __enter__(self) -> "ToxicProxy":
        self._portal = Portal()
        self.heal()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call(self._end())
        self._portal.close()

    async def _end(self) -> None:
        self._close()
        for link in list(self._links):
            link.close()
        while self._links:
            await asyncio.wait({link.task for link in self._links})

    def _close(self) -> None:
        if self._server:
            self._server.close()
            self._server = None

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        self._portal.call(work)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        link = _Link(self, reader, writer)
        self._links.add(link)
        link.task.add_done_callback(lambda _: self._links.discard(link))


class _Link:
    """One connection through the proxy."""

    def __init__(self, proxy: ToxicProxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.proxy = proxy
        self.faults_changed = asyncio.Event()
        self._writers = [writer]
        self.task = asyncio.create_task(self._serve(reader, writer))

    def close(self) -> None:
        self.task.cancel()

    def reset(self) -> None:
        self._throw_away()
        self.task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self.passage(_now())
            server_reader, server_writer = await asyncio.open_connection(*self.proxy.target)
            self._writers.append(server_writer)
            there = _Way(self, reader, server_writer, self.proxy.count_sent)
            back = _Way(self, server_reader, writer, self.proxy.count_received)
            async with asyncio.TaskGroup() as group:
                for work in (there.take(), there.give(), back.take(), back.give()):
                    group.create_task(work)
        except* OSError:  # one side is broken: so is the other
            self._throw_away()
        finally:
            for opened in self._writers:
                opened.transport.abort()  # what was handed to the kernel still leaves

    def _throw_away(self) -> None:
        """Makes the close a reset: a linger time of zero throws the connection away."""
        for writer in self._writers:
            with suppress(OSError):  # it has just closed by itself
                raw: socket.socket = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    async def passage(self, arrived: float) -> None:
        """Returns when the network delivers what it got at this time."""
        while (wait := self._wait(arrived)) > 0:
            self.faults_changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self.faults_changed.wait()

    def _wait(self, arrived: float) -> float:
        faults = self.proxy.faults
        return float("inf") if faults.half_open else arrived + faults.latency - _now()


class _Way:
    """One direction of a connection."""

    def __init__(
        self, link: _Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: Callable[[int], None]
    ) -> None:
        self._link, self._reader, self._writer, self._count = link, reader, writer, count
        self._held: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(HELD)
        writer.transport.set_write_buffer_limits(high=0)  # drained means handed to the kernel

    async def take(self) -> None:
        data = b"-"
        while data:
            data = await self._reader.read(READ)
            await self._held.put((_now(), data))

    async def give(self) -> None:
        while True:
            arrived, data = await self._held.get()
            await self._link.passage(arrived)
            if not data:
                self._writer.write_eof()
                return
            while data:
                data = await self._give_piece(data)

    async def _give_piece(self, data: bytes) -> bytes:
        """Forwards as much as goes at once; returns the rest."""
        faults = self._link.proxy.faults
        rate, size = faults.rate, faults.piece
        most = min(size or len(data), max(1, int(rate * BEAT)) if rate else len(data))
        piece, rest = data[:most], data[most:]
        self._count(len(piece))
        self._writer.write(piece)
        await self._writer.drain()
        if rate or size:
            await asyncio.sleep(max(len(piece) / rate if rate else 0, GAP))
        await self._link.passage(0)
        return rest


def _now() -> float:
    return asyncio.get_running_loop().time()
