"""Conversations on their way in, piece by piece: nobody sees them before all are there, and then all are there at once.

On SQLite nobody else writes while a piece is being written, so each takes a moment, and a pause follows. Until the end
they count as deleted (`ConversationQuerySet.arriving`); what is left by whoever does not get to the end is removed like
everything that was deleted. An arrival is known by its own moment: what another one brings in is never taken for its.
"""

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from secrets import randbelow
from types import TracebackType
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from chat.models import Conversation, ConversationQuerySet
from chat.models.conversation import AHEAD, SIGN

PAUSE = 0.1
"""Seconds between two pieces. Whoever waits for SQLite sleeps as long, at most, before it tries again."""

SIGNS = SIGN.total_seconds() / 8
"""Seconds between two signs of life."""

ASKED = 500
"""Keys in one query."""


class Later(Exception):
    """Nothing was imported, and nothing is wrong with the file."""

    def __init__(self) -> None:
        super().__init__(_("Some of these conversations are being imported or removed. Try again in a few minutes."))


class Arrival:
    """Leaving it before `reveal` gives up what has come so far."""

    def __init__(self, owner: Any, returning: Collection[UUID] = ()) -> None:
        """`returning` come back with it: their owner deleted them just now."""
        self._owner = owner
        self._returning = sorted(returning)
        self._moment = self._new_moment()
        self._signed = time.monotonic()
        self._is_begun = False

    def __enter__(self) -> "Arrival":
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        if kind is not None:
            self._give_up()

    @contextmanager
    def piece(self) -> Iterator[datetime]:
        """One transaction, some time after the last. Yields the `deleted_at` of conversations that are stored in it."""
        if self._is_begun:
            time.sleep(PAUSE)
        self._is_begun = True
        if time.monotonic() - self._signed >= SIGNS:
            self._sign()
        with transaction.atomic():
            yield self._moment

    @transaction.atomic
    def reveal(self, count: int) -> None:
        """Everybody sees all that have come, which must be `count`. Raises `Later` if some are being removed."""
        if self._alive().update(deleted_at=None) < count:
            raise Later
        for keys in batches(self._returning):
            regrettable(keys).update(deleted_at=None)
            if Conversation.objects.for_user(self._owner).filter(pk__in=keys).count() < len(keys):
                raise Later

    def _sign(self) -> None:
        """We are alive; and what is to come back is kept from being forgotten."""
        moment = self._new_moment()
        with transaction.atomic():
            self._alive().update(deleted_at=moment)
            for keys in batches(self._returning):
                regrettable(keys).update(deleted_at=Now())
        self._moment, self._signed = moment, time.monotonic()

    def _give_up(self) -> None:
        """Without a sign of life, from now on. If the database is not to be had, it sees that for itself."""
        with suppress(DatabaseError):
            self._mine().update(deleted_at=self._moment - 2 * SIGN)

    def _alive(self) -> ConversationQuerySet:
        """All that have come, but for what is being removed, because we were silent for too long."""
        return _held(self._mine()).arriving()

    def _mine(self) -> ConversationQuerySet:
        return Conversation.objects.filter(owner=self._owner, deleted_at=self._moment)

    def _new_moment(self) -> datetime:
        """By the database's clock, and unlike that of whatever else this person has brought in at the same time."""
        people = get_user_model().objects.filter(pk=self._owner.pk)
        now: datetime = people.values_list(Now(), flat=True).get()
        return now + AHEAD + timedelta(microseconds=randbelow(1_000_000))


def regrettable(keys: Sequence[UUID]) -> ConversationQuerySet:
    """Those of these which their owner may bring back; held, so that nobody removes a part of them meanwhile."""
    return _held(Conversation.objects.filter(pk__in=keys)).regrettable()


def _held(conversations: ConversationQuerySet) -> ConversationQuerySet:
    """The same, locked first by a statement of its own: who had to wait then looks at the clock again."""
    list(conversations.select_for_update().order_by("pk").values_list("pk"))
    return conversations


def batches(keys: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    """As many at a time as one query asks for."""
    for at in range(0, len(keys), ASKED):
        yield keys[at : at + ASKED]
