"""A server process is killed, stopped or frozen while it writes answers: promises G3, G6 and G8."""

import time

import pytest

from chat.models import LEASE
from tests.faults.stage import INTERRUPTED, length, until_status, until_words
from tests.support.polling import wait_until

STORED_EVERY = 1.0
"""Seconds between two checkpoints: what kill -9 may cost."""

ON_ITS_WAY = 0.5
"""Seconds that a word may take from the upstream into the database, on a computer that has other things to do."""

WAKING = 2.0
"""Seconds in which a process that was frozen for too long gives its answers up."""

pytestmark = pytest.mark.timeout(120)


def test_a_killed_process_costs_its_answer_a_second_and_everybody_is_told(stage):
    page = stage.page()
    owner, other = stage.owner_and_other(page)
    question = stage.ask(page)
    elsewhere = stage.page(other, conversation=page.conversation)
    until_words(elsewhere, 60)
    killed = time.monotonic()
    owner.kill()
    until_status(page, elsewhere, status="interrupted", within=INTERRUPTED)
    telling, stored = stage.telling(question), stage.row(question)
    assert stored.cursor >= telling.written_by(killed - STORED_EVERY - ON_ITS_WAY)
    assert telling.over_at - killed < 1
    assert page.base == other.base
    stage.ask(page, words=5)
    until_status(page, elsewhere, status="complete")


def test_a_process_that_is_stopped_stores_everything_and_its_tabs_go_to_another(stage):
    page = stage.page()
    owner, other = stage.owner_and_other(page)
    question = stage.ask(page)
    elsewhere = stage.page(other, conversation=page.conversation)
    until_words(elsewhere, 20)
    shown = length(page)
    assert owner.stop() == 0
    stored = stage.row(question)
    assert (stored.status, stored.cursor >= shown) == ("interrupted", True)
    until_status(page, elsewhere, status="interrupted")
    assert page.base == other.base


def test_a_busy_process_that_is_stopped_stores_everything_while_sockets_are_being_opened(stage):
    owner, other = stage.fleet.members
    people = [stage.person("busy") for _ in range(20)]
    other.door.refuse()
    pages = [stage.opening(person=person) for person in people]
    for page in pages:
        page.until(lambda page=page: page.picture.connected)
    other.door.heal()
    questions = [stage.ask(page) for page in pages]
    until_words(pages[-1], 20)
    shown = [length(page) for page in pages]
    for person in people:
        stage.opening(person=person)
    assert owner.stop() == 0
    for question, seen in zip(questions, shown, strict=True):
        stored = stage.row(question)
        assert (stored.status, stored.cursor >= seen) == ("interrupted", True)
    until_status(*pages, status="interrupted")
    assert {page.base for page in pages} == {other.base}


def test_a_process_that_was_frozen_for_too_long_gives_its_answer_up_and_writes_nothing(stage):
    page = stage.page()
    owner, other = stage.owner_and_other(page)
    question = stage.ask(page)
    elsewhere = stage.page(other, conversation=page.conversation)
    until_words(elsewhere, 20)
    owner.freeze()
    until_status(elsewhere, status="interrupted", within=INTERRUPTED)
    stored = stage.row(question)
    telling = stage.telling(question)
    assert telling.over_at is None
    owner.thaw()
    wait_until(lambda: telling.over_at, WAKING, "the upstream's socket is still open")
    until_status(page, status="interrupted")
    page.until(lambda: length(page) == stored.cursor)
    after = stage.row(question)
    assert (after.cursor, after.finished_at) == (stored.cursor, stored.finished_at)


def test_a_process_that_was_frozen_for_less_goes_on_as_if_nothing_had_been(stage):
    page = stage.page()
    owner, other = stage.owner_and_other(page)
    stage.ask(page, words=100)
    elsewhere = stage.page(other, conversation=page.conversation)
    until_words(elsewhere, 20)
    owner.freeze()
    time.sleep(LEASE.total_seconds() * 0.7)
    owner.thaw()
    until_status(page, elsewhere, status="complete")
