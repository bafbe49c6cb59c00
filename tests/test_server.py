"""What a `DrainingServer` does otherwise than Daphne, with applications and drains that a real Brook never has."""

import contextlib
import socket
import subprocess
import sys
import time

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from chat.server import HARD_END
from tests.support.draining import Draining
from tests.support.polling import wait_until
from tests.support.server import ROOT, STOPPING, clean_environment

SERVER = """
import asyncio, logging, sys
from chat import server

over = asyncio.Event()

async def socket(receive, send):
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"] * 1000})

async def application(scope, receive, send):
    await receive()
    if scope["type"] == "websocket":
        return await socket(receive, send)
    if scope["path"] == "/never":
        print("asked", flush=True)
        await asyncio.Event().wait()
    if scope["path"] == "/slow":
        print("asked", flush=True)
        await over.wait()
        await asyncio.sleep(0.3)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})

async def quick():
    print("drained", flush=True)
    over.set()
async def broken(): raise RuntimeError("the drain has a defect")
async def endless(): await asyncio.Event().wait()
async def patient():
    print("draining", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print("drained", flush=True)

server.HARD_END = float(sys.argv[3])
logging.basicConfig(level=logging.ERROR)
draining = server.DrainingServer(
    application, endpoints=[f"tcp:port={sys.argv[1]}:interface=127.0.0.1"], drain=globals()[sys.argv[2]],
    websocket_max_message_size=2000,
    ready_callable=lambda: asyncio.get_event_loop().call_soon(lambda: print("ready", flush=True)),
)
draining.run()
print("listen failure:", draining.listen_failure, flush=True)
"""


@pytest.fixture
def start():
    with contextlib.ExitStack() as stack:

        def start(drain, hard_end=5.0):
            server = Draining(SERVER, drain, hard_end)
            stack.callback(server.discard)
            return server

        yield start


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
        server.say("go on")
        assert server.wait() == 0
    assert "drained" in server.output.text


def test_a_request_that_never_ends_does_not_hold_it_up(start):
    server = start("quick")
    server.output.until("ready", 10)
    with server.connect("/never"):
        server.output.until("asked", 5)
        server.stop()
        assert server.wait() == 0


def test_a_request_that_is_being_answered_when_the_drain_is_over_is_answered(start):
    server = start("quick")
    server.output.until("ready", 10)
    with server.connect("/slow") as connection:
        server.output.until("asked", 5)
        server.stop()
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
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
            [sys.executable, "-c", SERVER, str(taken.getsockname()[1]), "quick", "5"],
            env=clean_environment(),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=20,
        )
    assert run.stdout.startswith("listen failure: Couldn't listen on")
    assert run.returncode == 0


def test_the_limit_on_what_may_come_in_holds_for_that_and_not_for_what_goes_out(start):
    server = start("quick")
    server.output.until("ready", 10)
    with connect(f"ws://127.0.0.1:{server.port}/", proxy=None, max_size=None) as connection:
        connection.send("x" * 1500)
        assert connection.recv(timeout=5) == "x" * 1_500_000
        connection.send("x" * 2500)
        with pytest.raises(ConnectionClosed):
            connection.recv(timeout=5)
