import socket
import struct
import threading
import time

import pytest

from tests.support import toxic
from tests.support.polling import wait_until
from tests.support.toxic import ToxicProxy

WORDS = b"one two three four five"


@pytest.fixture
def echo():
    """The port of a server that says back what it hears, until its client says no more."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=[listener], daemon=True).start()
        yield port_of(listener)


def _serve(listener):
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:  # the test is over
            return
        threading.Thread(target=_say_back, args=[connection], daemon=True).start()


def _say_back(connection):
    with connection:
        try:
            while heard := connection.recv(65_536):
                connection.sendall(heard)
        except OSError:
            pass


@pytest.fixture
def network(echo):
    with ToxicProxy(echo) as proxy:
        yield proxy


@pytest.fixture
def client(network):
    with connect(network) as connected:
        yield connected


def connect(network):
    connected = socket.create_connection(("127.0.0.1", network.port), 5)
    connected.settimeout(5)
    return connected


def port_of(bound):
    return bound.getsockname()[1]


def hear(client, size):
    """The next bytes, exactly so many."""
    heard = b""
    while len(heard) < size:
        heard += client.recv(size - len(heard)) or pytest.fail(f"closed after {heard!r}")
    return heard


def exchange(client):
    """Says something and waits until it is said back; the seconds that took."""
    begun = time.monotonic()
    client.sendall(WORDS)
    assert hear(client, len(WORDS)) == WORDS
    return time.monotonic() - begun


def serves_anew(network):
    wait_until(lambda: network.open_connections == 0)
    with connect(network) as another:
        exchange(another)


def hears_nothing(client, seconds=0.2):
    client.settimeout(seconds)
    try:
        with pytest.raises(TimeoutError):
            client.recv(1)
    finally:
        client.settimeout(5)


def test_without_a_fault_everything_passes_and_is_counted(network, client):
    sent = b"x" * 1_000_000
    threading.Thread(target=client.sendall, args=[sent]).start()
    assert hear(client, len(sent)) == sent
    with connect(network) as another:
        exchange(another)
    assert network.connections == 2
    assert network.sent == network.received == len(sent) + len(WORDS)


def test_the_end_of_one_side_reaches_the_other(network, client):
    exchange(client)
    client.shutdown(socket.SHUT_WR)
    assert client.recv(1) == b""
    wait_until(lambda: network.open_connections == 0)


def test_latency_delays_each_way_until_it_heals(network, client):
    network.latency(0.4)
    assert exchange(client) >= 0.8
    network.heal()
    assert exchange(client) < 0.4


def test_latency_does_not_add_up_over_what_is_said_in_a_row(network, client):
    network.latency(1.0)
    begun = time.monotonic()
    for _ in range(5):
        client.sendall(b"a")
        time.sleep(0.02)
    hear(client, 5)
    assert time.monotonic() - begun < 4.0  # five times there and back would take ten


def test_a_slow_network_carries_so_many_bytes_a_second(network, client):
    network.slow(20)
    assert exchange(client) >= 1.0
    network.heal()
    assert exchange(client) < 1.0


def test_a_sliced_network_delivers_in_pieces(network, client, monkeypatch):
    monkeypatch.setattr(toxic, "GAP", 0.3)  # a millisecond is too short for a reader on a busy machine
    network.sliced(2)
    client.sendall(b"abcdef")
    pieces = []
    while sum(map(len, pieces)) < 6:
        pieces.append(client.recv(100))
    assert b"".join(pieces) == b"abcdef"
    assert len(pieces[0]) <= 2


def test_a_cut_closes_the_open_connections_and_new_ones_are_served(network, client):
    exchange(client)
    network.cut()
    assert client.recv(1) == b""
    serves_anew(network)


def test_a_reset_breaks_the_open_connections_and_new_ones_are_served(network, client):
    exchange(client)
    network.reset()
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    serves_anew(network)


def test_half_open_says_nothing_to_anybody_and_delivers_when_it_heals(network, client):
    exchange(client)
    network.half_open()
    with connect(network) as another:
        another.sendall(b"new")
        client.sendall(b"old")
        hears_nothing(client)
        hears_nothing(another)
        assert network.sent == len(WORDS)
        network.heal()
        assert hear(client, 3) == b"old"
        assert hear(another, 3) == b"new"


def test_a_half_open_network_does_not_tell_that_a_side_has_left(network, client):
    exchange(client)
    network.half_open()
    client.close()
    time.sleep(0.2)
    assert network.open_connections == 1
    network.heal()
    wait_until(lambda: network.open_connections == 0)


def test_it_refuses_new_connections_and_keeps_the_open_ones(network, client):
    exchange(client)
    network.refuse()
    with pytest.raises(ConnectionRefusedError):
        connect(network)
    exchange(client)
    network.heal()
    with connect(network) as another:
        exchange(another)


def test_faults_add_up(network, client):
    network.latency(0.1)
    network.sliced(8)
    assert exchange(client) >= 0.2
    assert network.faults.piece == 8


def test_a_reset_of_one_side_is_a_reset_for_the_other():
    with socket.create_server(("127.0.0.1", 0)) as listener, ToxicProxy(port_of(listener)) as network:
        client = connect(network)
        server, _ = listener.accept()
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server.close()
        with client, pytest.raises(ConnectionResetError):
            client.recv(1)


def test_a_server_that_does_not_listen_is_a_reset_for_the_client():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with ToxicProxy(port_of(nobody)) as network, pytest.raises(ConnectionResetError), connect(network) as client:
            client.recv(1)
