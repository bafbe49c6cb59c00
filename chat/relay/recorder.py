"""Follows a generation into the database: a checkpoint at most once a second, then the one terminal write.

Every write is fenced by `status = 'streaming'` in the row (chat/models/), because a write that was given up on goes
on in its thread and may land late. A database that is slow or locked holds up this generation's checkpoints and
nothing else.
"""

import asyncio
import logging

from django.db import Error as DatabaseError

from chat.models import Generation
from chat.relay import errors, spool
from chat.relay.database import in_database, reason
from chat.relay.generation import RUNS_KEPT, LiveGeneration
from chat.relay.text import Ending

logger = logging.getLogger(__name__)

BEAT = 1.0
"""Seconds between two checkpoints: what kill -9 may cost. Each also renews the lease and hears of a Stop elsewhere."""

PATIENCE = 60.0
"""Seconds for which a write may take, and for which the terminal one is tried again."""

CLOSING = 1.0
"""Seconds for which the terminal write waits for the upstream's socket to be closed, to store how long that took."""

SAVING = 1.0
"""Seconds after which the followers are told that the database has not taken the end yet."""


async def record(live: LiveGeneration, row: Generation) -> Ending:
    """Stores `live` until it is closed, then its end. Returns the ending that the database has.

    When the row has ended without us, or is asked to stop, the generation is cancelled: its upstream must not run on.
    """
    while live.outcome is None:
        await live.closed(BEAT)
        if live.outcome is None:
            await _checkpoint(live, row)
    await live.released(CLOSING)
    saving = asyncio.get_running_loop().call_later(SAVING, live.enter, "saving")  # a database that hangs says nothing
    try:
        return await _finish(live, live.outcome)
    finally:
        saving.cancel()


async def _checkpoint(live: LiveGeneration, row: Generation) -> None:
    content, reasoning = live.text.whole("content"), live.text.whole("reasoning")
    facts = {"runs": live.text.runs[:RUNS_KEPT], **live.facts.fields()}
    try:
        async with asyncio.timeout(PATIENCE):
            goes_on = await in_database(row.checkpoint, content, reasoning, **facts)
    except (DatabaseError, TimeoutError) as error:
        logger.warning("Checkpoint of generation %s failed, the next one will catch up: %s", row.pk, reason(error))
        return
    except Exception:  # it would stream on with nobody to store it
        logger.exception("Generation %s cannot be stored, by a defect of ours", row.pk)
        live.cancel("interrupted")
        return
    if not goes_on:
        live.cancel()


async def _finish(live: LiveGeneration, outcome: Ending) -> Ending:
    answer = spool.answer_of(live, outcome)
    now = asyncio.get_running_loop().time
    pause, deadline = 0.1, now() + PATIENCE
    while True:
        try:
            async with asyncio.timeout_at(deadline):
                # No row at all: its conversation was deleted meanwhile.
                return await in_database(spool.store, answer) or outcome
        except (DatabaseError, TimeoutError) as error:
            logger.warning("The end of generation %s could not be stored yet: %s", live.id, reason(error))
        if now() + pause > deadline:
            code, words = errors.SPOOLED if spool.keep(answer) else errors.UNSTORED
            return outcome._replace(status="failed", error_code=code, error_text=words)
        live.enter("saving")
        await asyncio.sleep(pause)
        pause = min(pause * 2, 1.0)
