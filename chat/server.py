"""Daphne, with an end that loses nothing: on SIGTERM or Ctrl-C everything is stored and told before the sockets close.

Daphne by itself cancels its applications at once, waits for no task of ours, closes sockets without a word, and fails
when a socket is just being opened. It also takes whatever an application sends, however slowly it is read; here `send`
returns when the other end has kept up (chat/backpressure.py).
"""

import asyncio
import logging
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import defer

from chat.backpressure import Backpressure
from chat.bodies import limit_body
from chat.live.protocol import RESTARTING

logger = logging.getLogger(__name__)

ANSWERING = 1.0
"""Seconds for requests that are being answered when all else has ended: what they change is to be told as well."""

HARD_END = 9.5
"""Seconds after which the process ends whatever still hangs: who stops Brook waits ten."""


class DrainingServer(Server):
    """`drain` is awaited, with no new connections coming in, before any application is killed."""

    def __init__(self, *args: Any, drain: Callable[[], Awaitable[None]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.listen_failure: str | None = None
        self._drain = drain
        self._ports: list[Any] = []
        self._backpressure = Backpressure()

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        self._ports.append(port)

    def listen_error(self, failure: Any) -> None:
        self.listen_failure = failure.getErrorMessage()
        self.stop()

    async def handle_reply(self, protocol: Any, message: Any) -> None:
        """What an application awaits as `send`. A close is held up by nothing, and lets go whoever waits."""
        if message["type"] == "websocket.close":
            self._backpressure.forget(protocol.transport)
            await self._close(protocol, message)
        elif not _is_closing(protocol):
            with _at_any_length(protocol):
                await super().handle_reply(protocol, message)
            if self._is_connected(protocol):
                await self._backpressure.wait(protocol.transport)

    async def _close(self, protocol: Any, message: Any) -> None:
        """Autobahn takes 1000 and 3000 to 4999 as an application's close codes; IANA has registered 1012 since."""
        if message.get("code") == RESTARTING and protocol.state == protocol.STATE_OPEN:
            protocol.sendCloseFrame(RESTARTING)
        else:
            await super().handle_reply(protocol, message)

    def _is_connected(self, protocol: Any) -> bool:
        details = self.connections.get(protocol)
        return details is not None and "disconnected" not in details

    def protocol_connected(self, protocol: Any) -> None:
        super().protocol_connected(protocol)
        if not _is_socket(protocol):
            limit_body(protocol)

    def protocol_disconnected(self, protocol: Any) -> None:
        super().protocol_disconnected(protocol)
        self._backpressure.forget(protocol.transport)

    def kill_all_applications(self) -> Any:
        """Daphne calls this when the reactor is about to stop, and waits for what it returns."""
        end_within(HARD_END, 1)
        for port in self._ports:
            port.stopListening()
        drained = defer.Deferred.fromFuture(asyncio.ensure_future(self._drain()))
        drained.addErrback(lambda failure: logger.error("The drain failed: %s", failure))
        drained.addCallback(lambda _: defer.Deferred.fromFuture(asyncio.ensure_future(self._answer())))
        drained.addCallback(lambda _: self._kill())
        return drained

    async def _answer(self) -> None:
        """Waits for the requests that are being answered."""
        requests = [details for protocol, details in self.connections.items() if not _is_socket(protocol)]
        if answers := [details["application_instance"] for details in requests if "application_instance" in details]:
            await asyncio.wait(answers, timeout=ANSWERING)

    def _kill(self) -> Any:
        self._backpressure.end()
        for protocol, details in list(self.connections.items()):
            if "application_instance" not in details:  # a socket that was just being opened
                del self.connections[protocol]
        return super().kill_all_applications()


def _is_socket(protocol: Any) -> bool:
    return isinstance(protocol, WebSocketProtocol)


def _is_closing(protocol: Any) -> bool:
    """Autobahn raises for what comes after a close; an application cannot know that its socket is being closed."""
    return _is_socket(protocol) and protocol.state in (protocol.STATE_CLOSING, protocol.STATE_CLOSED)


@contextmanager
def _at_any_length(protocol: Any) -> Iterator[None]:
    """Autobahn holds what goes out to the limit on what may come in, and a long conversation's transcript is longer."""
    if not _is_socket(protocol):
        yield
        return
    limit, protocol.maxMessagePayloadSize = protocol.maxMessagePayloadSize, 0
    try:
        yield
    finally:
        protocol.maxMessagePayloadSize = limit


def end_within(seconds: float, status: int) -> None:
    """Ends the process with this status, whatever hangs, unless it has ended by itself."""
    watchdog = threading.Timer(seconds, os._exit, args=(status,))
    watchdog.daemon = True
    watchdog.start()
