"""Runs database work of the relay and the live sockets in threads of their own.

Django's usual thread for synchronous code is one for the whole process: a slow query in any view would hold up a
checkpoint or a Stop there. These few threads are shared by nobody else, so a stalled database costs the streams
nothing.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 4
"""SQLite writes one after another anyway; on PostgreSQL this is the number of connections the relay uses."""

_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="relay-database")


async def in_database(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Awaits `function(*args)`, one whole transaction or query, in a database thread.

    Cancelling the await does not stop the thread: the function runs to its end, and must be one that may.
    """
    call = database_sync_to_async(function, thread_sensitive=False, executor=_pool)
    result: T = await call(*args, **kwargs)
    return result


def reason(error: Exception) -> str:
    """Why something could not be stored or read, on one line for the log.

    What PostgreSQL says goes on with the row that it refused, and so with what somebody said.
    """
    return str(error).partition("\n")[0] or "it took too long"  # a TimeoutError says nothing
