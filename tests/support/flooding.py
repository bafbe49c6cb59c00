"""A server whose application sends more than any kernel keeps for a client, in numbered pieces, and tells how it fares.

server = Flooding()
with server.ask("/stream"):                         # a client that reads nothing by itself
    assert server.until_stuck()["sent"] < PIECES
"""

import contextlib
import http.client
import json
import time

from websockets.sync.client import connect

from tests.support.draining import Draining
from tests.support.polling import wait_until

PIECE = 16 * 1024
PIECES = 1920  # 30 MiB
SMALL = 64 * 1024  # what a client's own kernel takes for it, so that the rest must wait on the other side

EVERYTHING = "".join(f"{number:08}".ljust(PIECE) for number in range(1, PIECES + 1))

UPGRADE = (
    "Connection: Upgrade\r\n"
    "Upgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
STREAMS = {"/flood": UPGRADE, "/stream": ""}
ASKED_FOR_BY = {**STREAMS, "/persistent": UPGRADE}

SERVER = """
import asyncio, json, logging, resource, sys
from pathlib import Path
from chat import backpressure, server

PIECE, PIECES = 16 * 1024, 1920
sent, ended = 0, {}

def pieces(count=PIECES):
    global sent
    for sent in range(1, count + 1):
        yield f"{sent:08}".ljust(PIECE)

async def flood(receive, send):
    await send({"type": "websocket.accept"})
    for piece in pieces():
        await send({"type": "websocket.send", "text": piece})

async def persistent(receive, send):
    try:
        await flood(receive, send)
    finally:
        for piece in pieces(20):
            await send({"type": "websocket.send", "text": piece})

async def farewell(receive, send):
    flooding = asyncio.create_task(flood(receive, send))
    while (await receive()).get("text") != "that will do":
        pass
    await send({"type": "websocket.close", "code": 4000})
    await flooding

async def echo(receive, send):
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})

async def body(send, parts):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for part in parts:
        await send({"type": "http.response.body", "body": part.encode(), "more_body": True})
    await send({"type": "http.response.body"})

async def stream(receive, send):
    await body(send, pieces())

async def lump(receive, send):
    await body(send, ["".join(pieces()), "end"])

async def state(receive, send):
    await body(send, [json.dumps({"sent": sent, "ended": ended, "buffered": buffered(), "memory": memory()})])

def buffered():
    transports = {protocol.transport for protocol in draining.connections} - {None}
    return sum(len(t.dataBuffer) - t.offset + t._tempDataLen for t in transports)

def memory():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

async def application(scope, receive, send):
    await receive()
    try:
        await globals()[scope["path"][1:]](receive, send)
        ended[scope["path"]] = "in order"
    except BaseException as error:
        ended[scope["path"]] = repr(error)
        raise

async def drain(): pass

backpressure.STALLED = float(sys.argv[2])
logging.basicConfig(level=logging.ERROR)

def ready():
    # A socket that does not answer its close is dropped much later than any test waits: those look at what lets go.
    draining.ws_factory.setProtocolOptions(closeHandshakeTimeout=60)
    print("ready", flush=True)

draining = server.DrainingServer(
    application, endpoints=[f"tcp:port={sys.argv[1]}:interface=127.0.0.1"], drain=drain,
    ping_interval=float(sys.argv[3]), ping_timeout=1,
    ready_callable=lambda: asyncio.get_event_loop().call_soon(ready),
)
draining.run()
"""


class Flooding(Draining):
    def __init__(self, stalled: float = 60.0, ping_interval: float = 60.0) -> None:
        super().__init__(SERVER, stalled, ping_interval)
        self.output.until("ready", 10)

    def ask(self, path=""):
        """A connection that has asked, if for anything, and reads nothing by itself."""
        return self.connect(path, ASKED_FOR_BY.get(path, ""), SMALL)

    def open_socket(self, path, **options):
        """A WebSocket whose client reads a frame or two ahead of the test, and no more."""
        return connect(
            f"ws://127.0.0.1:{self.port}{path}",
            sock=self.ask(),
            max_queue=1,
            compression=None,
            ping_interval=None,
            close_timeout=1,
            **options,
        )

    def state(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        with contextlib.closing(connection):
            connection.request("GET", "/state")
            return json.loads(connection.getresponse().read())

    def until_stuck(self):
        """Waits until the application has sent what it can; what is then going on."""
        before = {"sent": -1}

        def stuck():
            nonlocal before
            time.sleep(0.1)  # in which a sender that is not stuck sends on
            last, before = before, self.state()
            return 0 < last["sent"] == before["sent"]

        wait_until(stuck, within=10)
        return before

    def until_ended(self, path, within):
        """Waits until the application has ended; how it did."""
        wait_until(lambda: path in self.state()["ended"], within, f"{path} goes on")
        return self.state()["ended"][path]
