"""Start, find and cancel a generation by its key; hear of changes in a person's conversations.

Callers name generations by key and get frames back; none of them ever holds one. So where a generation runs, in this
process or in another, is the relay's business alone. One Switchboard belongs to one process and one event loop.
"""

import asyncio
import contextvars
import logging
import os
import socket
import uuid
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, aclosing, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from chat.models import Generation
from chat.relay import completions, errors, provider, spool
from chat.relay.completions import Chunk
from chat.relay.database import in_database
from chat.relay.errors import UpstreamError
from chat.relay.generation import Facts, LiveGeneration
from chat.relay.growing import Growing
from chat.relay.limits import Limits
from chat.relay.neighbours import Neighbours
from chat.relay.recorder import record
from chat.relay.sweep import Sweep
from chat.relay.text import Ending, Frame
from chat.relay.upstream import Upstream

logger = logging.getLogger(__name__)

LINGER = 30.0
"""Seconds for which an ended generation stays findable, for the tab that was just about to read its rest."""

T = TypeVar("T")
Listener = Callable[[UUID], None]


class Stored(Protocol):
    """What `Switchboard.begin` needs to know of a committed row."""

    @property
    def generation(self) -> Generation: ...

    @property
    def is_new(self) -> bool: ...


StoredT = TypeVar("StoredT", bound=Stored)


class Stopping(Exception):
    """This process is shutting down and starts nothing new."""


