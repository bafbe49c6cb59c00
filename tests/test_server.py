"""How a `DrainingServer` ends, with drains that a real Brook never has: each in a process of its own."""

import signal
import socket
import subprocess
import sys
import time

import pytest

from chat.server import HARD_END
from tests.support.polling import wait_until
from tests.support.server import ROOT, STOPPING, Output, clean_environment, free_port

SERVER = """
import asyncio, logging, sys
from chat import server

async def application(scope, receive, send):
    await receive()
    if scope["path"] == "/never":
        print("asked", flush=True)
        await asyncio.Event().wait()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})

async def quick(): print("drained", flush=True)
async def broken(): raise RuntimeError("the drain has a defect")
async def endless(): await asyncio.Event().wait()
async def patient():
    print("draining", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print("drained", flush=True)

server.HARD_END = float(sys.argv[3])
logging.basicConfig(level=logging.ERROR)
draining = server.DrainingServer(
    application, endpoints=[f"tcp:port={sys.argv[2]}:interface=127.0.0.1"], drain=globals()[sys.argv[1]],
    ready_callable=lambda: asyncio.get_event_loop().call_soon(lambda: print("ready", flush=True)),
)
draining.run()
print("listen failure:", draining.listen_failure, flush=True)
"""


class Draining:
    def __init__(self, drain: str, hard_end: float = 5.0) -> None:
        self.port = free_port()
        self.output = Output()
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, drain, str(self.port), str(hard_end)],
            env=clean_environment(DJANGO_SETTINGS_MODULE="chat.settings"),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout
        self.output.read(self.process.stdout)

    def connect(self, path: str = "") -> socket.socket:
        """A connection, which has asked for `path` if there is one."""
        connection = socket.create_connection(("127.0.0.1", self.port), 5)
        if path:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        return connection

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        status = self.process.wait(10)
        self.output.until_end()
        return status


@pytest.fixture
def start():
    started = []

    def start(*arguments):
        started.append(Draining(*arguments))
        return started[-1]

    yield start
    for server in started:
        server.process.kill()
        server.process.wait(5)
        server.process.stdin.close()


def test_it_drains_before_it_ends(start):
    server = start("quick")
    server.output.until("ready", 10)
    with server.connect("/") as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        server.stop()
        assert server.wait() == 0
    assert "drained\nlisten failure: None\n" in server.output.text


def refuses(server):
    try:
        server.connect().close()
    except ConnectionRefusedError:
        return True
    return False


def test_it_takes_no_new_connections_while_it_drains_and_lets_the_old_ones_be(start):
    server = start("patient")
    server.output.until("ready", 10)
    with server.connect() as old:
        server.stop()
        server.output.until("draining", 5)
        wait_until(lambda: refuses(server), within=1)
        old.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert old.recv(100).startswith(b"HTTP/1.1 200")
        server.process.stdin.write("\n")
        server.process.stdin.flush()
        assert server.wait() == 0
    assert "drained" in server.output.text


def test_a_request_that_never_ends_does_not_hold_it_up(start):
    server = start("quick")
    server.output.until("ready", 10)
    with server.connect("/never"):
        server.output.until("asked", 5)
        server.stop()
        assert server.wait() == 0


def test_a_drain_with_a_defect_is_logged_and_ends_all_the_same(start):
    server = start("broken")
    server.output.until("ready", 10)
    server.stop()
    assert server.wait() == 0
    assert "the drain has a defect" in server.output.text


def test_a_drain_that_hangs_is_cut_off(start):
    server = start("endless", 0.5)
    server.output.until("ready", 10)
    stopped = time.monotonic()
    server.stop()
    assert server.wait() == 1
    assert 0.5 <= time.monotonic() - stopped < 2


def test_the_cut_comes_before_the_patience_of_who_stops_it_ends():
    assert HARD_END < STOPPING


def test_a_port_that_is_taken_is_kept_as_the_reason_and_nobody_is_told_that_it_is_ready():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        run = subprocess.run(
            [sys.executable, "-c", SERVER, "quick", str(taken.getsockname()[1]), "5"],
            env=clean_environment(),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=20,
        )
    assert run.stdout.startswith("listen failure: Couldn't listen on")
    assert run.returncode == 0
