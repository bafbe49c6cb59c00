"""One tab's end of the WebSocket: authorise, parse, call the switchboard, forward frames.

Channels runs a consumer's handlers strictly one after another, so no handler here waits: a Stop is carried out where it
arrives, everything that needs the database goes to the tab's one worker, and text is sent by a follower of its own.
"""

import asyncio
import contextvars
import logging
from collections.abc import Callable, Coroutine
from contextlib import ExitStack, aclosing, suppress
from typing import Any
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.db import Error as DatabaseError

from chat.live import protocol, rows
from chat.live.protocol import RESTARTING, UNAUTHORISED, Refused
from chat.relay import errors
from chat.relay.database import in_database
from chat.relay.switchboard import Stopping, Switchboard
from chat.relay.text import Ending

logger = logging.getLogger(__name__)

FRAME_BEAT = 1 / 30
"""Seconds between two frames of text: a screen shows no more, and words that come meanwhile travel together."""

WINDOW = 256 * 1024
"""Characters that may be on their way to a tab unacknowledged. Daphne itself would buffer without end."""

RECHECK = 10.0
"""Seconds between two looks whether the person is still logged in."""

RETRY = 1.0
"""Seconds after which a change that could not be read is looked at again."""

QUEUED_COMMANDS = 50


open_tabs: set["ChatConsumer"] = set()


async def close_tabs() -> None:
    """Closes every tab's socket because this process stops; the tabs come back by themselves."""
    await asyncio.gather(*(tab.close_for_restart() for tab in open_tabs), return_exceptions=True)


