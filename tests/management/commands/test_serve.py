"""`manage.py serve` as operators meet it: a real process, real signals, real sockets."""

import contextlib
import shutil
import signal
import socket
import sys

import httpx
import pytest

from chat.localmodel.supervisor import why_unavailable
from chat.localmodel.wheels import ENGINE_PACKAGE, WEIGHTS_PACKAGE
from tests.support.addresses import refuses
from tests.support.scripts import Hang, mira
from tests.support.server import ServedBrook
from tests.support.tabs import Tab
from tests.support.upstream_thread import ScriptedUpstreamThread

NOWHERE = "http://127.0.0.1:9/v1"  # the port of "discard": nothing serves there, and nothing here asks

needs_model = pytest.mark.skipif(why_unavailable() is not None, reason="no embedded model on this computer")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Data with a first account, and its session: what all but the first start find."""
    data_dir = tmp_path_factory.mktemp("prepared")
    with ServedBrook(data_dir, UPSTREAM_URL=NOWHERE) as served:
        cookie = served.make_account()
    return data_dir, cookie


@pytest.fixture
def start(prepared, tmp_path):
    """Starts a server with a copy of that data and these variables; `cookie` is the first account's session."""
    with contextlib.ExitStack() as stack:

        def start(**variables):
            data_dir, cookie = prepared
            served = ServedBrook(shutil.copytree(data_dir, tmp_path / "data"), **variables)
            served.cookie = cookie
            return stack.enter_context(served)

        yield start


@pytest.fixture
def brook(start):
    return start(UPSTREAM_URL=NOWHERE)


@pytest.fixture
def upstream():
    with ScriptedUpstreamThread() as scripted:
        yield scripted


def refusals(*servers):
    """The one line that each of these servers writes instead of starting; they try at the same time."""
    for server in servers:
        server.launch()
    for server in servers:
        assert server.wait(30) == 1
        line = server.output.text.removesuffix("\n")
        assert "\n" not in line
        yield line


# Starting


def test_a_fresh_start_prepares_everything_and_says_where_to_begin(tmp_path):
    with ServedBrook(tmp_path / "data", UPSTREAM_URL=NOWHERE) as brook:
        assert f"Brook is at {brook.url}/ - open it to make the first account" in brook.output.text
        assert (brook.data_dir / "brook.sqlite3").exists()
        page = httpx.get(f"{brook.url}/", follow_redirects=True, trust_env=False)
        assert page.url == f"{brook.url}/accounts/setup/"
        style = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
        assert brook.get(style).headers["Content-Type"].startswith("text/css")


def test_a_later_start_keeps_accounts_and_sessions(brook):
    assert f"Brook is at {brook.url}/ (Ctrl-C stops it)." in brook.output.text
    assert brook.get("/", brook.cookie).status_code == 200
    assert brook.get("/", brook.log_in()).status_code == 200
    assert brook.get("/", "sessionid=forged").status_code == 302


def test_a_port_that_is_taken_is_one_clear_line(prepared):
    data_dir, _ = prepared
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        brook = ServedBrook(data_dir, UPSTREAM_URL=NOWHERE, PORT=str(port))
        [line] = refusals(brook)
    assert f"cannot listen on 127.0.0.1:{port}" in line
    assert "in use" in line
    with brook:  # with the port free it starts
        pass


def test_a_host_that_is_not_this_computer_is_one_clear_line(prepared):
    data_dir, _ = prepared
    hosts = ["192.0.2.7", "nowhere.invalid"]
    lines = refusals(*(ServedBrook(data_dir, UPSTREAM_URL=NOWHERE, HOST=host) for host in hosts))
    for host, line in zip(hosts, lines, strict=True):
        assert f"cannot listen on {host}:" in line


def test_a_database_out_of_reach_is_one_clear_line_without_its_password(tmp_path):
    with refuses() as address:
        server = address.removeprefix("http://").removesuffix("/v1")
        urls = [f"postgres://brook:sesame@{server}/brook", "sqlite:////nowhere/brook.sqlite3"]
        for line in refusals(*(ServedBrook(tmp_path, UPSTREAM_URL=NOWHERE, DATABASE_URL=url) for url in urls)):
            assert "DATABASE_URL" in line
            assert "sesame" not in line


def without(package):
    """Runs manage.py in a Python that has no such package: None in sys.modules is its own way to say so."""
    script = f"import runpy, sys; sys.modules[{package!r}] = None; runpy.run_path('manage.py', {{}}, '__main__')"
    return [sys.executable, "-c", script]


