"""Carries out the commands that change something, for whatever connection they came by.

What was begun is carried out to its end and told to everybody, though the connection be gone meanwhile: who presses
Delete and closes the page has deleted.
"""

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID, uuid5

import msgspec
from django.db import Error as DatabaseError

from chat.live import changes, protocol, rows, storing
from chat.live.protocol import Refused
from chat.models import Options, Prompt
from chat.relay import errors
from chat.relay.database import in_database, reason
from chat.relay.switchboard import Crowded, Stopping, Switchboard

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


async def begin(switchboard: Switchboard, user: Any, command: protocol.Begin) -> storing.Begun:
    """Stores what was sent and starts its generation, once for each `client_id`. Raises `Refused`."""
    try:
        return await switchboard.begin(lambda: storing.store(user, command, switchboard.process), user.pk)
    except Stopping as error:
        raise Refused("stopping", "Brook is being restarted. This will go on when it is back.") from error


def ask(switchboard: Switchboard, user: Any, command: protocol.Ask) -> UUID:
    """Starts the generation of a temporary chat, once for each `client_id`. Raises `Refused`."""
    key = uuid5(command.client_id, str(user.pk))  # the same ask, said again after a lost connection, finds it
    options = Options(**msgspec.structs.asdict(command.options))
    instructions = [{"role": "system", "content": options.instructions}] if options.instructions else []
    said = [{"role": message.role, "content": message.content} for message in command.messages]
    prompt = Prompt([*instructions, *said], options.model, options.parameters, command.left_out)
    try:
        switchboard.whisper(key, prompt, user.pk)
    except Stopping as error:
        raise Refused("stopping", "Brook is being restarted. Please send this again in a moment.") from error
    except Crowded as error:
        words = "Several answers of temporary chats are being written already. Wait for one, or stop one first."
        raise Refused("busy", words) from error
    return key


def asked(generation: UUID, command: protocol.Ask) -> dict[str, Any]:
    """What the tab is told that asked."""
    return protocol.message(None, protocol.temporary(generation, command.client_id, datetime.now(UTC)))


async def cancel(switchboard: Switchboard, user: Any, command: protocol.Cancel) -> None:
    """Ends a generation wherever it runs: here at once, elsewhere by a message and by the database."""
    if not switchboard.cancel(command.generation, user.pk):
        await cancel_elsewhere(switchboard, user, command)


async def cancel_elsewhere(switchboard: Switchboard, user: Any, command: protocol.Cancel) -> None:
    """Leaves word in the database. What is not there may be a temporary one of another process, which has heard it."""
    try:
        await in_database(changes.request_cancel, user, command.generation)
    except Refused:
        if switchboard.is_alone:
            raise


@to_the_end
async def change(switchboard: Switchboard, user: Any, command: protocol.Change) -> None:
    """Carries out what begins no answer, and tells every tab of the person. What is deleted is ended before."""
    if isinstance(command, protocol.Delete | protocol.Remove):
        for generation in await in_database(rows.under_way, user, command):
            switchboard.cancel(generation, user.pk)
    conversation = await in_database(changes.carry_out, user, command)
    if isinstance(command, protocol.Delete | protocol.Remove):
        switchboard.give_up_title(conversation)
    switchboard.announce(user.pk, conversation)


def branched(begun: storing.Begun, command: protocol.Begin) -> dict[str, Any]:
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
        logger.warning("A command could not reach the database: %s", reason(error))
        words = "The database cannot be reached just now, so this was not done. Please try again."
        raise Refused("unavailable", words) from error
    except Exception as error:
        logger.exception("A command failed by a defect of ours")
        raise Refused(*errors.INTERNAL) from error
