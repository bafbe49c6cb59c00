"""Switchboards that ask the scripted upstream: one alone, or several that hear each other over a real Redis.

Each has a channel layer, and so connections, of its own, as if it were in a process of its own.
"""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from redis.asyncio import Redis as Client

from chat.models import Generation
from chat.relay.database import THREADS, in_database
from chat.relay.limits import Limits
from chat.relay.switchboard import Switchboard
from tests.support.rows import begin

PREFIX = "brook-tests-"
SECONDS = 5.0


def layers(url: str, prefix: str = PREFIX) -> dict[str, Any]:
    """CHANNEL_LAYERS as chat/settings.py makes them out of REDIS_URL; tests/test_settings.py holds them together."""
    host = {"address": url, "socket_connect_timeout": 2, "socket_timeout": 2, "health_check_interval": 5}
    backend = "channels_redis.pubsub.RedisPubSubChannelLayer"
    return {"relay": {"BACKEND": backend, "CONFIG": {"hosts": [host], "prefix": prefix}}}


@asynccontextmanager
async def switchboard(limits: Limits = Limits(), **options: Any) -> AsyncIterator[Switchboard]:  # noqa: B008  a frozen value
    board = Switchboard(limits, **options)
    yield board
    await board.drain(SECONDS)
    await database_idle()


async def database_idle() -> None:
    """What was cancelled is still carried out in its thread, and may hold locks that emptying the database needs."""
    everyone = threading.Barrier(THREADS)
    await asyncio.gather(*(in_database(everyone.wait, SECONDS) for _ in range(THREADS)))


@asynccontextmanager
async def no_task_left() -> AsyncIterator[None]:
    """What switchboards began within it has ended with them."""
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    ours = [task for task in left if "/chat/" in str(task.get_coro().cr_code.co_filename)]
    assert ours == [], "tasks of ours outlive the drain"


async def begin_on(board: Switchboard, owner: Any, text: str = "Why?", **fields: Any) -> Generation:
    """The committed row of a generation that this board is to run, and does not yet."""

    def store() -> Generation:
        row = begin(owner, text, **fields)
        row.owner_process = board.process
        row.save(update_fields=["owner_process"])
        return row

    return await in_database(store)


async def start(board: Switchboard, owner: Any, text: str = "Why?", **fields: Any) -> UUID:
    row = await begin_on(board, owner, text, **fields)
    board.start(row, owner.pk)
    return row.pk


async def until_heard(url: str, processes: int, within: float = SECONDS) -> None:
    """Until so many processes hear what is said to them alone."""
    async with asyncio.timeout(within), Client.from_url(url, socket_timeout=2) as client:
        while len(await client.pubsub_channels("*__group__process-*")) != processes:  # noqa: ASYNC110  Redis tells nobody
            await asyncio.sleep(0.01)


async def published(url: str) -> int:
    """How many messages this Redis was given so far."""
    async with Client.from_url(url, socket_timeout=2) as client:
        statistics = await client.info("commandstats")
    return int(statistics.get("cmdstat_publish", {}).get("calls", 0))