def test_without_the_embedded_model_one_line_says_to_set_an_upstream(tmp_path):
    packages = [WEIGHTS_PACKAGE, ENGINE_PACKAGE]
    lines = refusals(*(ServedBrook(tmp_path, without(package)) for package in packages))
    for package, line in zip(packages, lines, strict=True):
        assert package in line
        assert "Set UPSTREAM_URL" in line


def test_without_the_embedded_model_an_upstream_is_enough(prepared):
    data_dir, _ = prepared
    with ServedBrook(data_dir, without(ENGINE_PACKAGE), UPSTREAM_URL=NOWHERE) as brook:
        assert brook.get("/healthz").status_code == 200


# Stopping


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_status_0_and_without_a_word(brook, number):
    before = brook.output.text
    assert brook.stop(number) == 0
    assert brook.output.text == before
    with pytest.raises(httpx.ConnectError):
        brook.get("/healthz")


def test_it_can_be_stopped_from_the_moment_at_which_it_says_where_it_is(prepared):
    data_dir, _ = prepared
    brook = ServedBrook(data_dir, UPSTREAM_URL=NOWHERE)
    brook.launch()
    brook.output.until("Brook is at http", 30)
    assert brook.stop() == 0


def test_an_impatient_second_signal_does_no_harm(brook):
    with brook.open_socket(brook.cookie):
        brook.send_signal(signal.SIGINT)
        brook.send_signal(signal.SIGINT)
        assert brook.wait() == 0
    assert "Traceback" not in brook.output.text


def test_tabs_are_told_to_come_back_when_it_stops(brook):
    with contextlib.ExitStack() as stack:
        tabs = [stack.enter_context(Tab(brook.open_socket(brook.cookie))) for _ in range(20)]
        for tab in tabs:
            tab.until("welcome")
        brook.send_signal(signal.SIGTERM)
        assert {tab.until_closed() for tab in tabs} == {1012}
        assert brook.wait() == 0
    assert "Traceback" not in brook.output.text


def handshake(brook):
    return (
        f"GET /ws/ HTTP/1.1\r\nHost: 127.0.0.1:{brook.port}\r\nOrigin: {brook.url}\r\nCookie: {brook.cookie}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()


def test_nothing_that_is_open_holds_it_up(brook):
    """Sockets in every moment of their handshake, a tab that never reads, a browser whose connection idles."""
    request = handshake(brook)
    with contextlib.ExitStack() as stack:
        frozen = stack.enter_context(socket.create_connection(("127.0.0.1", brook.port), 5))
        frozen.sendall(request)
        assert frozen.recv(4096).startswith(b"HTTP/1.1 101")
        idle = stack.enter_context(httpx.Client(trust_env=False))
        assert idle.get(f"{brook.url}/healthz").status_code == 200
        for length in [0, 1, len(request) // 2, len(request) - 1] + 20 * [len(request)]:
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", brook.port), 5))
            connection.sendall(request[:length])
        assert brook.stop() == 0
    assert "Traceback" not in brook.output.text


def test_running_answers_are_stored_when_it_stops_and_their_upstream_is_let_go(start, upstream):
    upstream.play(mira(["Hel", "lo", Hang()]))
    brook = start(UPSTREAM_URL=upstream.url)
    with Tab(brook.open_socket(brook.cookie)) as tab:
        answer = tab.begin("Hi")["generation"]["id"]
        request = upstream.next_request()
        tab.until_text(answer, "Hello")
        brook.send_signal(signal.SIGTERM)
        request.hung_up()
        assert brook.wait() == 0
    assert brook.answers() == [("interrupted", "Hello")]


# The embedded model


def model_address(brook):
    port = brook.output.until(r"The embedded model serves at http://127\.0\.0\.1:(\d+)/v1", 30)[1]
    return ("127.0.0.1", int(port))


def accepts(address):
    try:
        socket.create_connection(address, 1).close()
    except ConnectionError:
        return False
    return True


@needs_model
def test_without_configuration_it_is_ready_with_the_embedded_model_and_takes_it_along(start):
    embedded = start()
    address = model_address(embedded)
    assert accepts(address)
    ready = embedded.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"database": "ok", "upstream": "ok"})
    assert embedded.stop() == 0
    assert not accepts(address)


@needs_model
def test_a_stop_while_the_embedded_model_is_still_loading_is_as_good(start):
    brook = start()
    assert brook.stop() == 0
    assert "Traceback" not in brook.output.text
