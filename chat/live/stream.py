"""A tab without a WebSocket: its events as one long HTTP response, its commands as requests of their own.

The same tab behind another transport (docs/protocol.md, "Without a WebSocket"). Commands may reach another process than
the one that streams; what they change comes back as an announcement, as from any other tab.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.core.exceptions import RequestDataTooBig
from django.db import Error as DatabaseError
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, StreamingHttpResponse
from django.views.decorators.http import require_GET, require_POST

from chat.live import commands, protocol, rows
from chat.live.protocol import Refused
from chat.live.tab import Login, Tab
from chat.relay.database import in_database
from chat.relay.this_process import switchboard

logger = logging.getLogger(__name__)

PONG_EVERY = 15.0
"""Seconds of quiet after which the page is shown that the stream lives."""


@require_GET
async def events(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The events of a tab that shows `conversation`, and has `generation` up to `cursor`."""
    try:
        asked = _asked(request)
    except ValueError:
        return HttpResponseBadRequest("Not an address of this page.")
    session = request.session
    login = Login(await request.auser(), session.session_key, await session.aget(HASH_SESSION_KEY, ""))
    await sync_to_async(connections.close_all)()  # or each stream would hold one for as long as it lasts
    return _Response(_Stream(login), asked)


@require_POST
async def carry_out(request: HttpRequest) -> HttpResponse:
    """One command; the events that answer it."""
    frame = ""
    try:
        frame = _frame(request)
        found = await commands.refusing(_carry_out(await request.auser(), frame))
    except Refused as refusal:
        found = [protocol.error(refusal, *protocol.names_in(frame))]
    if found is None:
        return HttpResponse(status=503)
    return HttpResponse(f"[{','.join(map(protocol.encode, found))}]", content_type="application/json")


def _frame(request: HttpRequest) -> str:
    try:
        return request.body.decode("utf-8", "replace")
    except RequestDataTooBig as error:
        raise Refused("too_large", "That command is larger than this server takes.") from error


async def _carry_out(user: Any, frame: str) -> list[dict[str, Any]] | None:
    match command := protocol.parse(frame, settings.MESSAGE_CHARS):
        case protocol.Send() | protocol.Edit() | protocol.Regenerate() | protocol.Continue():
            return await _begin(user, command)
        case protocol.Cancel():
            await commands.cancel(switchboard, user, command)
        case protocol.Ask():
            return [commands.asked(commands.ask(switchboard, user, command), command)]
        case protocol.Refresh():
            switchboard.announce(user.pk, None)
        case protocol.Models():
            return [protocol.models(*await switchboard.models())]
        case protocol.Open() | protocol.Ack() | protocol.Ping():
            raise Refused("bad_command", "Without a WebSocket this command has no meaning.")
        case _:
            await commands.change(switchboard, user, command)
    return []


async def _begin(user: Any, command: protocol.Begin) -> list[dict[str, Any]] | None:
    begun = await commands.begin(switchboard, user, command)
    try:
        found = await in_database(rows.snapshot, user, begun.generation.conversation_id)
    except DatabaseError:  # not refused: it is stored. The page says it again, and finds it.
        logger.exception("A stored message could not be shown to its page")
        return None
    told = [commands.branched(begun, command)] if begun.branched else []
    return [protocol.transcript(found.summary, found.rows), *told]


class _Response(StreamingHttpResponse):
    """Ends its tab when it is closed. Its generator may not hear of that before the garbage is collected."""

    def __init__(self, stream: "_Stream", asked: protocol.Open) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # the second is for nginx
        super().__init__(_lines(stream, asked), content_type="text/event-stream", headers=headers)
        self._end = partial(asyncio.get_running_loop().call_soon_threadsafe, stream.tab.end)

    def close(self) -> None:
        """Called when the response is over in whatever way, from a thread."""
        self._end()
        super().close()


class _Stream:
    """The tab's end of the response: one event at a time, each taken before the next is made."""

    def __init__(self, login: Login) -> None:
        self._waiting: asyncio.Queue[str] = asyncio.Queue(1)
        self._order = asyncio.Lock()
        self.closed = asyncio.Event()
        # No window: who sends waits until the connection has taken what was sent before.
        self.tab = Tab(switchboard, login, self._put, self._close, window=float("inf"))

    async def next(self) -> str:
        """The next event; a pong when there is none for long; empty after the end."""
        taking = asyncio.ensure_future(self._waiting.get())
        closing = asyncio.ensure_future(self.closed.wait())
        try:
            await asyncio.wait({taking, closing}, timeout=PONG_EVERY, return_when=asyncio.FIRST_COMPLETED)
            if taking.done():
                return taking.result()
            return "" if closing.done() else protocol.encode(protocol.pong())
        finally:
            taking.cancel()
            closing.cancel()

    async def _put(self, event: str) -> None:
        """One after another, as they came: a full queue alone lets who comes later in before who was woken."""
        async with self._order:
            await self._waiting.put(event)

    async def _close(self, code: int) -> None:
        """The code has no place in a response: the page asks again, and is told by what it gets."""
        self.closed.set()


async def _lines(stream: _Stream, asked: protocol.Open) -> AsyncGenerator[str]:
    stream.tab.spawn(_open(stream, asked))
    while event := await stream.next():
        yield f"data: {event}\n\n"


async def _open(stream: _Stream, asked: protocol.Open) -> None:
    frame = msgspec.json.encode(asked).decode()  # what an error of the stream answers
    try:
        if switchboard.stopping:
            raise Refused("stopping", "Brook is being restarted. This will go on when it is back.")
        await stream.tab.begin()
        stream.tab.hear(asked, frame)
    except Refused as refusal:
        await stream.tab.refuse(refusal, frame)
        stream.closed.set()


def _asked(request: HttpRequest) -> protocol.Open:
    """Raises `ValueError` for what is no identifier or cursor."""
    conversation, generation = (request.GET.get(name) for name in ("conversation", "generation"))
    return protocol.Open(
        conversation=UUID(conversation) if conversation else None,
        generation=UUID(generation) if generation else None,
        cursor=int(request.GET.get("cursor", 0)),
    )
