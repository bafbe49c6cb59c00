"""Leaks made on purpose: each must be found and named, and what is no leak must pass."""

import asyncio
import contextlib
import gc
import os
import re
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
from urllib.parse import urlsplit

import pytest
from django.db import connections

from tests.support.leaks import Leak, no_tasks_left, nothing_left_open
from tests.support.server import ROOT, clean_environment
from tests.support.upstream import ScriptedUpstream
from tests.support.upstream_thread import ScriptedUpstreamThread

MOMENT = 0.1

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what is open is read from /proc")


@contextlib.contextmanager
def found(*names):
    """What the block opens is found, and has these names."""
    with pytest.raises(Leak) as leak, nothing_left_open(within=MOMENT):
        yield
    for name in names:
        assert str(name) in str(leak.value)


@contextlib.contextmanager
def a_child(program):
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_a_file_is_found(tmp_path):
    with contextlib.ExitStack() as later, found(tmp_path / "left.txt"):
        later.enter_context((tmp_path / "left.txt").open("w"))


def test_a_socket_that_listens_and_one_that_is_connected_are_found():
    with contextlib.ExitStack() as later:
        with found("the socket ('127.0.0.1', ", "that listens"):
            listener = later.enter_context(socket.create_server(("127.0.0.1", 0)))
        with found(f"to {listener.getsockname()}"):
            later.enter_context(socket.create_connection(listener.getsockname()))


def test_a_process_is_found_while_it_runs_and_until_somebody_has_waited_for_it():
    with contextlib.ExitStack() as later, found("import sys; sys.stdin.read()"):
        later.enter_context(a_child("import sys; sys.stdin.read()"))
    with contextlib.ExitStack() as later, found("ended, and not waited for"):
        process = later.enter_context(a_child(""))
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)


def test_what_is_closed_is_no_leak(tmp_path):
    with nothing_left_open(within=MOMENT), (tmp_path / "closed.txt").open("w"), a_child("import sys; sys.stdin.read()"):
        socket.create_server(("127.0.0.1", 0)).close()


def test_what_was_there_before_may_stay_though_its_other_end_leaves(tmp_path):
    with (tmp_path / "before.txt").open("w"), socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        with client, listener.accept()[0] as accepted, nothing_left_open(within=MOMENT):
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            accepted.close()
            with pytest.raises(ConnectionResetError):
                client.recv(1)


def test_what_is_just_being_closed_gets_a_moment(tmp_path):
    with nothing_left_open(within=5):
        file = (tmp_path / "slow.txt").open("w")
        threading.Timer(0.2, file.close).start()


class Forgotten:
    """Closes its file when it goes, and holds itself."""

    def __init__(self, file):
        self.copy, self.itself = os.dup(file.fileno()), self

    def __del__(self):
        os.close(self.copy)


def test_what_nobody_refers_to_any_more_is_let_go(tmp_path):
    gc.disable()  # as when nothing else happens to call it
    try:
        with (tmp_path / "forgotten.txt").open("w") as file, nothing_left_open(within=5):
            Forgotten(file)
    finally:
        gc.enable()


def test_connections_to_a_database_of_django_may_stay_with_what_they_need_to_work():
    with contextlib.ExitStack() as later, nothing_left_open(within=MOMENT):
        connection = later.enter_context(contextlib.closing(sqlite3.connect(connections.databases["default"]["NAME"])))
        connection.execute("PRAGMA temp_store = FILE")
        connection.execute("CREATE TEMPORARY TABLE heap (content)")
        connection.executemany("INSERT INTO heap VALUES (?)", [(b"x" * 100_000,)] * 100)


def test_what_came_to_a_listener_may_stay_as_long_as_that_does():
    with contextlib.ExitStack() as later, socket.create_server(("127.0.0.1", 0)) as listener:
        later.enter_context(socket.create_connection(listener.getsockname()))
        with nothing_left_open(within=MOMENT):
            later.enter_context(listener.accept()[0])


async def sleeper():
    await asyncio.Event().wait()


async def test_a_task_is_found_by_its_coroutine_and_the_line_where_it_waits():
    task = asyncio.create_task(sleeper())
    await asyncio.sleep(0)
    with pytest.raises(Leak, match=r"the task sleeper at .*test_leaks\.py:\d+"):
        await no_tasks_left(within=MOMENT)
    task.cancel()
    await no_tasks_left(within=MOMENT)  # that has been told to end, and will


async def end_with_a_connection_of(client):
    async with ScriptedUpstream() as upstream:
        client.connect(("127.0.0.1", urlsplit(upstream.url).port))
        await upstream.until_open(1)


def end_in_a_thread_with_a_connection_of(client):
    with ScriptedUpstreamThread() as upstream:
        client.connect(("127.0.0.1", urlsplit(upstream.url).port))
        upstream.until_open(1)


async def test_a_connection_that_a_client_keeps_is_found_when_its_upstream_ends():
    with socket.socket() as client, pytest.raises(AssertionError, match="1 connections are open, not 0"):
        await end_with_a_connection_of(client)
    with socket.socket() as client, pytest.raises(AssertionError, match="1 connections are open, not 0"):
        end_in_a_thread_with_a_connection_of(client)


LEAKY = """
import asyncio, subprocess, sys
left = []

async def sleeper():
    await asyncio.Event().wait()

async def test_that_leaks():
    left.append(asyncio.create_task(sleeper()))
    left.append(open(__file__))
    left.append(subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE))

def test_that_leaks_nothing():
    left.pop().communicate()
    left.pop().close()
"""


def test_every_test_is_asked(tmp_path):
    leaky = tmp_path / "test_leaky.py"
    leaky.write_text(LEAKY)
    options = ["-p", "tests.conftest", "-p", "no:cacheprovider", "-c", "pyproject.toml"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(leaky)],
        env=clean_environment(DATA_DIR=str(tmp_path)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert "2 passed, 1 error" in run.stdout
    assert "left behind: the task sleeper at " in run.stdout
    for name in (f"the file {leaky}", "-c input()"):
        assert re.search(f"left behind: .*{re.escape(name)}", run.stdout)
