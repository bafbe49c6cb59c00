"""A tab's WebSocket: authorises it, keeps it within its limits, parses its frames. What they mean is in tab.py.

Channels runs a consumer's handlers strictly one after another, so no handler here waits for anything but the socket.
"""

import asyncio
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY

from chat.live import protocol
from chat.live.protocol import RESTARTING, SILENT, TOO_MANY, UNAUTHORISED, Refused
from chat.live.tab import Login, Tab
from chat.live.window import Pace
from chat.relay.switchboard import Switchboard

SILENCE = 150.0
"""Seconds without a word after which a tab is taken for dead. Pages ping every 20 s, hidden ones once a minute."""


class ChatConsumer(AsyncWebsocketConsumer):
    def __init__(self, switchboard: Switchboard) -> None:
        super().__init__()
        self._switchboard = switchboard
        self._tab: Tab | None = None
        self._turned_away = False
        self._pace = Pace(self._now())
        self._heard_at = self._now()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:  # `disconnect` is not called when a handler raises
            if self._tab:
                self._tab.end()

    async def dispatch(self, message: Any) -> None:
        """Channels' own closes old database connections first, for every message, on the one thread of all views."""
        await getattr(self, message["type"].replace(".", "_"))(message)

    async def connect(self) -> None:
        user, session = self.scope["user"], self.scope["session"]
        await self.accept()
        if user is None or not user.is_authenticated:
            await self.close(UNAUTHORISED)  # after accepting: a browser cannot see why a handshake was refused
            return
        if self._switchboard.stopping:
            await self.close(RESTARTING)
            return
        login = Login(user, session.session_key, session.get(HASH_SESSION_KEY, ""))
        self._tab = Tab(self._switchboard, login, self._emit, self.close)
        try:
            await self._tab.begin()
        except Refused as refusal:
            self._turn_away(self._tab, refusal, "")
        else:
            self._tab.spawn(self._listen_for_silence())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self._tab is None or self._turned_away:
            return
        frame = text_data or ""
        self._heard_at = self._now()
        if not self._pace.allows(self._heard_at):
            words = "This page sends commands faster than this server takes them."
            self._turn_away(self._tab, Refused("too_fast", words), frame)
            return
        try:
            self._tab.hear(self._parse(frame, bytes_data), frame)
        except Refused as refusal:
            self._tab.answer(protocol.error(refusal, *protocol.names_in(frame)))

    def _turn_away(self, tab: Tab, refusal: Refused, frame: str) -> None:
        """Says why, and closes whether or not that is read."""
        self._turned_away = True
        tab.spawn(tab.refuse(refusal, frame))
        tab.spawn(self.close(TOO_MANY))

    def _parse(self, frame: str, binary: bytes | None) -> protocol.Command:
        if binary is not None:
            raise Refused("bad_command", "Commands travel as text, not as binary frames.")
        if len(frame.encode("utf-8", "replace")) > settings.COMMAND_BYTES:
            raise Refused("too_large", "That command is larger than this server takes.")
        return protocol.parse(frame, settings.MESSAGE_CHARS)

    async def _listen_for_silence(self) -> None:
        while (silence := self._now() - self._heard_at) < SILENCE:  # noqa: ASYNC110  it waits for nothing to happen
            await asyncio.sleep(SILENCE - silence)
        await self.close(SILENT)

    async def _emit(self, event: str) -> None:
        await self.send(text_data=event)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
