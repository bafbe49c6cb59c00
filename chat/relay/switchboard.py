"""Start, find and cancel a generation by its key; hear of changes in a person's conversations.

Callers name generations by key and get frames back; none of them ever holds one. So where a generation runs, in this
process or in another, is the relay's business alone. One Switchboard belongs to one process and one event loop.
"""

import asyncio
import logging
import os
import socket
import uuid
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Iterator
from contextlib import AbstractContextManager, aclosing, contextmanager, nullcontext
from functools import partial
from typing import Any, Protocol, TypeVar
from uuid import UUID

from chat.models import Generation, Prompt
from chat.relay import errors, spool, titles
from chat.relay.asking import Asking, Offered
from chat.relay.chores import Chore, Chores
from chat.relay.completions import Chunk
from chat.relay.database import in_database
from chat.relay.generation import LiveGeneration
from chat.relay.growing import Growing
from chat.relay.limits import Limits
from chat.relay.neighbours import Neighbours
from chat.relay.recorder import record
from chat.relay.sweep import Sweep
from chat.relay.tasks import Tasks
from chat.relay.text import Ending, Frame, Text
from chat.relay.whisper import Whisper

logger = logging.getLogger(__name__)

LINGER = 30.0
"""Seconds for which an ended generation stays findable, for the tab that was just about to read its rest."""

WHISPERS = 10
"""Temporary generations that a person may have under way in one process: their prompts wait in memory."""

Listener = Callable[[UUID | None], None]


class Stored(Protocol):
    """What `Switchboard.begin` needs to know of a committed row."""

    @property
    def generation(self) -> Generation: ...

    @property
    def is_new(self) -> bool: ...


StoredT = TypeVar("StoredT", bound=Stored)


class Stopping(Exception):
    """This process is shutting down and starts nothing new."""


class Crowded(Exception):
    """This person has too much of this kind under way."""


