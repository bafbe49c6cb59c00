"""Makes findable what was said: reads messages whose text is final, and stores their words.

A chore does it every second, so that no answer waits for it, and so that it does not matter how a message came in.
What is removed falls with its message.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Length

from chat.models import Generation, Message, Passage
from chat.search.pieces import pieces
from chat.search.words import words

BATCH = 20
"""Messages in one transaction at most: on SQLite nobody else writes meanwhile."""

BATCH_CHARS = 100_000
"""Characters in one transaction, about: a tenth of a second (docs/performance.md)."""


def catch_up(limit: int = BATCH) -> int:
    """Indexes some of what waits, up to `limit` messages, in one short transaction. How many it took up; 0: none wait.

    The oldest first, because passages are numbered in the order in which they are stored: see find.py. A long message
    takes several times. What other processes do meanwhile is found done, or is done again to the same end.
    """
    keys = _next(limit)
    _store(keys, *_passages(keys))
    return len(keys)


def owner_mark(owner: int) -> str:
    """A word that no text has, in every passage of this person: the index itself knows whose it is."""
    return f"§{owner}"


def _waiting() -> QuerySet[Message]:
    """An answer is final when its generation has ended; everything else is as soon as it is there."""
    live = Q(generation__status=Generation.Status.STREAMING)
    return Message.objects.filter(indexed=False).exclude(live).order_by("created_at", "pk")


def _next(limit: int) -> list[UUID]:
    """As many as have `BATCH_CHARS` together, with the one that goes beyond."""
    keys: list[UUID] = []
    chars = 0
    for key, length in _waiting().values_list("pk", Length("content"))[:limit]:
        keys.append(key)
        chars += length
        if chars >= BATCH_CHARS:
            break
    return keys


def _passages(keys: Sequence[UUID]) -> tuple[list[Passage], list[UUID]]:
    """Passages of about `BATCH_CHARS`, and the messages that have all of theirs with these."""
    passages: list[Passage] = []
    complete: list[UUID] = []
    chars = 0
    done = Passage.objects.filter(message__in=keys[:1]).aggregate(last=Max("position"))["last"]
    rows = Message.objects.filter(pk__in=keys).order_by("created_at", "pk")
    for key, owner, content in rows.values_list("pk", "conversation__owner_id", "content"):
        for position, piece in pieces(content, done or 0):
            if position == done or not (found := words(piece)):
                continue
            if chars >= BATCH_CHARS:
                return passages, complete
            chars += len(piece)
            passages.append(Passage(message_id=key, position=position, words=" ".join([owner_mark(owner), *found])))
        complete.append(key)
        done = None
    return passages, complete


@transaction.atomic
def _store(keys: Sequence[UUID], passages: Sequence[Passage], complete: Sequence[UUID]) -> None:
    """Those of messages that are still there and that no other process has completed meanwhile."""
    rows = Message.objects.filter(pk__in=keys, indexed=False).order_by("pk")
    still = set(rows.select_for_update(no_key=True).values_list("pk", flat=True))
    wanted = [passage for passage in passages if passage.message_id in still]
    Passage.objects.bulk_create(wanted, ignore_conflicts=True)
    Message.objects.filter(pk__in=still.intersection(complete)).update(indexed=True)
