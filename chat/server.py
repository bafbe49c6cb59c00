"""Daphne, with an end that loses nothing: on SIGTERM or Ctrl-C everything is stored and told before the sockets close.

Daphne by itself cancels its applications at once, waits for no task of ours, closes sockets without a word, and fails
when a socket is just being opened.
"""

import asyncio
import logging
import os
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from daphne.server import Server
from twisted.internet import defer

from chat.live.protocol import RESTARTING

logger = logging.getLogger(__name__)

HARD_END = 9.5
"""Seconds after which the process ends whatever still hangs: who stops Brook waits ten."""


class DrainingServer(Server):
    """`drain` is awaited, with no new connections coming in, before any application is killed."""

    def __init__(self, *args: Any, drain: Callable[[], Awaitable[None]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.listen_failure: str | None = None
        self._drain = drain
        self._ports: list[Any] = []

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        self._ports.append(port)

    def listen_error(self, failure: Any) -> None:
        self.listen_failure = failure.getErrorMessage()
        self.stop()

    async def handle_reply(self, protocol: Any, message: Any) -> None:
        """Autobahn takes 1000 and 3000 to 4999 as an application's close codes; IANA has registered 1012 since."""
        restarting = message["type"] == "websocket.close" and message.get("code") == RESTARTING
        if restarting and protocol.state == protocol.STATE_OPEN:
            protocol.sendCloseFrame(RESTARTING)
        else:
            await super().handle_reply(protocol, message)

    def kill_all_applications(self) -> Any:
        """Daphne calls this when the reactor is about to stop, and waits for what it returns."""
        _end_hard_after(HARD_END)
        for port in self._ports:
            port.stopListening()
        drained = defer.Deferred.fromFuture(asyncio.ensure_future(self._drain()))
        drained.addErrback(lambda failure: logger.error("The drain failed: %s", failure))
        drained.addCallback(lambda _: self._kill())
        return drained

    def _kill(self) -> Any:
        for protocol, details in list(self.connections.items()):
            if "application_instance" not in details:  # a socket that was just being opened
                del self.connections[protocol]
        return super().kill_all_applications()


def _end_hard_after(seconds: float) -> None:
    watchdog = threading.Timer(seconds, os._exit, args=(1,))
    watchdog.daemon = True
    watchdog.start()
