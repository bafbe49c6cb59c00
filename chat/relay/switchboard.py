"""Start, find and cancel a generation by its key; hear of changes in a person's conversations.

Callers name generations by key and get frames back; none of them ever holds one. So where a generation runs, in this
process or in another, is this module's business alone. One Switchboard belongs to one process and one event loop.
"""

import asyncio
import contextvars
import logging
import os
import socket
import uuid
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import aclosing, contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import Error as DatabaseError

from chat.models import Generation
from chat.relay import completions, errors, provider
from chat.relay.completions import Chunk
from chat.relay.database import in_database
from chat.relay.errors import UpstreamError
from chat.relay.generation import Facts, LiveGeneration
from chat.relay.limits import Limits
from chat.relay.recorder import record, stored_ending
from chat.relay.text import Ending, Frame, Text
from chat.relay.upstream import Upstream

logger = logging.getLogger(__name__)

LINGER = 30.0
"""Seconds for which an ended generation stays findable, for the tab that was just about to read its rest."""

SWEEP = 3.0
"""Seconds between two looks for generations whose owner died."""

STORED_BEAT = 1.0
"""Seconds between two looks at a text that another process writes: its own checkpoints come no oftener."""

T = TypeVar("T")
Listener = Callable[[UUID], None]


class Stopping(Exception):
    """This process is shutting down and starts nothing new."""


class Switchboard:
    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008  a frozen value
        self.process = f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"[-100:]
        self.stopping = False
        self._limits = limits
        self._upstream = Upstream(limits)
        self._places = asyncio.Semaphore(limits.concurrent)
        self._live: dict[UUID, LiveGeneration] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._sweeping: asyncio.Task[None] | None = None
        self._listeners: defaultdict[int, set[Listener]] = defaultdict(set)

    # Generations

    async def begin(self, store: Callable[[], tuple[Generation, bool]], owner_id: int) -> tuple[Generation, bool]:
        """Starts the generation that `store` commits in a database thread, unless `store` says that it is not new.

        Both or neither, though the caller be cancelled meanwhile: who sends and leaves has sent. Raises `Stopping` when
        the process shuts down, and then leaves no generation under way.
        """
        return await asyncio.shield(self._spawn(self._begin(store, owner_id)))

    async def _begin(self, store: Callable[[], tuple[Generation, bool]], owner_id: int) -> tuple[Generation, bool]:
        if self.stopping:
            raise Stopping
        row, is_new = await in_database(store)
        try:
            if is_new:
                self.start(row, owner_id)
        except Stopping:
            code, words = errors.INTERRUPTED
            await in_database(row.interrupt, "", "", error_code=code, error_text=words)
            raise
        return row, is_new

    def start(self, row: Generation, owner_id: int) -> None:
        """Runs the generation of a freshly committed row, in a task that belongs to the process.

        Raises `Stopping` when the process shuts down; the row is then for the caller to end.
        """
        if self.stopping:
            raise Stopping
        live = self._live[row.pk] = LiveGeneration(row.pk, owner_id, self._limits)
        self._spawn(self._run(live, row))

    async def follow(self, key: UUID, cursor: int) -> AsyncGenerator[Frame | Ending]:
        """Yields frames from `cursor` on and the ending last. The key must be one that the caller may read."""
        while (live := self._live.get(key)) is None:
            # It runs elsewhere, or its row was committed a moment ago and it is just being started here.
            frame, ending = await _stored_frame(key, cursor)
            yield frame
            if ending:
                yield ending
                return
            cursor = frame.end
            await asyncio.sleep(STORED_BEAT)
        async with aclosing(live.follow(cursor)) as items:
            async for item in items:
                yield item

    def position(self, key: UUID) -> int:
        """Where the text of a generation stands, if it runs here; else 0. A cursor beyond it is not one of ours."""
        live = self._live.get(key)
        return live.text.end if live else 0

    def cancel(self, key: UUID, owner_id: int) -> bool:
        """Ends a generation of this person that runs in this process, at once and without the database.

        Returns whether there is one; it may have ended already, and then stays as it is.
        """
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
        """Makes sure that somebody looks for generations whose process died. Repeating it does nothing."""
        if self._sweeping is None:
            self._sweeping = self._spawn(self._sweep())

    async def _sweep(self) -> None:
        while not self.stopping:
            try:
                for owner_id, conversation in await in_database(_interrupt_lost, list(self._live)):
                    logger.warning("An answer in conversation %s had lost its process: interrupted", conversation)
                    self.announce(owner_id, conversation)
            except DatabaseError as error:
                logger.warning("The sweep for lost generations failed: %s", error)
            await asyncio.sleep(SWEEP)

    async def drain(self, seconds: float) -> None:
        """Refuses new generations, interrupts the running ones and waits until they are stored, at most `seconds`."""
        self.stopping = True
        if self._sweeping:
            self._sweeping.cancel()
        for live in self._live.values():
            live.cancel("interrupted")
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=seconds)
            if late:
                logger.error(
                    "%d generations could not be stored in time; the next start ends them",
                    len(late),
                )
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
        """A task that nobody's request owns: with a context of its own, or Django would give it a thread of its own."""
        task = asyncio.create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def _stored_frame(key: UUID, cursor: int) -> tuple[Frame, Ending | None]:
    """What the database has of a generation from `cursor` on, and its ending once it has one."""
    nothing = Frame(cursor, cursor, (), "writing")
    try:
        row = await in_database(Generation.objects.select_related("message").filter(pk=key).first)
    except DatabaseError as error:
        logger.warning("Generation %s could not be read, the next look will catch up: %s", key, error)
        return nothing, None
    if row is None:  # deleted with its conversation
        return nothing, Ending("interrupted", None, *errors.INTERRUPTED, cursor=cursor)
    text = Text()
    text.append("reasoning", row.message.reasoning)
    text.append("content", row.message.content)
    frame = Frame(cursor, max(cursor, text.end), text.read(cursor), "writing")
    return frame, None if row.status == Generation.Status.STREAMING else stored_ending(row)


def _interrupt_lost(running_here: list[UUID]) -> list[tuple[int, UUID]]:
    """Ends the generations whose lease has run out; returns their owners and conversations.

    Not what runs here: its lease has run out only because the database was out of reach.
    """
    lost = Generation.objects.expired().exclude(pk__in=running_here)
    found = list(lost.values_list("pk", "conversation__owner_id", "conversation_id"))
    Generation.objects.filter(pk__in=[pk for pk, _, _ in found]).interrupt()
    return [(owner_id, conversation) for _, owner_id, conversation in found]


def _log_end(live: LiveGeneration, conversation: UUID, ending: Ending) -> None:
    """One line for each generation: identifiers, times and counts, never what was said."""
    facts = live.facts
    logger.info(
        "generation %s in conversation %s %s after %.2fs (first words %s) finish_reason=%s error=%s model=%s chunks=%d "
        "characters=%d longest_gap=%dms request=%s",
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
        facts.upstream_request_id or None,
    )
