"""PostgreSQL dies, freezes or is out of reach: streams go on, and nothing is called stored that is not. G1, G3, G7."""

import time

import psycopg
import pytest

from tests.faults.outages import dead, frozen, killed, refused
from tests.faults.stage import DELAY, HEALING, INTERRUPTED, length, new_question, until_status, until_words
from tests.support.polling import wait_until

TWO_SWEEPS = 7.0
"""Seconds after an outage in which a process might take an answer for dead whose owner could not renew its lease."""

GIVING_UP = 10.0
"""Seconds in which it finds out, once it reaches the database again: a try to connect takes five."""

pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize(
    ("outage", "seconds"), [(killed, 8), (frozen, 12)], ids=["dies", "freezes for longer than a lease"]
)
def test_streams_go_on_while_postgresql_is_away_and_everything_is_stored_afterwards(stage, outage, seconds):
    bob = stage.person("bob")
    page, elsewhere = stage.pair()
    brief, brief_elsewhere = stage.pair(bob)
    long = stage.ask(page)
    with stage.tab(stage.fleet.members[0], bob) as tab:
        tab.open(brief.conversation)
        stage.ask(brief, words=120)  # ends in four or five seconds, when the outage has surely begun
        tab.until("delta")
        with outage(stage.fleet.postgres):
            over = time.monotonic() + seconds
            tab.until("position", lambda event: event["phase"] == "saving", within=seconds)
            time.sleep(over - time.monotonic())
            assert [brief.status, brief_elsewhere.status] == ["streaming", "streaming"]
        until_status(brief, brief_elsewhere, status="complete")
    stage.until_stored(long)
    time.sleep(TWO_SWEEPS)
    assert [page.status, elsewhere.status, stage.row(long).status] == ["streaming"] * 3
    page.until(page.stop)
    until_status(page, elsewhere, status="cancelled")
    assert stage.worst_delay(page) < DELAY


def test_what_is_sent_while_postgresql_is_away_is_refused_in_words_and_goes_out_again(stage):
    question = new_question(3)
    with stage.tab(stage.fleet.members[0]) as tab:
        with killed(stage.fleet.postgres):
            client_id = tab.ask(question.text)
            assert tab.refusal() == "unavailable"
        assert stage.answers(stage.alice) == []
        tab.ask(question.text, client_id=client_id)
        tab.until_finished(tab.until("transcript")["messages"][-1]["generation"]["id"])
    assert len(stage.tellings(question)) == 1


def test_a_process_that_cannot_reach_the_database_for_a_while_goes_on(stage):
    page, elsewhere = stage.pair()
    question = stage.ask(page)
    with refused(stage.fleet.members[0].to_postgres):
        until_words(elsewhere, 125)
    stage.until_stored(question)
    page.until(page.stop)
    until_status(page, elsewhere, status="cancelled")
    assert stage.worst_delay(page) < DELAY


def test_a_process_that_does_not_hear_the_database_for_longer_than_a_lease_gives_its_answer_up(stage):
    page, elsewhere = stage.pair()
    owner, _ = stage.fleet.members
    question = stage.ask(page)
    until_words(elsewhere, 30)
    with dead(owner.to_postgres):
        assert owner.get("/readyz").status_code == 503
        wait_until(lambda: stage.row(question).status == "interrupted", INTERRUPTED)
        stored = stage.row(question)
    telling = stage.telling(question)
    wait_until(lambda: telling.over_at, GIVING_UP, "the upstream's socket is still open")
    until_status(page, elsewhere, status="interrupted")
    page.until(lambda: length(page) == length(elsewhere) == stored.cursor)
    assert stage.row(question).finished_at == stored.finished_at


def test_a_process_that_freezes_in_the_middle_of_a_transaction_holds_up_nobody_else(stage):
    page, elsewhere = stage.pair()
    owner, _ = stage.fleet.members
    question = stage.ask(page)
    owner.to_postgres.latency(0.2)  # so that a checkpoint takes seconds
    wait_until(lambda: holds_a_row(stage), HEALING)
    owner.freeze()
    until_status(elsewhere, status="interrupted", within=INTERRUPTED)
    owner.to_postgres.heal()
    owner.thaw()
    until_status(page, status="interrupted", within=2 * HEALING)
    assert stage.row(question).status == "interrupted"


def holds_a_row(stage):
    """Whether somebody is between a write and its commit."""
    query = "SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction' AND query LIKE 'UPDATE%'"
    with psycopg.connect(stage.fleet.database_url) as connection:
        return connection.execute(query).fetchone()
