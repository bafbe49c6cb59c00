"""One open page as this process knows it: carries out its commands and tells it of changes. Knows no transport.

What needs the database goes to the tab's one worker, in the order in which it was asked for; a Stop is carried out
where it arrives. The conversation that it shows is in screen.py.
"""

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import ExitStack
from typing import Any, NamedTuple
from uuid import UUID

from django.db import Error as DatabaseError

from chat.live import commands, protocol, rows
from chat.live.protocol import RESTARTING, UNAUTHORISED, Refused
from chat.live.screen import Screen
from chat.live.welcome import welcome
from chat.live.window import WINDOW
from chat.relay import errors
from chat.relay.database import in_database, reason
from chat.relay.switchboard import Switchboard
from chat.relay.text import Ending

logger = logging.getLogger(__name__)

FAREWELL = 0.5
"""Seconds for which a process that stops waits for the end of an answer to be on its way to a tab."""

RECHECK = 10.0
"""Seconds between two looks whether the person is still logged in, and the shown conversation still there."""

RETRY = 1.0
"""Seconds after which a change that could not be read is looked at again."""

QUEUED_COMMANDS = 50

TABS_PER_PERSON = 100

open_tabs: set["Tab"] = set()


async def close_tabs() -> None:
    """Closes every tab's connection because this process stops; the tabs come back by themselves."""
    await asyncio.gather(*(tab.close_for_restart() for tab in open_tabs), return_exceptions=True)


class Login(NamedTuple):
    """Who opened the tab, by which session."""

    user: Any
    session_key: str | None
    session_hash: str


