"""Brook on a real PostgreSQL: its rows, and several servers that share one database."""

import contextlib
import subprocess
import sys

import psycopg
import pytest

from tests.support.polling import wait_until
from tests.support.postgres import Postgres
from tests.support.scripts import Gate, Hang, WaitFor, mira
from tests.support.server import ROOT, ServedBrook, clean_environment
from tests.support.tabs import Tab
from tests.support.upstream_thread import ScriptedUpstreamThread

SUITES = [
    ["tests/models", *(f"tests/relay/test_{name}.py" for name in ("database", "spool", "sweep", "switchboard"))],
    ["tests/live/test_changes.py", "tests/live/test_rows.py", "tests/live/test_storing.py", "tests/api"],
    ["tests/pages"],
    ["tests/search", *(f"tests/transfer/test_{name}.py" for name in ("arrival", "importing", "storing"))],
]
"""What the everyday tests say about the database, said again here. What reaches into SQLite's file skips itself."""


@pytest.fixture(scope="session")
def postgres():
    with Postgres() as server:
        yield server


@pytest.fixture
def database(postgres, request):
    """The DATABASE_URL of a database of the test's own."""
    return postgres.create(request.node.name[-60:])


@pytest.fixture
def upstream():
    with ScriptedUpstreamThread() as scripted:
        yield scripted


@pytest.fixture
def brook(tmp_path, upstream, database):
    """Makes servers that have the database and the secret in common, and nothing else, as on several machines."""

    def brook(name):
        common = {"DATABASE_URL": database, "SECRET_KEY": "s" * 50, "UPSTREAM_URL": upstream.url}
        return ServedBrook(tmp_path / name, **common)

    return brook


def answers(database):
    query = (
        "SELECT generation.status, message.content FROM chat_generation generation"
        " JOIN chat_message message ON message.id = generation.message_id ORDER BY generation.started_at"
    )
    with psycopg.connect(database) as connection:
        return connection.execute(query).fetchall()


def begin(tab):
    return tab.begin("Hi")["generation"]["id"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", range(len(SUITES)))
def test_the_tests_of_rows_and_pages_hold_on_postgresql(postgres, tmp_path, number):
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *SUITES[number]],
        env=clean_environment(DATA_DIR=str(tmp_path), DATABASE_URL=postgres.url(f"suite_{number}")),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=290,
    )
    assert run.returncode == 0, run.stdout
    assert not list(tmp_path.glob("*.sqlite3"))


def test_an_answer_is_stored_from_the_first_account_to_the_last_word(brook, database):
    with brook("one") as server:
        cookie = server.make_account()
        assert server.get("/readyz").json() == {"database": "ok", "upstream": "ok"}
        with Tab(server.open_socket(cookie)) as tab:
            tab.ask("Hi")
            wait_until(lambda: answers(database) == [("complete", "Hello")])
        assert server.stop() == 0
    assert not list(server.data_dir.glob("*.sqlite3"))


def test_servers_that_start_at_once_share_accounts_and_sessions(brook):
    servers = [brook("one"), brook("two"), brook("three")]
    with contextlib.ExitStack() as stack:
        for server in servers:
            server.launch()
            stack.push(server.__exit__)
        for server in servers:
            server.output.until("Brook is at http", 30)
        cookie = servers[0].make_account()
        assert [server.get("/", cookie).status_code for server in servers] == [200, 200, 200]


def test_a_second_server_leaves_the_answers_of_the_first_alone(brook, upstream, database):
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    with brook("one") as first, Tab(first.open_socket(first.make_account())) as tab:
        answer = begin(tab)
        tab.until_text(answer, "Hel")
        with brook("two"):
            assert [status for status, _ in answers(database)] == ["streaming"]
        gate.open()
        assert tab.until_finished(answer)["status"] == "complete"
    assert answers(database) == [("complete", "Hello")]


def test_the_answer_of_a_server_that_is_killed_is_interrupted_by_another_within_20_seconds(brook, upstream, database):
    upstream.play(mira(["Hel", Hang()]))
    with brook("one") as first, brook("two") as second:
        cookie = first.make_account()
        with Tab(first.open_socket(cookie)) as tab:
            tab.until_text(begin(tab), "Hel")
            wait_until(lambda: answers(database) == [("streaming", "Hel")], within=3)  # a checkpoint
            first.kill()
        with Tab(second.open_socket(cookie)):
            wait_until(lambda: answers(database) == [("interrupted", "Hel")], within=20)


def test_a_database_that_goes_away_is_told_to_balancers_and_comes_back(brook, postgres):
    with brook("one") as server:
        assert server.get("/readyz").status_code == 200
        postgres.stop()
        try:
            down = server.get("/readyz")
        finally:
            postgres.start()
        assert (down.status_code, down.json()) == (503, {"database": "unreachable", "upstream": "ok"})
        assert server.get("/healthz").status_code == 200
        assert server.get("/readyz").status_code == 200