class Switchboard:
    def __init__(self, limits: Limits = Limits(), chores: Iterable[Chore] = ()) -> None:  # noqa: B008  a frozen value
        self.process = f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"[-100:]
        self.stopping = False
        self._attended = False
        self._limits = limits
        self._asking = Asking(limits)
        self._live: dict[UUID, LiveGeneration] = {}
        self._tasks = Tasks()
        self._titling: dict[asyncio.Task[None], UUID] = {}
        self._listeners: defaultdict[int, set[Listener]] = defaultdict(set)
        self._chores = Chores(chores)
        self._sweep = Sweep(self._live.keys, self._listeners.keys, self._tell)
        self._neighbours = Neighbours(
            self.process, self._live, self._tasks.accompany, on_changed=self._tell, on_cancel=self._cancel_here
        )

    # Generations

    async def begin(self, store: Callable[[], StoredT], owner_id: int) -> StoredT:
        """Starts the generation that `store` commits in a database thread, unless `store` says that it is not new.

        Then tells the person's tabs. All or nothing, though the caller be cancelled meanwhile: who sends and leaves has
        sent. Raises `Stopping` when the process shuts down, and then leaves no generation under way.
        """
        return await asyncio.shield(self._tasks.finish(self._begin(store, owner_id)))

    async def _begin(self, store: Callable[[], StoredT], owner_id: int) -> StoredT:
        if self.stopping:
            raise Stopping
        stored = await in_database(store)
        try:
            if stored.is_new:
                self.start(stored.generation, owner_id)
        except Stopping:
            code, words = errors.INTERRUPTED
            await in_database(stored.generation.interrupt, "", "", error_code=code, error_text=words)
            raise
        self.announce(owner_id, stored.generation.conversation_id)
        return stored

    def start(self, row: Generation, owner_id: int) -> None:
        """Runs the generation of a freshly committed row, in a task that belongs to the process.

        Raises `Stopping` when the process shuts down; the row is then for the caller to end.
        """
        if self.stopping:
            raise Stopping
        message = row.message
        text = Text.resumed(message.content, message.reasoning, row.runs) if row.continues_id else None
        live = self._live[row.pk] = LiveGeneration(row.pk, owner_id, self._limits, text)
        live.facts.thinking_ms = row.thinking_ms
        self._tasks.finish(self._run_stored(live, row))

    def whisper(self, key: UUID, prompt: Prompt, owner_id: int) -> None:
        """Runs a generation that is stored nowhere, as long as somebody follows it; under the same key only once.

        Raises `Stopping` when the process shuts down, and `Crowded`.
        """
        if self.stopping:
            raise Stopping
        if key in self._live:
            return
        others = [live for live in self._live.values() if isinstance(live, Whisper) and live.owner_id == owner_id]
        if sum(live.outcome is None for live in others) >= WHISPERS:
            raise Crowded
        live = self._live[key] = Whisper(key, owner_id, self._limits)
        self._tasks.finish(self._run(live, self._asking.answer(live, partial(_fitted, prompt)), live.over))

    def has_whisper(self, key: UUID, owner_id: int) -> bool:
        """Has this process a temporary generation of this person under this key, that may be followed?"""
        live = self._live.get(key)
        return isinstance(live, Whisper) and live.owner_id == owner_id

    async def follow(self, key: UUID, cursor: int) -> AsyncGenerator[Frame | Ending]:
        """Yields frames from `cursor` on and the ending last. The key must be one that the caller may read.

        A cursor that the text never reaches (its last words were lost with their process) gets the ending alone.
        """
        with self._growing(key) as growing:
            async with aclosing(growing.follow(cursor)) as items:
                async for item in items:
                    yield item

    def _growing(self, key: UUID) -> AbstractContextManager[Growing]:
        live = self._live.get(key)
        return nullcontext(live) if live else self._neighbours.mirror(key)

    def cancel(self, key: UUID, owner_id: int) -> bool:
        """Ends a generation of this person at once and without the database, if it runs in this process.

        Else asks the other processes to, and returns False: it is for the caller to leave word in the database, too.
        What has ended already stays as it is.
        """
        if self._cancel_here(key, owner_id):
            return True
        self._neighbours.tell_cancel(key, owner_id)
        return False

    def _cancel_here(self, key: UUID, owner_id: int) -> bool:
        live = self._live.get(key)
        if live is None or live.owner_id != owner_id:
            return False
        live.cancel()
        return True

    @property
    def is_alone(self) -> bool:
        """Does it take itself for the only process?"""
        return not self._neighbours.trunk.connects

    def introduction(self) -> tuple[str, str, str]:
        """The model that answers by default (empty when not known yet), its provider, and a note for people."""
        return self._asking.introduction()

    def images(self) -> bool | None:
        """Does that model take pictures? None: nobody knows."""
        return self._asking.images()

    async def models(self) -> Offered:
        """What the upstream offers, now or a moment ago; nothing when it does not answer."""
        return await self._asking.offered()

    async def warm_up(self) -> None:
        """Starts the embedded model, or learns the upstream's models, before anybody asks for them."""
        await self._asking.offered()

    def attend(self) -> None:
        """Makes sure that somebody hears the other processes, looks for what got lost, and does the chores.

        Repeating it does nothing.
        """
        if not self._attended:
            self._attended = True
            self._tasks.accompany(self._neighbours.trunk.run())
            self._tasks.accompany(self._sweep.run(alone=self.is_alone))
            self._tasks.accompany(self._chores.run())

    async def drain(self, seconds: float) -> None:
        """Refuses new generations, interrupts the running ones and waits until they are stored, at most `seconds`.

        What the database has not taken by then goes into the spool.
        """
        self.stopping = True
        for live in self._live.values():
            live.cancel("interrupted")
        await self._tasks.finished(seconds)
        for live in self._live.values():
            if live.outcome and not live.ending and not isinstance(live, Whisper):
                spool.keep(spool.answer_of(live, live.outcome))
        await self._tasks.dismiss()
        await self._neighbours.trunk.aclose()
        await self._asking.aclose()

    async def _run_stored(self, live: LiveGeneration, row: Generation) -> None:
        source = self._asking.answer(live, lambda chars: in_database(row.prompt, chars))
        ending = await self._run(live, source, partial(record, live, row), row.conversation_id)
        self.announce(live.owner_id, row.conversation_id)
        if ending.status == "complete" and not self.stopping:
            task = self._tasks.accompany(self._entitle(live.owner_id, row))
            self._titling[task] = row.conversation_id
            task.add_done_callback(self._titling.pop)

    async def _run(
        self,
        live: LiveGeneration,
        source: AsyncGenerator[list[Chunk]],
        record: Callable[[], Coroutine[Any, Any, Ending]],
        conversation: UUID | None = None,
    ) -> Ending:
        """Reads and records to the end, and tells it to the followers."""
        try:
            recording = self._tasks.finish(record())
            await live.run(source)
            ending = await recording
        except Exception:
            logger.exception("Generation %s failed by a defect of ours", live.id)
            live.cancel("interrupted")
            ending = Ending("failed", None, *errors.INTERNAL)
        live.publish(ending)
        asyncio.get_running_loop().call_later(LINGER, self._live.pop, live.id, None)
        live.log_end(ending, conversation)
        return ending

    async def _entitle(self, owner_id: int, row: Generation) -> None:
        if await titles.entitle(self._asking, row):
            self.announce(owner_id, row.conversation_id)

    def give_up_title(self, conversation: UUID) -> None:
        """What a title is asked for here is no more there; nobody needs it."""
        for task, about in self._titling.items():
            if about == conversation:
                task.cancel()

    # Changes in conversations

    def announce(self, owner_id: int, conversation: UUID | None) -> None:
        """Tells every tab of a person that something about a conversation changed; what, they read in the database.

        None: any of them may have changed.
        """
        self._tell(owner_id, conversation)
        self._neighbours.tell_changed(owner_id, conversation)

    def _tell(self, owner_id: int, conversation: UUID | None) -> None:
        if conversation:
            self._sweep.told(conversation)
        for listener in list(self._listeners.get(owner_id, ())):
            listener(conversation)

    @contextmanager
    def listening(self, owner_id: int, listener: Listener) -> Iterator[None]:
        """Calls `listener` with the key of each conversation of this person that changes; None: look at all of them."""
        self._listeners[owner_id].add(listener)
        try:
            yield
        finally:
            self._listeners[owner_id].discard(listener)
            if not self._listeners[owner_id]:
                del self._listeners[owner_id]


async def _fitted(prompt: Prompt, chars: int) -> Prompt:
    return prompt.fitted(chars)