class Switchboard:
    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008  a frozen value
        self.process = f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"[-100:]
        self.stopping = False
        self._attended = False
        self._limits = limits
        self._upstream = Upstream(limits)
        self._places = asyncio.Semaphore(limits.concurrent)
        self._live: dict[UUID, LiveGeneration] = {}
        self._work: set[asyncio.Task[Any]] = set()
        self._attendance: set[asyncio.Task[Any]] = set()
        self._listeners: defaultdict[int, set[Listener]] = defaultdict(set)
        self._sweep = Sweep(self._live.keys, self._listeners.keys, self._tell)
        self._neighbours = Neighbours(
            self.process, self._live, self._accompany, on_changed=self._tell, on_cancel=self._cancel_here
        )

    # Generations

    async def begin(self, store: Callable[[], StoredT], owner_id: int) -> StoredT:
        """Starts the generation that `store` commits in a database thread, unless `store` says that it is not new.

        Then tells the person's tabs. All or nothing, though the caller be cancelled meanwhile: who sends and leaves has
        sent. Raises `Stopping` when the process shuts down, and then leaves no generation under way.
        """
        return await asyncio.shield(self._spawn(self._begin(store, owner_id)))

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
        live = self._live[row.pk] = LiveGeneration(row.pk, owner_id, self._limits)
        self._spawn(self._run(live, row))

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

    def introduction(self) -> tuple[str, str, str]:
        """The model that answers by default (empty when not known yet), its provider, and a note for people."""
        if provider.is_embedded():
            return provider.EMBEDDED_NAME, provider.EMBEDDED_PLACE, provider.EMBEDDED_NOTE
        configured = provider.configured()
        return self._upstream.known_default(configured), configured.name, ""

    async def warm_up(self) -> None:
        """Starts the embedded model, or learns the upstream's first model, before anybody asks for it."""
        try:
            await self._upstream.default_model(await provider.current())
        except UpstreamError as error:
            logger.warning("No model answers yet. %s", error)

    def attend(self) -> None:
        """Makes sure that somebody hears the other processes and looks for what got lost. Repeating it does nothing."""
        if not self._attended:
            self._attended = True
            self._accompany(self._neighbours.trunk.run())
            self._accompany(self._sweep.run(alone=not self._neighbours.trunk.connects))

    async def drain(self, seconds: float) -> None:
        """Refuses new generations, interrupts the running ones and waits until they are stored, at most `seconds`.

        What the database has not taken by then goes into the spool.
        """
        self.stopping = True
        for live in self._live.values():
            live.cancel("interrupted")
        if self._work:
            await asyncio.wait(self._work, timeout=seconds)
        for live in self._live.values():
            if live.outcome and not live.ending:
                spool.keep(spool.answer_of(live, live.outcome))
        for task in self._attendance:
            task.cancel()
        if self._attendance:
            await asyncio.wait(self._attendance, timeout=1)
        await self._neighbours.trunk.aclose()
        await self._upstream.aclose()

    async def _run(self, live: LiveGeneration, row: Generation) -> None:
        try:
            recording = self._spawn(record(live, row))
            await live.run(self._source(live, row))
            ending = await recording
        except Exception:
            logger.exception("Generation %s failed by a defect of ours", row.pk)
            live.cancel("interrupted")
            ending = Ending("failed", None, *errors.INTERNAL)
        live.publish(ending)
        self.announce(live.owner_id, row.conversation_id)
        asyncio.get_running_loop().call_later(LINGER, self._live.pop, live.id, None)
        _log_end(live, row.conversation_id, ending)

    async def _source(self, live: LiveGeneration, row: Generation) -> AsyncGenerator[list[Chunk]]:
        """The chunks of the answer: waits for a place, finds the provider and the model, builds the prompt, asks."""
        async with self._places:
            live.enter("connecting")
            asked = await in_database(row.prompt)
            upstream = await provider.current()
            model = asked.model or await self._upstream.default_model(upstream)
            messages = completions.fit(asked.messages, upstream.prompt_chars)
            live.facts = Facts(upstream.name, model, len(asked.messages) - len(messages))
            body = completions.request_body(model, messages, {**upstream.parameters, **asked.parameters})
            async with aclosing(self._upstream.chunks(upstream, body)) as reads:
                async for chunks in reads:
                    if not chunks:
                        live.enter("thinking")
                    yield chunks

    # Changes in conversations

    def announce(self, owner_id: int, conversation: UUID) -> None:
        """Tells every tab of a person that something about a conversation changed; what, they read in the database."""
        self._tell(owner_id, conversation)
        self._neighbours.tell_changed(owner_id, conversation)

    def _tell(self, owner_id: int, conversation: UUID) -> None:
        self._sweep.told(conversation)
        for listener in list(self._listeners.get(owner_id, ())):
            listener(conversation)

    @contextmanager
    def listening(self, owner_id: int, listener: Listener) -> Iterator[None]:
        """Calls `listener` with the key of each conversation of this person that changes."""
        self._listeners[owner_id].add(listener)
        try:
            yield
        finally:
            self._listeners[owner_id].discard(listener)
            if not self._listeners[owner_id]:
                del self._listeners[owner_id]

    def _spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Work that is finished before the process ends."""
        return self._task(work, self._work)

    def _accompany(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Work without an end of its own, or without a loss when it is given up."""
        return self._task(work, self._attendance)

    def _task(self, work: Coroutine[Any, Any, T], tasks: set[asyncio.Task[Any]]) -> asyncio.Task[T]:
        """A task that nobody's request owns: with a context of its own, or Django would give it a thread of its own."""
        task = asyncio.create_task(work, context=contextvars.Context())
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        return task


def _log_end(live: LiveGeneration, conversation: UUID, ending: Ending) -> None:
    """One line for each generation: identifiers, times and counts, never what was said."""
    facts = live.facts
    logger.info(
        "generation %s in conversation %s %s after %.2fs (first words %s) finish_reason=%s error=%s model=%s chunks=%d "
        "characters=%d longest_gap=%dms closing=%s request=%s",
        live.id,
        conversation,
        ending.status,
        (datetime.now(UTC) - live.begun_at).total_seconds(),
        facts.first_delta_at and f"{(facts.first_delta_at - live.begun_at).total_seconds():.2f}s",
        ending.finish_reason,
        ending.error_code or None,
        facts.model or None,
        facts.chunk_count,
        live.text.end,
        facts.longest_gap_ms,
        None if facts.closing_ms is None else f"{facts.closing_ms}ms",
        facts.upstream_request_id or None,
    )