class Tab:
    def __init__(
        self,
        switchboard: Switchboard,
        login: Login,
        emit: Callable[[str], Awaitable[None]],
        close: Callable[[int], Coroutine[Any, Any, None]],
        window: float = WINDOW,
    ) -> None:
        """`emit` sends one event and returns when it may send another; `close` ends the connection with a code."""
        self._switchboard = switchboard
        self._login = login
        self._send = emit
        self._close = close
        self._work: asyncio.Queue[Callable[[], Coroutine[Any, Any, None]]] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._cleanup = ExitStack()
        self._stale: set[UUID | None] = set()
        self._screen = Screen(switchboard, emit, self.spawn, window)

    @property
    def user(self) -> Any:
        return self._login.user

    async def begin(self) -> None:
        """Welcomes it, and serves it until `end`. Raises `Refused` when the person has too many tabs already."""
        if sum(tab.user.pk == self.user.pk for tab in open_tabs) >= TABS_PER_PERSON:
            words = f"{TABS_PER_PERSON} tabs of Brook are open already. Close some of them, and this one will connect."
            raise Refused("too_many_tabs", words)
        self._cleanup.enter_context(self._switchboard.listening(self.user.pk, self._on_change))
        self._switchboard.attend()
        open_tabs.add(self)
        self._cleanup.callback(open_tabs.discard, self)
        await self.emit(await welcome(self._switchboard, self.user))
        self.spawn(self._worker())
        self.spawn(self._recheck())

    def end(self) -> None:
        """The connection is gone."""
        self._cleanup.close()
        for task in self._tasks:
            task.cancel()

    async def emit(self, event: dict[str, Any]) -> None:
        await self._send(protocol.encode(event))

    # Commands

    def hear(self, command: protocol.Command, frame: str) -> None:
        """Carries out the command that came in `frame`, or sees to it; waits for nothing. May raise `Refused`."""
        match command:
            case protocol.Ping():
                self.answer(protocol.pong())
            case protocol.Ack():
                self._screen.text.acknowledge(command.generation, command.cursor)
            case protocol.Cancel():
                if not self._switchboard.cancel(command.generation, self.user.pk):
                    self._queue(frame, lambda: commands.cancel_elsewhere(self._switchboard, self.user, command))
            case protocol.Open():
                self._queue(frame, lambda: self.open(command))
            case protocol.Send() | protocol.Edit() | protocol.Regenerate() | protocol.Continue():
                self._queue(frame, lambda: self._begin(command))
            case protocol.Ask():
                self._queue(frame, lambda: self._ask(command))
            case protocol.Refresh():
                self._switchboard.announce(self.user.pk, None)
            case protocol.Models():
                self._beside(self._tell_models)  # it may have to ask the upstream
            case _:
                self._queue(frame, lambda: commands.change(self._switchboard, self.user, command))

    async def refuse(self, refusal: Refused, frame: str) -> None:
        await self.emit(protocol.error(refusal, *protocol.names_in(frame)))

    def answer(self, event: dict[str, Any]) -> None:
        """Sends it beside all else. Who reads nothing gets no answers either, or they would pile up."""
        self._beside(lambda: self.emit(event))

    def _beside(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if len(self._tasks) < QUEUED_COMMANDS:
            self.spawn(work())

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
            await commands.refusing(work())
        except Refused as refusal:
            await self.refuse(refusal, frame)

    async def open(self, command: protocol.Open) -> None:
        """Shows a conversation from now on: its transcript, then what is live."""
        self._screen.turn_to(None)  # whatever comes of it, the tab has left what it showed
        if command.conversation is None:
            await self.emit(protocol.transcript(None, []))
            if command.generation:
                await self._go_on_with(command.generation, max(command.cursor, 0))
            return
        found = await in_database(rows.snapshot, self.user, command.conversation)
        await self._screen.present(found, max(command.cursor, 0) if found.streaming == command.generation else 0)

    async def _begin(self, command: protocol.Begin) -> None:
        begun = await commands.begin(self._switchboard, self.user, command)
        conversation = begun.generation.conversation_id
        if self._screen.conversation != conversation or not begun.is_new:
            try:
                await self.open(protocol.Open(conversation))
            except DatabaseError:  # not refused: it is stored. The tab comes back and finds it.
                logger.exception("A stored message could not be shown to its tab")
                await self._close(RESTARTING)
        if begun.branched:
            self._work.put_nowait(lambda: self.emit(commands.branched(begun, command)))  # behind the new rows

    # The temporary chat, and what it and others may be asked of

    async def _ask(self, command: protocol.Ask) -> None:
        generation = commands.ask(self._switchboard, self.user, command)
        self._screen.turn_to(None)
        await self.emit(commands.asked(generation, command))
        self._screen.text.follow(generation, 0)

    async def _go_on_with(self, generation: UUID, cursor: int) -> None:
        """After a lost connection. What is stored nowhere may be gone, and a stranger's is as good as gone."""
        if self._switchboard.has_whisper(generation, self.user.pk):
            self._screen.text.follow(generation, cursor)
        else:
            gone = Ending("interrupted", None, *errors.FORGOTTEN, cursor=cursor)
            await self.emit(protocol.finished(generation, gone))

    async def _tell_models(self) -> None:
        await self.emit(protocol.models(*await self._switchboard.models()))

    # Changes, by this tab or another

    def _on_change(self, conversation: UUID | None) -> None:
        """None: any of them may have changed."""
        if conversation not in self._stale:
            self._stale.add(conversation)
            self._work.put_nowait(lambda: self._catch_up(conversation))

    async def _catch_up(self, conversation: UUID | None) -> None:
        """Reads what a changed conversation looks like now, and tells the tab what it does not know yet."""
        self._stale.discard(conversation)
        if conversation is None:
            await self._catch_up_with_all()
            return
        try:
            if conversation == self._screen.conversation:
                await self._screen.catch_up(await in_database(rows.snapshot, self.user, conversation))
            else:
                await self.emit(protocol.conversation(await in_database(rows.summary, self.user, conversation)))
        except Refused:
            await self._tell_deleted(conversation)
        except DatabaseError as error:
            logger.warning("A tab could not be told of a change yet: %s", reason(error))
            asyncio.get_running_loop().call_later(RETRY, self._on_change, conversation)

    async def _catch_up_with_all(self) -> None:
        """The list is the page's to fetch; what it shows is looked at here."""
        await self.emit(protocol.listing())
        if self._screen.conversation:
            self._on_change(self._screen.conversation)

    async def _tell_deleted(self, conversation: UUID) -> None:
        if conversation == self._screen.conversation:
            self._screen.turn_to(None)
        await self.emit(protocol.deleted(conversation))

    # The connection

    async def _recheck(self) -> None:
        """The login is of the moment of connecting; logging out or being deactivated must reach open tabs."""
        while True:
            await asyncio.sleep(RECHECK)
            try:
                if not await in_database(rows.still_welcome, *self._login):
                    await self._close(UNAUTHORISED)
                    return
                shown = self._screen.conversation
                if shown and not await in_database(rows.exists, self.user, shown):
                    self._on_change(shown)
            except DatabaseError as error:
                logger.warning("A tab's login could not be checked: %s", reason(error))

    async def close_for_restart(self) -> None:
        """Closes the connection once the end of the answer that it shows is on its way."""
        await self._screen.text.ended(FAREWELL)
        await self._close(RESTARTING)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task that ends with the tab."""
        task = asyncio.create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A task that ended by a defect of ours leaves a tab that is deaf or dumb: better it comes back anew."""
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            logger.error("A tab's task failed by a defect of ours", exc_info=task.exception())
            self.spawn(self._close(RESTARTING))
