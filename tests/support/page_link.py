"""How a page keeps its connection: static/js/connection.js, pulse.js and backoff.js in Python.

Any of several servers will do, each try goes to the next one, as a balancer deals them out. WebSocket only.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import cycle
from random import Random
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

WELCOME_WITHIN = 10.0
PING_EVERY = 20.0
PONG_WITHIN = 10.0
PONG_WITHIN_WHEN_DOUBTED = 3.0
STEADY_AFTER = 10.0
FIRST, CAP, QUICKLY = 0.5, 8.0, 0.3

LOGGED_OUT, SILENT, TOO_MANY, RESTARTING, LOST = 4401, 4408, 4429, 1012, 1006

Event = dict[str, Any]


class Rest:
    """A page's time: it stands still while the page is frozen, and what was due meanwhile is done at the thaw."""

    def __init__(self) -> None:
        self._awake = asyncio.Event()
        self._awake.set()

    def freeze(self) -> None:
        self._awake.clear()

    def thaw(self) -> None:
        self._awake.set()

    async def over(self) -> None:
        await self._awake.wait()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.over()

    def later(self, seconds: float, work: Callable[[], None]) -> "asyncio.Task[None]":
        async def wait() -> None:
            await self.sleep(seconds)
            work()

        return asyncio.create_task(wait())


class Link:
    """`hear` gets every event but pongs, `welcome` first; `lost` the code with which a connection, or a try, ended."""

    def __init__(
        self,
        bases: list[str],
        cookie: str,
        rest: Rest,
        dice: Random,
        hear: Callable[[Event], None],
        lost: Callable[[int], None],
    ) -> None:
        self.online = False
        self.base = ""
        self._bases, self._cookie, self._rest, self._dice = bases, cookie, rest, dice
        self._hear, self._lost = hear, lost
        self._outgoing: asyncio.Queue[str] = asyncio.Queue()
        self._felt = self._opened = 0.0
        self._failures = 0
        self._woken = asyncio.Event()
        self._socket: ClientConnection | None = None
        self._doubting: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Stays connected until the person is logged out."""
        for base in cycle(self._bases):
            code = await self._visit(base)
            self._lost(code)
            if code == LOGGED_OUT:
                return
            if self._opened and _now() - self._opened >= STEADY_AFTER:
                self._failures = 0
            await self._wait(self._pause_after(code))

    def send(self, command: Event) -> bool:
        if self.online:
            self._outgoing.put_nowait(json.dumps(command, ensure_ascii=False))
        return self.online

    def wake(self) -> None:
        """For when the network or the tab came back."""
        self._woken.set()
        if self._socket and self.online:
            self._doubting = asyncio.create_task(self._probe(self._socket, PONG_WITHIN_WHEN_DOUBTED))

    async def close(self) -> None:
        """The page is left: its browser says goodbye, and waits for nothing."""
        if self._socket:
            with suppress(TimeoutError, WebSocketException, OSError):
                async with asyncio.timeout(1):
                    await self._socket.close(1001)

    def _pause_after(self, code: int) -> float:
        failures, self._failures = self._failures, self._failures + 1
        if code in (SILENT, RESTARTING) and failures == 0:
            return QUICKLY * self._dice.random()
        full = CAP if code == TOO_MANY else min(CAP, FIRST * 2 ** min(failures, 10))
        return full / 2 * (1 + self._dice.random())

    async def _wait(self, seconds: float) -> None:
        self._woken.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
                self._failures = 0
        await self._rest.over()

    async def _visit(self, base: str) -> int:
        """One connection, from its opening to its end; the close code."""
        self._opened, self.base = 0.0, base
        try:
            async with asyncio.timeout(WELCOME_WITHIN):
                socket = await connect(
                    base.replace("http", "ws", 1) + "/ws/",
                    origin=base,  # type: ignore[arg-type]  # a string of its own type
                    additional_headers={"Cookie": self._cookie},
                    proxy=None,
                    open_timeout=None,
                    close_timeout=1,
                    ping_interval=None,  # a browser does not
                    max_size=None,
                )
        except (OSError, EOFError, TimeoutError, WebSocketException):
            return LOST
        return await self._stay(socket)

    async def _stay(self, socket: ClientConnection) -> int:
        self._socket, self._outgoing = socket, asyncio.Queue()
        beside = [asyncio.create_task(work) for work in (self._write(socket), self._pulse(socket))]
        try:
            async for frame in socket:
                await self._rest.over()
                self._felt = _now()
                self._received(json.loads(frame))
        except (OSError, WebSocketException):
            pass
        finally:
            self.online, self._socket = False, None
            for task in beside:
                task.cancel()
            socket.transport.abort()
        return socket.close_code or LOST

    def _received(self, event: Event) -> None:
        if event["type"] == "welcome":
            self.online, self._opened = True, _now()
        if event["type"] != "pong":
            self._hear(event)

    async def _write(self, socket: ClientConnection) -> None:
        with suppress(OSError, WebSocketException):  # the reader notices too
            while True:
                await socket.send(await self._outgoing.get())

    async def _pulse(self, socket: ClientConnection) -> None:
        await self._dead_unless(socket, self._rest.sleep(WELCOME_WITHIN))
        while True:
            await self._rest.sleep(PING_EVERY - PONG_WITHIN)
            await self._probe(socket, PONG_WITHIN)

    async def _probe(self, socket: ClientConnection, within: float) -> None:
        self._outgoing.put_nowait('{"type": "ping"}')
        await self._dead_unless(socket, self._rest.sleep(within))

    async def _dead_unless(self, socket: ClientConnection, waited: Awaitable[None]) -> None:
        """A connection on which nothing is heard meanwhile is dead, whatever the kernel believes."""
        asked = _now()
        await waited
        if self._felt < asked:
            socket.transport.abort()


def _now() -> float:
    return asyncio.get_running_loop().time()