class ChatConsumer(AsyncWebsocketConsumer):
    def __init__(self, switchboard: Switchboard) -> None:
        super().__init__()
        self._switchboard = switchboard
        self._user: Any = None
        self._work: asyncio.Queue[Callable[[], Coroutine[Any, Any, None]]] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._cleanup = ExitStack()
        self._stale: set[UUID] = set()
        self._shown: UUID | None = None
        self._known: set[str] = set()
        self._follower: asyncio.Task[None] | None = None
        self._followed: UUID | None = None
        self._acked = 0
        self._ack_came = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:  # `disconnect` is not called when a handler raises
            self._cleanup.close()
            for task in self._tasks:
                task.cancel()

    async def dispatch(self, message: Any) -> None:
        """Channels' own closes old database connections first, for every message, on the one thread of all views."""
        await getattr(self, message["type"].replace(".", "_"))(message)

    async def connect(self) -> None:
        self._user = self.scope["user"]
        await self.accept()
        if not self._user.is_authenticated:
            await self.close(UNAUTHORISED)  # after accepting: a browser cannot see why a handshake was refused
            return
        if self._switchboard.stopping:
            await self.close(RESTARTING)
            return
        self._cleanup.enter_context(self._switchboard.listening(self._user.pk, self._on_change))
        self._switchboard.attend()
        open_tabs.add(self)
        self._cleanup.callback(open_tabs.discard, self)
        await self._emit(protocol.welcome(*self._switchboard.introduction(), settings.MESSAGE_CHARS))
        self._spawn(self._worker())
        self._spawn(self._recheck())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        frame = text_data or ""
        try:
            await self._carry_out(frame, self._parse(frame, bytes_data))
        except Refused as refusal:
            await self._refuse(refusal, frame)

    def _parse(self, frame: str, binary: bytes | None) -> protocol.Command:
        if binary is not None:
            raise Refused("bad_command", "Commands travel as text, not as binary frames.")
        if len(frame.encode("utf-8", "replace")) > settings.COMMAND_BYTES:
            raise Refused("too_large", "That command is larger than this server takes.")
        return protocol.parse(frame, settings.MESSAGE_CHARS)

    async def _carry_out(self, frame: str, command: protocol.Command) -> None:
        match command:
            case protocol.Ping():
                await self._emit(protocol.pong())
            case protocol.Ack():
                self._on_ack(command)
            case protocol.Cancel():
                if not self._switchboard.cancel(command.generation, self._user.pk):
                    self._queue(frame, lambda: self._cancel_elsewhere(command))
            case protocol.Open():
                self._queue(frame, lambda: self._open(command))
            case protocol.Send():
                self._queue(frame, lambda: self._begin(rows.send, command))
            case protocol.Edit():
                self._queue(frame, lambda: self._begin(rows.edit, command))
            case protocol.Regenerate():
                self._queue(frame, lambda: self._begin(rows.regenerate, command))

    # The worker: one thing after another, in the order in which it was asked for

    def _queue(self, frame: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if self._work.qsize() >= QUEUED_COMMANDS:
            raise Refused("too_fast", "This page sends commands faster than they can be carried out.")
        self._work.put_nowait(lambda: self._answering(frame, work))

    async def _worker(self) -> None:
        while True:
            work = await self._work.get()
            await work()

    async def _answering(self, frame: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Carries out `work` for the command in `frame`; whatever goes wrong is told, and the tab stays usable."""
        try:
            await work()
        except Refused as refusal:
            await self._refuse(refusal, frame)
        except DatabaseError:
            logger.exception("A command could not reach the database")
            words = "The database cannot be reached just now, so this was not done. Please try again."
            await self._refuse(Refused("unavailable", words), frame)
        except Exception:
            logger.exception("A command failed by a defect of ours")
            await self._refuse(Refused(*errors.INTERNAL), frame)

    async def _open(self, command: protocol.Open) -> None:
        self._show(None, [])  # whatever comes of it, the tab has left what it showed
        if command.conversation is None:
            await self._emit(protocol.transcript(None, []))
            return
        found = await in_database(rows.snapshot, self._user, command.conversation)
        cursor = 0
        if found.streaming and found.streaming == command.generation:
            cursor = command.cursor if 0 <= command.cursor <= self._switchboard.position(found.streaming) else 0
        for row in found.rows:
            if row["generation"] and found.streaming and row["generation"]["id"] == str(found.streaming):
                row["generation"]["cursor"] = cursor
        self._show(found.conversation, found.rows)
        await self._emit(protocol.transcript(found.summary, found.rows))
        if found.streaming:
            self._follow(found.streaming, cursor)

    async def _begin(self, store: Callable[..., rows.Begun], command: Any) -> None:
        owner = self._switchboard.process
        try:
            begun = await self._switchboard.begin(lambda: store(self._user, command, owner), self._user.pk)
        except Stopping as error:
            raise Refused("stopping", "Brook is being restarted. This will go on when it is back.") from error
        generation, is_new = begun
        self._switchboard.announce(self._user.pk, generation.conversation_id)
        if self._shown != generation.conversation_id or not is_new:
            try:
                await self._open(protocol.Open(generation.conversation_id))
            except DatabaseError:  # not refused: it is stored. The tab comes back and finds it.
                logger.exception("A stored message could not be shown to its tab")
                await self.close(RESTARTING)

    async def _cancel_elsewhere(self, command: protocol.Cancel) -> None:
        await in_database(rows.request_cancel, self._user, command.generation)

    # Changes, by this tab or another

    def _on_change(self, conversation: UUID) -> None:
        if conversation not in self._stale:
            self._stale.add(conversation)
            self._work.put_nowait(lambda: self._catch_up(conversation))

    async def _catch_up(self, conversation: UUID) -> None:
        """Reads what a changed conversation looks like now, and tells the tab what it does not know yet."""
        self._stale.discard(conversation)
        try:
            if conversation != self._shown:
                await self._emit(protocol.conversation(await in_database(rows.summary, self._user, conversation)))
                return
            found = await in_database(rows.snapshot, self._user, conversation)
        except Refused:  # it was deleted meanwhile
            return
        except DatabaseError as error:
            logger.warning("A tab could not be told of a change yet: %s", error)
            asyncio.get_running_loop().call_later(RETRY, self._on_change, conversation)
            return
        await self._emit(protocol.conversation(found.summary))
        for row in found.rows:
            if row["id"] not in self._known:
                self._known.add(row["id"])
                await self._emit(protocol.message(conversation, row))
        if found.streaming and found.streaming != self._followed:
            if self._follower and not self._follower.done():  # still behind with the answer before, which has ended
                await self._open(protocol.Open(conversation))
            else:
                self._follow(found.streaming, 0)

    # Text

    def _show(self, conversation: UUID | None, known: list[protocol.Row]) -> None:
        self._shown = conversation
        self._known = {row["id"] for row in known}
        self._unfollow()

    def _follow(self, generation: UUID, cursor: int) -> None:
        self._unfollow()
        self._followed = generation
        self._acked = cursor
        self._follower = self._spawn(self._forward(generation, cursor))

    def _unfollow(self) -> None:
        self._followed = None
        if self._follower:
            self._follower.cancel()

    async def _forward(self, generation: UUID, cursor: int) -> None:
        async with aclosing(self._switchboard.follow(generation, cursor)) as items:
            async for item in items:
                if isinstance(item, Ending):
                    await self._emit(protocol.finished(generation, item))
                    return
                await self._emit(protocol.frame(generation, item))
                if item.parts:
                    await asyncio.sleep(FRAME_BEAT)
                while item.end - self._acked > WINDOW:
                    self._ack_came.clear()
                    await self._ack_came.wait()

    def _on_ack(self, command: protocol.Ack) -> None:
        if command.generation == self._followed:
            self._acked = max(self._acked, command.cursor)
            self._ack_came.set()

    # The socket

    async def _recheck(self) -> None:
        """`scope["user"]` is of the moment of connecting; logging out or being deactivated must reach open tabs."""
        session = self.scope["session"]
        session_hash = session.get(HASH_SESSION_KEY, "")
        while True:
            await asyncio.sleep(RECHECK)
            with suppress(DatabaseError):
                if not await in_database(rows.still_welcome, self._user, session.session_key, session_hash):
                    await self.close(UNAUTHORISED)
                    return

    async def close_for_restart(self) -> None:
        """Closes the socket once the end of the answer that it shows is on its way."""
        if self._follower:
            await asyncio.wait({self._follower}, timeout=3 * FRAME_BEAT)
        await self.close(RESTARTING)

    async def _refuse(self, refusal: Refused, frame: str) -> None:
        await self._emit(protocol.error(refusal, *protocol.names_in(frame)))

    async def _emit(self, event: dict[str, Any]) -> None:
        await self.send(text_data=protocol.encode(event))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A task that ended by a defect of ours leaves a tab that is deaf or dumb: better it comes back anew."""
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            logger.error("A tab's task failed by a defect of ours", exc_info=task.exception())
            self._spawn(self.close(RESTARTING))
