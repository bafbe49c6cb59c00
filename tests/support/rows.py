"""Rows for tests of the relay, and a real database that fails in the ways that databases do."""

import asyncio
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from django.db import connection

from chat.models import Conversation, Generation
from chat.relay.database import in_database

IS_SQLITE = connection.vendor == "sqlite"
"""tests/faults/test_postgres.py plays many tests on PostgreSQL, too, but not those that reach into SQLite's file."""

sqlite_only = pytest.mark.skipif(not IS_SQLITE, reason="reaches into SQLite's file")
"""For a test that could not be left in the middle."""


def begin(owner, text="Why?", **fields) -> Generation:
    """The committed row of a generation that is to answer `text` in a new conversation."""
    conversation = Conversation.objects.create(owner=owner, title=text, **fields)
    generation, _ = conversation.ask(None, text, uuid.uuid4(), owner_process="here")
    return generation


def row(key: uuid.UUID) -> Generation:
    return Generation.objects.select_related("message").get(pk=key)


async def stored(key: uuid.UUID) -> Generation:
    """The row as the database has it, with its message."""
    return await in_database(row, key)


async def until_stored(key: uuid.UUID, holds: Callable[[Generation], bool], within: float = 5.0) -> Generation:
    """The row, as soon as it is as it should be: another task or process writes it."""
    found = None
    try:
        async with asyncio.timeout(within):
            while not holds(found := await stored(key)):  # noqa: ASYNC110  a row announces nothing
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"within {within} s the row stayed {found}: {found.message.content!r}") from None
    return found


def status_now(key: uuid.UUID) -> str:
    """The stored status, read at this very moment on whatever thread: not through Django."""
    with _beside() as other:
        (status,) = other.execute("SELECT status FROM chat_generation WHERE id = ?", [key.hex]).fetchone()
    return str(status)


@contextmanager
def broken_table(model) -> Iterator[None]:
    """Every query that touches the model's table fails at once, as with a disk that is gone."""
    table = model._meta.db_table
    with _beside() as other:
        other.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
        try:
            yield
        finally:
            other.execute(f"ALTER TABLE {table}_away RENAME TO {table}")


@contextmanager
def locked_database() -> Iterator[None]:
    """Another connection holds the write lock: whoever wants to write waits."""
    with _beside() as other:
        other.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


@contextmanager
def _beside() -> Iterator[sqlite3.Connection]:
    if not IS_SQLITE:
        pytest.skip("reaches into SQLite's file")
    path = connection.settings_dict["NAME"]
    with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as other:
        yield other
