"""Carries out the commands that change something, for whatever connection they came by.

What was begun is carried out to its end and told to everybody, though the connection be gone meanwhile: who presses
Delete and closes the page has deleted.
"""

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import Error as DatabaseError

from chat.live import protocol, rows
from chat.live.protocol import Refused
from chat.relay import errors
from chat.relay.database import in_database
from chat.relay.switchboard import Stopping, Switchboard

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

_under_way: set[asyncio.Task[Any]] = set()


def to_the_end(command: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Carries out the command as a task of its own, which the caller's end does not touch."""

    @wraps(command)
    async def carried_out(*args: P.args, **kwargs: P.kwargs) -> T:
        task = asyncio.create_task(command(*args, **kwargs), context=contextvars.Context())
        _under_way.add(task)
        task.add_done_callback(_under_way.discard)
        return await asyncio.shield(task)

    return carried_out


async def begin(switchboard: Switchboard, user: Any, command: protocol.Begin) -> rows.Begun:
    """Stores what was sent and starts its generation, once for each `client_id`. Raises `Refused`."""
    try:
        return await switchboard.begin(lambda: rows.store(user, command, switchboard.process), user.pk)
    except Stopping as error:
        raise Refused("stopping", "Brook is being restarted. This will go on when it is back.") from error


async def cancel(switchboard: Switchboard, user: Any, command: protocol.Cancel) -> None:
    """Ends a generation wherever it runs: here at once, elsewhere by a message and by the database."""
    if not switchboard.cancel(command.generation, user.pk):
        await in_database(rows.request_cancel, user, command.generation)


@to_the_end
async def rename(switchboard: Switchboard, user: Any, command: protocol.Rename) -> None:
    await in_database(rows.rename, user, command)
    switchboard.announce(user.pk, command.conversation)


@to_the_end
async def delete(switchboard: Switchboard, user: Any, command: protocol.Delete) -> None:
    """Ends what is being written, too: a generation whose row is gone is cancelled by its owner."""
    for generation in await in_database(rows.under_way, user, command.conversation):
        switchboard.cancel(generation, user.pk)
    await in_database(rows.delete, user, command.conversation)
    switchboard.announce(user.pk, command.conversation)


def branched(begun: rows.Begun, command: protocol.Begin) -> dict[str, Any]:
    """What a tab is told that did not know of the newest messages."""
    words = "This conversation had gone on elsewhere. Your message stands beside the newer ones; the arrows lead there."
    return protocol.notice("branched", words, begun.generation.conversation_id, command.client_id)


async def refusing(work: Awaitable[T]) -> T:
    """What `work` returns; whatever goes wrong in it is raised as `Refused`, in words for people."""
    try:
        return await work
    except Refused:
        raise
    except DatabaseError as error:
        logger.warning("A command could not reach the database: %s", error)
        words = "The database cannot be reached just now, so this was not done. Please try again."
        raise Refused("unavailable", words) from error
    except Exception as error:
        logger.exception("A command failed by a defect of ours")
        raise Refused(*errors.INTERNAL) from error
