"""Redis dies, freezes or forgets everything: who reads where the answer is written notices nothing. G2, G3, G5, G7."""

import time
from contextlib import contextmanager, nullcontext

import pytest

from tests.faults.outages import frozen, killed
from tests.faults.stage import DELAY, HEALING, length, texts, until_status, until_words
from tests.support.polling import wait_until

CLOSING_WITHOUT_REDIS = 5.0

BY_DATABASE = 1.0
"""Seconds between two pieces of text that come from the database instead."""

BEHIND = 3.5
"""Seconds that such text may be behind: a second until it is stored, one until it is read, and time for both."""

pytestmark = pytest.mark.timeout(120)


@contextmanager
def forgetful(redis):
    redis.restart()
    yield


FAULTS = {
    "killed": (killed, 4.0),
    "frozen for longer than every timeout": (frozen, 8.0),
    "restarted, and knows nothing": (forgetful, 0.0),
}


@pytest.mark.parametrize(("fault", "seconds"), FAULTS.values(), ids=FAULTS)
def test_a_tab_of_the_owner_notices_nothing_and_one_elsewhere_is_read_from_the_database(stage, fault, seconds):
    page, elsewhere = stage.pair()
    question = stage.ask(page)
    until_frames_flow(elsewhere)
    with fault(stage.fleet.redis):
        time.sleep(seconds)
        assert length(elsewhere) >= stage.telling(question).written_by(time.monotonic() - BEHIND)
    until_frames_flow(elsewhere)
    page.until(page.stop)
    until_status(page, elsewhere, status="cancelled")
    assert stage.worst_delay(page) < DELAY


def until_frames_flow(page):
    """Waits until text comes to the page as it is written, and not once a second."""
    since = time.monotonic()

    def flow():
        heard = [note.at for note in page.history.of("heard") if note.facts["type"] == "delta" and note.at > since]
        return len(heard) >= 20 and heard[-1] - heard[-20] < 5 * BY_DATABASE

    page.until(flow, HEALING)


@pytest.mark.parametrize("fault", [killed, frozen])
def test_stop_elsewhere_closes_the_upstreams_socket_within_5_seconds_without_redis(stage, fault):
    page, elsewhere = stage.pair()
    with fault(stage.fleet.redis):
        telling = stage.telling(stage.ask(page))
        elsewhere.until(elsewhere.stop)
        pressed = time.monotonic()
        wait_until(lambda: telling.over_at, CLOSING_WITHOUT_REDIS, "the upstream's socket is still open")
        assert telling.over_at - pressed < CLOSING_WITHOUT_REDIS
        until_status(page, elsewhere, status="cancelled")


@pytest.mark.parametrize("fault", [nullcontext, killed], ids=["with redis", "without redis"])
def test_reasoning_and_content_that_take_turns_are_whole_and_in_order_elsewhere(stage, fault):
    page, elsewhere = stage.pair()
    with fault(stage.fleet.redis):
        stage.ask(page, words=600, pace="quick")
        until_words(elsewhere, 100)
        late = stage.page(stage.fleet.members[1], conversation=page.conversation)
        until_status(page, elsewhere, late, status="complete")
        assert texts(page) == texts(elsewhere) == texts(late)


def test_a_process_that_starts_without_redis_finds_it_when_it_is_back(stage):
    with frozen(stage.fleet.redis):
        stage.fleet.members[1].kill()
        stage.fleet.members[1].start()
        page, elsewhere = stage.pair()
        stage.ask(page)
        until_words(elsewhere, 20)
    until_frames_flow(elsewhere)
    elsewhere.until(elsewhere.stop)
    until_status(page, elsewhere, status="cancelled")
