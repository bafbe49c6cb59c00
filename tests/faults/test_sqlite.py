"""SQLite is locked by another program, or its disk is full: streams go on and nothing accepted is lost. G1, G7."""

import stat
import sys
import time
from contextlib import ExitStack
from typing import NamedTuple

import pytest
from django.conf import settings

from tests.faults.outages import locked
from tests.faults.stage import DELAY, HEALING, Stage, length, new_question, until_status, until_words
from tests.support.fleet import Member
from tests.support.history import one_end
from tests.support.polling import wait_until
from tests.support.served import ServedDatabase, served_database

LONGER_THAN_SQLITE_WAITS = 12.0
PATIENCE = 2.0

pytestmark = pytest.mark.timeout(120)


class Alone(NamedTuple):
    """A fleet of one, with a file."""

    members: list[Member]
    database: ServedDatabase

    @property
    def brook(self):
        return self.members[0]

    @property
    def file(self):
        return self.brook.data_dir / "brook.sqlite3"

    @property
    def spooled(self):
        return list((self.brook.data_dir / "spool").glob("*"))


@pytest.fixture
def serve(shared_upstream, tmp_path, django_db_blocker):
    """Begins a stage of one server, with these handicaps; checks it when the test is over."""

    def serve(*handicaps):
        program = [sys.executable, "-m", "tests.faults.handicapped", *map(str, handicaps)]
        environment = {"UPSTREAM_URL": shared_upstream.url, "UPSTREAM_MODELS": "scripted"}
        brook = Member(tmp_path / "data", program=program, SECRET_KEY=settings.SECRET_KEY, **environment)
        fleet = Alone([stack.enter_context(brook)], stack.enter_context(served_database(brook.data_dir)))
        stages.append(Stage(fleet, shared_upstream, stack))
        return stages[-1]

    stages = []
    with django_db_blocker.unblock(), ExitStack() as stack:
        yield serve
        for stage in stages:
            stage.settle()


def test_a_locked_database_holds_up_no_stream_and_what_is_sent_meanwhile_is_refused_in_words(serve):
    stage = serve()
    page, brief = stage.page(), stage.page(person=stage.person("bob"))
    question, refused = stage.ask(page), new_question()
    stage.ask(brief, words=40)
    with stage.tab(stage.fleet.brook) as tab, locked(stage.fleet.file):
        over = time.monotonic() + LONGER_THAN_SQLITE_WAITS
        tab.ask(refused.text)
        assert tab.refusal(within=LONGER_THAN_SQLITE_WAITS) == "unavailable"
        time.sleep(max(0, over - time.monotonic()))
        assert brief.status == "streaming"
    until_status(brief, status="complete")
    stage.until_stored(question)
    page.until(page.stop)
    until_status(page, status="cancelled")
    assert stage.tellings(refused) == []
    assert stage.worst_delay(page) < DELAY


def test_a_server_that_is_stopped_while_the_database_is_locked_keeps_its_answers_in_files(serve):
    stage = serve()
    page = stage.page()
    question = stage.ask(page)
    with locked(stage.fleet.file):
        until_words(page, 50)
        shown = length(page)
        assert stage.fleet.brook.stop() == 0  # fails when it takes longer than promised, too
    assert stage.row(question).status == "streaming"
    (kept,) = stage.fleet.spooled
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    stage.fleet.brook.start()
    stored = stage.row(question)
    assert (stored.status, stored.cursor >= shown) == ("interrupted", True)
    assert stage.fleet.spooled == []


def test_an_answer_that_ends_while_the_disk_is_full_is_stored_when_there_is_room_again(serve, tmp_path):
    full = tmp_path / "full"
    stage = serve("--full-while", full)
    page = stage.page()
    question = stage.ask(page, words=800, pace="quick")
    full.touch()
    with stage.tab(stage.fleet.brook, stage.person("bob")) as tab:
        tab.ask("word " * 10_000)
        assert tab.refusal() == "unavailable"
    stage.fleet.brook.output.until("The end of generation .* could not be stored yet.*full", HEALING)
    assert page.status == "streaming"
    assert stage.row(question).cursor < length(page)
    full.unlink()
    until_status(page, status="complete")
    assert stage.worst_delay(page) < DELAY


def test_an_answer_that_the_database_refuses_for_too_long_is_kept_in_a_file_and_then_stored(serve):
    stage = serve("--patience", PATIENCE)
    stage.rules.remove(one_end)  # the page is told at once that this is not stored, and then that it is
    page = stage.page()
    question = stage.ask(page, words=40)
    with locked(stage.fleet.file):
        until_status(page, status="failed", within=PATIENCE + HEALING)
        (kept,) = stage.fleet.spooled
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert stage.row(question).status == "streaming"
    until_status(page, status="complete")
    wait_until(lambda: stage.fleet.spooled == [], HEALING)  # stored first, then deleted
