"""Answers that the database would not take: kept in files, and stored as soon as it does.

A file holds what was said, so only its owner may read it. One file each, named by its generation, in DATA_DIR/spool.
"""

import logging
from contextlib import suppress
from pathlib import Path
from typing import cast
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError

from chat.models import Generation
from chat.relay.database import reason
from chat.relay.generation import RUNS_KEPT, Facts, LiveGeneration
from chat.relay.text import Ending, Status

logger = logging.getLogger(__name__)


class Answer(msgspec.Struct, frozen=True):
    """All that is to be stored of a generation that has ended."""

    generation: UUID
    ending: Ending
    content: str
    reasoning: str
    runs: list[int]
    facts: Facts


def answer_of(live: LiveGeneration, ending: Ending) -> Answer:
    text = live.text
    return Answer(live.id, ending, text.whole("content"), text.whole("reasoning"), text.runs[:RUNS_KEPT], live.facts)


def store(answer: Answer) -> Ending | None:
    """The terminal write. Returns the ending that the database now has: the first one wins. None: the row is gone."""
    row = Generation.objects.select_related("conversation").filter(pk=answer.generation).first()
    if row is None:
        return None
    ending = answer.ending
    verb = {
        "complete": row.complete,
        "cancelled": row.cancel,
        "truncated": row.truncate,
        "failed": row.fail,
        "interrupted": row.interrupt,
    }[ending.status]
    ended = verb(
        answer.content,
        answer.reasoning,
        runs=answer.runs,
        finish_reason=ending.finish_reason,
        error_code=ending.error_code,
        error_text=ending.error_text,
        **answer.facts.fields(),
    )
    if ended:
        return ending
    first = Generation.objects.filter(pk=row.pk).first()  # none, if it was deleted just now
    return stored_ending(first) if first else None


def stored_ending(row: Generation) -> Ending:
    """The ending that a row holds which has ended."""
    return Ending(
        cast(Status, row.status),
        row.finish_reason,
        row.error_code,
        row.error_text,
        row.cursor,
        row.left_out,
        row.thinking_ms,
        row.model,
    )


def keep(answer: Answer) -> bool:
    """Writes the answer to its file. Returns False when not even that is possible."""
    part = _directory() / f"{answer.generation}.part"
    try:
        part.parent.mkdir(mode=0o700, exist_ok=True)
        part.touch(mode=0o600)
        part.write_bytes(msgspec.json.encode(answer))
        part.replace(part.with_suffix(".json"))  # whole or not at all
    except OSError as error:
        logger.error("Generation %s could not be spooled: %s", answer.generation, error)
        with suppress(OSError):
            part.unlink(missing_ok=True)
        return False
    logger.warning("Generation %s is kept in %s until the database takes it", answer.generation, part.parent)
    return True


def replay() -> list[tuple[int, UUID]]:
    """Stores what is in the files. Returns owner and conversation of each answer.

    Raises Django's `OperationalError` when the database still takes nothing; what is not stored stays in its file.
    """
    waiting = {path.stem: path for path in sorted(_directory().glob("*.json"))}
    if waiting:  # other processes would end them meanwhile, with less text
        Generation.objects.filter(pk__in=filter(_is_key, waiting)).renew()
    stored: list[tuple[int, UUID]] = []
    for path in waiting.values():
        try:
            stored += _replay(path)
        except (OperationalError, InterfaceError):
            if not stored:
                raise
            break  # it is away again; what it has taken is to be told
    return stored


def _replay(path: Path) -> list[tuple[int, UUID]]:
    try:
        answer = msgspec.json.decode(path.read_bytes(), type=Answer)
        rows = Generation.objects.filter(pk=answer.generation)
        found = list(rows.values_list("conversation__owner_id", "conversation_id"))
        stored = store(answer)
    except (OperationalError, InterfaceError):  # the database is away
        raise
    except FileNotFoundError:  # another process on the same directory was quicker
        return []
    except OSError as error:  # of the machine, not of the answer: the next replay tries again
        logger.error("A spooled answer cannot be read: %s", error)
        return []
    except (msgspec.DecodeError, DatabaseError) as error:  # one bad answer must not hold up the others
        logger.error("A spooled answer cannot be stored and is set aside: %s: %s", path.name, reason(error))
        _set_aside(path, ".bad")
        return []
    if stored and stored.cursor < answer.ending.cursor:
        # Its lease ran out and another process ended it, with the text of the last checkpoint. The first end wins.
        logger.error("Generation %s had been ended with less text; the whole is set aside", answer.generation)
        _set_aside(path, ".late")
    else:
        path.unlink(missing_ok=True)
    return found


def _is_key(name: str) -> bool:
    try:
        return bool(UUID(name))
    except ValueError:
        return False


def _set_aside(path: Path, suffix: str) -> None:
    with suppress(OSError):  # another process on the same directory was quicker
        path.replace(path.with_suffix(suffix))


def _directory() -> Path:
    return Path(settings.DATA_DIR) / "spool"
