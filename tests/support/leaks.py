"""What a test must not leave behind: tasks, files, sockets, processes. tests/conftest.py asks after every test.

What is just ending by itself gets a moment. What stays is named: a file by its path, a socket by its addresses, a
process by its command, a task by its coroutine and the line where it waits. What a client keeps open at a scripted
upstream is for that to find when it ends: tests/support/upstream.py.
"""

import asyncio
import gc
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections

from tests.support.belongings import Belonging, OpenFile, belongings

PATIENCE = 2.0


class Leak(AssertionError):
    """Something that a test left behind."""


@contextmanager
def nothing_left_open(within: float = PATIENCE) -> Iterator[None]:
    """Fails if files, sockets or processes are there after the block that were not there before it."""
    before = belongings()
    yield
    deadline = time.monotonic() + within
    while (left := _new_since(before)) and time.monotonic() < deadline:
        gc.collect()  # closes what nobody refers to any more, and then warns of it by itself
        time.sleep(0.01)
    _complain(left)


async def no_tasks_left(within: float = PATIENCE) -> None:
    """Fails if anybody but the caller still runs on this loop."""
    deadline = time.monotonic() + within
    while (left := asyncio.all_tasks() - {asyncio.current_task()}) and time.monotonic() < deadline:
        await asyncio.wait(left, timeout=deadline - time.monotonic())
    _complain(f"the task {_described(task)}" for task in left)


def _complain(left: Iterable[object]) -> None:
    if names := ", ".join(map(str, left)):
        raise Leak(f"left behind: {names}")


def _described(task: asyncio.Task[Any]) -> str:
    coroutine = task.get_coro()
    waiting = [f"{frame.f_code.co_filename}:{frame.f_lineno}" for frame in task.get_stack(limit=1)]
    return " at ".join([getattr(coroutine, "__qualname__", str(coroutine)), *waiting])


# What may stay


def _new_since(before: set[Belonging]) -> set[Belonging]:
    new = belongings() - before
    return {one for one in new if not (isinstance(one, OpenFile) and _may_stay(one, before))}


def _may_stay(file: OpenFile, before: set[Belonging]) -> bool:
    return (
        _belongs_to_a_database(file)
        or _is_a_scratch_file_of_sqlite(file)
        or _came_to_a_listener_of_a_longer_life(file, before)
    )


def _belongs_to_a_database(file: OpenFile) -> bool:
    """Django keeps a connection for every thread, ours for the database too; who made a database closes them."""
    databases = list(connections.databases.values())
    paths = tuple(str(database["NAME"]) for database in databases if database["ENGINE"].endswith("sqlite3"))
    servers = [str(database["PORT"]) for database in databases if database["PORT"]]
    return file.target.startswith(paths) or (isinstance(file.peer, tuple) and str(file.peer[1]) in servers)


def _is_a_scratch_file_of_sqlite(file: OpenFile) -> bool:
    """It lives as long as its connection, has no name any more, and is made when a statement first needs one."""
    return "/etilqs_" in file.target


def _came_to_a_listener_of_a_longer_life(file: OpenFile, before: set[Belonging]) -> bool:
    """A server that serves several tests keeps what its clients keep; it looks for that when it ends."""
    return file.local in {one.local for one in before if isinstance(one, OpenFile) and one.listens}
