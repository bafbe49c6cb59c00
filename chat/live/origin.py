"""Which pages may open a socket: exactly the configured origins.

Channels' own validators compare hosts without scheme and port, or fail with an error 500 on an Origin header that is no
address; a foreign page that could open our socket would speak with the person's cookie.
"""

from collections.abc import Collection
from typing import Any

from channels.security.websocket import WebsocketDenier


class ExactOriginValidator:
    """Lets a WebSocket handshake through when its Origin header is, letter for letter, one of `origins`."""

    def __init__(self, application: Any, origins: Collection[str]) -> None:
        self._application = application
        self._origins = {origin.lower().encode() for origin in origins}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        given = [value.lower() for name, value in scope["headers"] if name == b"origin"]
        allowed = len(given) == 1 and given[0] in self._origins
        await (self._application if allowed else WebsocketDenier())(scope, receive, send)
