"""Outages with a beginning and an end: whatever happens meanwhile, what was broken is whole again afterwards."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg

from tests.support.postgres import Postgres
from tests.support.redis import Redis
from tests.support.toxic import ToxicProxy


@contextmanager
def killed(service: Redis | Postgres) -> Iterator[None]:
    """Its connections break, and new ones are refused."""
    service.stop()
    try:
        yield
    finally:
        service.start()


@contextmanager
def frozen(service: Redis | Postgres) -> Iterator[None]:
    """It keeps its connections and answers nobody; new ones are taken by the kernel, and get no word either."""
    freeze = _frozen_redis if isinstance(service, Redis) else _frozen_postgres
    with freeze(service):  # type: ignore[arg-type]  # it is the one that it is
        yield


@contextmanager
def _frozen_redis(redis: Redis) -> Iterator[None]:
    redis.freeze()
    try:
        yield
    finally:
        redis.thaw()


@contextmanager
def _frozen_postgres(postgres: Postgres) -> Iterator[None]:
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        (file,) = connection.execute("SELECT pg_read_file('postmaster.pid')").fetchone() or ("",)
        postmaster = int(file.split("\n")[0])
        pids = [postmaster]
        try:
            os.kill(postmaster, signal.SIGSTOP)  # first: from now on there are no new ones
            rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()").fetchall()
            for (pid,) in rows:
                pids.append(pid)
                _signal(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in pids:
                _signal(pid, signal.SIGCONT)


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):  # it has just ended
        os.kill(pid, number)


@contextmanager
def dead(way: ToxicProxy) -> Iterator[None]:
    """Nothing arrives in either direction, and nobody is told."""
    way.half_open()
    try:
        yield
    finally:
        way.heal()


@contextmanager
def refused(way: ToxicProxy) -> Iterator[None]:
    """Every connection breaks, and new ones are refused."""
    way.refuse()
    way.reset()
    try:
        yield
    finally:
        way.heal()


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Another program is writing into the SQLite database, and takes its time."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
