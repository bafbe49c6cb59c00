"""What every tab is told first: which model answers, what may be sent, and what its person has set."""

import logging
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError

from chat.live import protocol, rows
from chat.models import Options
from chat.relay.database import in_database, reason
from chat.relay.switchboard import Switchboard

logger = logging.getLogger(__name__)


async def welcome(switchboard: Switchboard, user: Any) -> dict[str, Any]:
    """The event. It comes though the database be away: then without what the person has set."""
    defaults = await _defaults(user)
    return protocol.welcome(switchboard.introduction(), switchboard.images(), _limits(), defaults._asdict())


def _limits() -> protocol.Limits:
    return protocol.Limits(
        message_chars=settings.MESSAGE_CHARS,
        instructions_chars=protocol.INSTRUCTIONS_CHARS,
        files=protocol.FILES,
        file_bytes=settings.FILE_BYTES,
        image_bytes=settings.IMAGE_BYTES,
    )


async def _defaults(user: Any) -> Options:
    try:
        return await in_database(rows.defaults, user)
    except DatabaseError as error:  # the next command will tell that it is away
        logger.warning("A tab could not be told its person's defaults: %s", reason(error))
        return Options()
