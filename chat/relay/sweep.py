"""Looks after what nobody else will: answers whose process died, answers that wait in the spool, news that got lost.

Every process looks every few seconds, so it does not matter which of them are alive.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models.functions import Now

from chat.models import Conversation, Generation
from chat.relay import spool
from chat.relay.database import in_database, reason

logger = logging.getLogger(__name__)

BEAT = 3.0
"""Seconds between two looks."""

OVERLAP = timedelta(seconds=10)
"""How far two looks for changes overlap: a transaction is seen when it is committed, with the time of its beginning."""

KEPT = 60.0
"""Seconds for which it is remembered that a change was told."""

Change = tuple[int, UUID]
"""The owner and the conversation."""


class Sweep:
    def __init__(
        self,
        running: Callable[[], Collection[UUID]],
        listeners: Callable[[], Collection[int]],
        announce: Callable[[int, UUID], None],
    ) -> None:
        """`running` are the generations of this process, `listeners` the people whose tabs it serves."""
        self._running = running
        self._listeners = listeners
        self._announce = announce
        self._suspects: set[UUID] = set()
        self._told: dict[UUID, float] = {}
        self._since: datetime | None = None

    def told(self, conversation: UUID) -> None:
        """Who is interested in this conversation has heard of it just now."""
        self._told[conversation] = asyncio.get_running_loop().time()

    async def run(self, *, alone: bool) -> None:
        """Looks until it is cancelled. `alone`: there are no other processes whose changes could be missed."""
        while True:
            try:
                await self._look(alone)
            except DatabaseError as error:
                self._suspects.clear()  # their owners may have been as cut off as we are
                logger.warning("The sweep for lost generations failed: %s", reason(error))
            except Exception:  # nobody would look any more
                logger.exception("The sweep for lost generations failed by a defect of ours")
            await asyncio.sleep(BEAT)

    async def _look(self, alone: bool) -> None:
        self._forget()
        self._tell(await in_database(spool.replay))
        expired = await in_database(_expired, list(self._running()))
        lost = await in_database(_interrupt, self._suspects & expired)
        self._suspects = expired
        for _, conversation in lost:
            logger.warning("An answer in conversation %s had lost its process: interrupted", conversation)
        self._tell(lost)
        if not alone:
            self._tell(await self._changes())

    def _forget(self) -> None:
        now = asyncio.get_running_loop().time()
        self._told = {key: when for key, when in self._told.items() if now - when < KEPT}

    def _tell(self, changes: list[Change]) -> None:
        for owner, conversation in changes:
            self._announce(owner, conversation)

    async def _changes(self) -> list[Change]:
        """Changes of which nobody here has heard, whoever made them."""
        found, looked = await in_database(_changed, list(self._listeners()), self._since)
        if looked is None:  # there are no conversations
            return []
        self._since = looked.at - OVERLAP
        # Ages, because the clocks of machines differ.
        return [
            (owner, key)
            for owner, key, when in found
            if self._told.get(key, float("-inf")) < looked.here - (looked.at - when).total_seconds()
        ]


def _expired(running_here: list[UUID]) -> set[UUID]:
    """The generations whose lease has run out.

    Not what runs here: its lease has run out only because the database was out of reach.
    """
    return set(Generation.objects.expired().exclude(pk__in=running_here).values_list("pk", flat=True))


@transaction.atomic
def _interrupt(keys: set[UUID]) -> list[Change]:
    """Ends those that are still expired; returns what they belong to.

    They were so at the look before, too: after a database that was away for everybody, their owners come first.
    """
    lost = Generation.objects.expired().filter(pk__in=keys)
    found = list(lost.values_list("conversation__owner_id", "conversation_id"))
    if found:
        lost.interrupt()
        # As after every end; and by this the other processes find that there is something to tell.
        Conversation.objects.filter(pk__in=[conversation for _, conversation in found]).update(updated_at=Now())
    return found


class Looked(NamedTuple):
    """One moment: `at` by the database's clock, `here` by that of the event loop."""

    at: datetime
    here: float


def _changed(owners: list[int], since: datetime | None) -> tuple[list[tuple[int, UUID, datetime]], Looked | None]:
    """What these people's conversations are that changed since then, and when; and the moment of this look."""
    now = Conversation.objects.values_list(Now(), flat=True).first()
    if now is None:
        return [], None
    looked = Looked(now, time.monotonic())  # in this thread: until the loop hears of it, others may be told of more
    rows = Conversation.objects.filter(owner__in=owners, updated_at__gt=since or now)
    return list(rows.values_list("owner_id", "pk", "updated_at")), looked
