"""Work of the house that nobody waits for: one chore at a time, again and again, in a database thread."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import NamedTuple

from django.db import Error as DatabaseError
from django.db import transaction

from chat.models import Conversation, File, Message, Passage
from chat.models.message import BATCH
from chat.relay.database import in_database, reason

logger = logging.getLogger(__name__)

PAUSE = 0.1
"""Seconds between two pieces of one chore, in which the database is free for everybody else."""


class Chore(NamedTuple):
    name: str
    every: float
    """Seconds between two times."""

    work: Callable[[], bool]
    """Does a small piece; is there more to do?"""


class Chores:
    def __init__(self, chores: Iterable[Chore]) -> None:
        self._chores = list(chores)
        self._failing: set[str] = set()

    async def run(self) -> None:
        """Carries them out, each in its turn, until it is cancelled."""
        now = asyncio.get_running_loop().time
        due = {chore: now() for chore in self._chores}
        while due:
            chore = min(due, key=lambda chore: due[chore])
            await asyncio.sleep(due[chore] - now())
            more = await self._carry_out(chore)
            due[chore] = now() + (PAUSE if more else chore.every)

    async def _carry_out(self, chore: Chore) -> bool:
        try:
            more = await in_database(chore.work)
        except Exception as error:  # the others are to be done all the same
            if chore.name not in self._failing:  # once, and not every time until it is mended
                words = "The chore %r failed; it is tried again every %g s: %s"
                is_defect = not isinstance(error, DatabaseError)
                logger.error(words, chore.name, chore.every, reason(error), exc_info=is_defect)
            self._failing.add(chore.name)
            return False
        self._failing.discard(chore.name)
        return more


@transaction.atomic
def forget_conversations() -> bool:
    """Removes for good some of what was deleted and can no more be brought back: what the search has of it first."""
    forgotten = Conversation.objects.forgotten().select_for_update(skip_locked=True)  # against `restore`
    keys = list(forgotten.values_list("pk", flat=True)[:BATCH])
    if Passage.objects.filter(message__conversation__in=keys).thin_out():
        return True
    newest = Message.objects.filter(conversation__in=keys).order_by("-created_at", "-pk")  # nothing hangs on these
    if messages := list(newest.values_list("pk", flat=True)[:BATCH]):
        Message.objects.filter(pk__in=messages).only("pk").delete()
        return True
    Conversation.objects.filter(pk__in=keys).only("pk").delete()
    return len(keys) == BATCH


@transaction.atomic
def remove_files() -> bool:
    """Removes files that belong to no message."""
    unused = File.objects.unused().only("pk").select_for_update(of=("self",), skip_locked=True)
    keys = [file.pk for file in unused[:BATCH]]
    # Asked again, now that nobody can attach one any more; Django would take it from its message without a word.
    still = list(File.objects.unused().filter(pk__in=keys).values_list("pk", flat=True))
    File.objects.filter(pk__in=still).only("pk").delete()
    return len(keys) == BATCH


TIDYING = (
    Chore("deleted conversations", 15.0, forget_conversations),
    Chore("unused files", 30.0, remove_files),
)
