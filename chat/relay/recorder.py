"""Follows a generation into the database: a checkpoint at most once a second, then the one terminal write.

Every write is fenced by `status = 'streaming'` in the row (chat/models.py), because a write that was given up on goes
on in its thread and may land late. A database that is slow or locked holds up this generation's checkpoints and
nothing else.
"""

import asyncio
import logging
from typing import cast

from django.db import Error as DatabaseError

from chat.models import Generation
from chat.relay import errors
from chat.relay.database import in_database
from chat.relay.generation import LiveGeneration
from chat.relay.text import Ending, Status

logger = logging.getLogger(__name__)

BEAT = 1.0
"""Seconds between two checkpoints: what kill -9 may cost. Each also renews the lease and hears of a Stop elsewhere."""

PATIENCE = 60.0
"""Seconds for which the terminal write is tried again."""


async def record(live: LiveGeneration, row: Generation) -> Ending:
    """Stores `live` until it is closed, then its end. Returns the ending that the database has.

    When the row has ended without us, or is asked to stop, the generation is cancelled: its upstream must not run on.
    """
    while live.outcome is None:
        await live.closed(BEAT)
        if live.outcome is None:
            await _checkpoint(live, row)
    return await _finish(live, row, live.outcome)


async def _checkpoint(live: LiveGeneration, row: Generation) -> None:
    content, reasoning = live.text.whole("content"), live.text.whole("reasoning")
    try:
        goes_on = await in_database(row.checkpoint, content, reasoning, **live.facts.fields())
    except DatabaseError as error:
        logger.warning("Checkpoint of generation %s failed, the next one will catch up: %s", row.pk, error)
        return
    except Exception:  # it would stream on with nobody to store it
        logger.exception("Generation %s cannot be stored, by a defect of ours", row.pk)
        live.cancel("interrupted")
        return
    if not goes_on:
        live.cancel()


async def _finish(live: LiveGeneration, row: Generation, outcome: Ending) -> Ending:
    pause, deadline = 0.1, asyncio.get_running_loop().time() + PATIENCE
    while True:
        try:
            return await in_database(_store_end, live, row, outcome)
        except DatabaseError as error:
            logger.warning("The end of generation %s could not be stored yet: %s", row.pk, error)
        if asyncio.get_running_loop().time() + pause > deadline:
            logger.error("The end of generation %s was not stored in %s seconds", row.pk, PATIENCE)
            return Ending("failed", outcome.finish_reason, *errors.UNSTORED, cursor=outcome.cursor)
        await asyncio.sleep(pause)
        pause = min(pause * 2, 5.0)


def _store_end(live: LiveGeneration, row: Generation, outcome: Ending) -> Ending:
    """Writes the end, or reads the one that came first."""
    verb = {
        "complete": row.complete,
        "cancelled": row.cancel,
        "truncated": row.truncate,
        "failed": row.fail,
        "interrupted": row.interrupt,
    }[outcome.status]
    ended = verb(
        live.text.whole("content"),
        live.text.whole("reasoning"),
        finish_reason=outcome.finish_reason,
        error_code=outcome.error_code,
        error_text=outcome.error_text,
        **live.facts.fields(),
    )
    first = None if ended else Generation.objects.filter(pk=row.pk).first()
    return stored_ending(first) if first else outcome  # no row at all: its conversation was deleted meanwhile


def stored_ending(row: Generation) -> Ending:
    """The ending that a row holds which has ended."""
    return Ending(cast(Status, row.status), row.finish_reason, row.error_code, row.error_text, row.cursor, row.left_out)
