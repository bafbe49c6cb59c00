"""Other ends that do not read, that read late or slowly, or that leave: on a real server, over real sockets."""

import contextlib
import http.client
import socket
import struct
import time

import pytest
from websockets.exceptions import ConnectionClosed

from tests.support.flooding import ASKED_FOR_BY, EVERYTHING, PIECES, STREAMS, Flooding


@pytest.fixture
def start():
    with contextlib.ExitStack() as stack:

        def start(**options):
            server = Flooding(**options)
            stack.callback(server.discard)
            return server

        yield start


def read_socket(connection):
    """What came over a WebSocket, and how it was closed."""
    pieces = []
    with contextlib.suppress(ConnectionClosed):
        while len(pieces) < PIECES:
            pieces.append(connection.recv(timeout=5))
    return "".join(pieces), connection.close_code


def read_response(connection, pause=0.0):
    """The body; `pause` slows it down, up to the middle."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    body = b""
    while part := response.read(512 * 1024):
        body += part
        if len(body) < len(EVERYTHING) / 2:
            time.sleep(pause)
    return body.decode()


def costs_little(before, stuck):
    assert stuck["sent"] < PIECES
    assert stuck["buffered"] < 200_000
    assert stuck["memory"] - before["memory"] < 2_000_000  # Python's own coming and going; 30 MiB would show


def test_a_socket_that_nobody_reads_costs_little_and_has_everything_once_it_is_read(start):
    server = start()
    before = server.state()
    with server.open_socket("/flood") as connection:
        costs_little(before, server.until_stuck())
        assert read_socket(connection) == (EVERYTHING, None)
    assert server.state()["sent"] == PIECES


def test_a_response_that_nobody_reads_costs_little_and_has_everything_once_it_is_read(start):
    server = start()
    before = server.state()
    with server.ask("/stream") as connection:
        costs_little(before, server.until_stuck())
        assert read_response(connection) == EVERYTHING


def test_who_reads_is_not_held_up_by_who_does_not(start):
    server = start()
    waits = []
    with server.open_socket("/flood"), server.ask("/stream"), server.open_socket("/echo") as quick:
        server.until_stuck()
        for number in range(200):
            begun = time.monotonic()
            quick.send(str(number))
            assert quick.recv(timeout=5) == str(number)
            waits.append(time.monotonic() - begun)
    assert sorted(waits)[-3] < 0.25  # for two of them the machine itself may be to blame


def test_a_connection_serves_another_request_after_one_that_was_read_late(start):
    server = start()
    with server.ask("/stream") as connection:
        server.until_stuck()
        assert read_response(connection) == EVERYTHING
        connection.sendall(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert read_response(connection) == EVERYTHING


def leave(connection):
    connection.shutdown(socket.SHUT_WR)


def break_off(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@pytest.mark.parametrize("leave", [leave, break_off])
@pytest.mark.parametrize("path", STREAMS)
def test_who_leaves_lets_the_sender_go(start, path, leave):
    server = start()
    with server.ask(path) as connection:
        server.until_stuck()
        leave(connection)
        server.until_ended(path, within=2)


def test_a_close_passes_by_who_waits_and_lets_them_go(start):
    server = start()
    with server.open_socket("/farewell") as connection:
        server.until_stuck()
        connection.send("that will do")  # and what it says is heard meanwhile
        assert server.until_ended("/farewell", within=5) == "in order"
        text, code = read_socket(connection)
        assert code == 4000
        assert EVERYTHING.startswith(text)
        assert text


def test_pings_go_out_meanwhile_so_that_who_answers_none_is_dropped(start):
    server = start(ping_interval=0.1)
    with server.ask("/flood"):
        server.until_stuck()
        server.until_ended("/flood", within=6)


@pytest.mark.parametrize("path", STREAMS)
def test_who_takes_nothing_for_too_long_is_given_up(start, path):
    server = start(stalled=0.5)
    with server.ask(path):
        server.until_ended(path, within=5)


def test_who_takes_a_little_now_and_then_is_not_given_up(start):
    server = start(stalled=0.5)
    with server.ask("/lump") as connection:
        assert read_response(connection, pause=0.05) == EVERYTHING + "end"


@pytest.mark.parametrize("path", ASKED_FOR_BY)
def test_a_server_ends_in_time_though_nobody_reads_what_it_sends(start, path):
    server = start()
    with server.ask(path):
        server.until_stuck()
        server.stop()
        assert server.wait(within=3) == 0
