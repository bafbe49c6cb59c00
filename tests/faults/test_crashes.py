"""Servers that are killed, that share a database, that start at the same moment: nothing of the answers is lost."""

import contextlib
import socket

import pytest

from chat.localmodel.supervisor import why_unavailable
from tests.support.polling import wait_until
from tests.support.scripts import Gate, Hang, WaitFor, mira
from tests.support.server import ServedBrook
from tests.support.tabs import Tab
from tests.support.upstream_thread import ScriptedUpstreamThread


@pytest.fixture
def upstream():
    with ScriptedUpstreamThread() as scripted:
        yield scripted


@pytest.fixture
def brook(tmp_path, upstream):
    with ServedBrook(tmp_path / "data", UPSTREAM_URL=upstream.url) as served:
        yield served


def begin(tab):
    """Asks something in a new conversation; the key of the answer's generation."""
    return tab.begin("Hi")["generation"]["id"]


def statuses(brook):
    return [status for status, _ in brook.answers()]


def test_a_start_after_a_crash_marks_what_was_being_written_as_interrupted(brook, upstream):
    gate = Gate()
    upstream.play(mira(["Hel", Hang()]), mira(["Hel", WaitFor(gate), "lo"]))
    cookie = brook.make_account()
    with Tab(brook.open_socket(cookie)) as tab:
        tab.until_text(begin(tab), "Hel")
        request = upstream.next_request()
        brook.kill()
    request.hung_up()
    assert statuses(brook) == ["streaming"]
    brook.start()
    assert statuses(brook) == ["interrupted"]
    with Tab(brook.open_socket(cookie)) as tab:  # the session holds, and there are answers again
        answer = begin(tab)
        gate.open()
        assert tab.until_finished(answer)["status"] == "complete"


def test_a_second_server_on_the_same_database_leaves_the_answers_of_the_first_alone(brook, upstream):
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    database = f"sqlite:///{brook.data_dir / 'brook.sqlite3'}"
    with Tab(brook.open_socket(brook.make_account())) as tab:
        answer = begin(tab)
        tab.until_text(answer, "Hel")
        for data_dir in (brook.data_dir, brook.data_dir.parent / "other"):
            with ServedBrook(data_dir, UPSTREAM_URL=upstream.url, DATABASE_URL=database) as second:
                assert second.get("/readyz").status_code == 200
                assert statuses(brook) == ["streaming"]
        gate.open()
        assert tab.until_finished(answer)["status"] == "complete"
    assert brook.answers() == [("complete", "Hello")]


def test_servers_that_start_at_once_on_new_data_share_the_work(tmp_path, upstream):
    servers = [ServedBrook(tmp_path / "data", UPSTREAM_URL=upstream.url) for _ in range(3)]
    with contextlib.ExitStack() as stack:
        for server in servers:
            server.launch()
            stack.push(server.__exit__)
        for server in servers:
            server.output.until("Brook is at http", 30)
        cookie = servers[0].make_account()
        assert [server.get("/", cookie).status_code for server in servers] == [200, 200, 200]


@pytest.mark.skipif(why_unavailable() is not None, reason="no embedded model on this computer")
def test_the_embedded_model_ends_even_when_its_server_is_killed(tmp_path):
    with ServedBrook(tmp_path / "data") as brook:
        port = brook.output.until(r"The embedded model serves at http://127\.0\.0\.1:(\d+)/v1", 30)[1]
        assert accepts(int(port))
        brook.kill()
        wait_until(lambda: not accepts(int(port)), within=3)


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except ConnectionError:
        return False
    return True
