"""The network between pages and servers breaks, falls silent, or is slow: nothing is missed or repeated. G2, G3."""

import pytest

from tests.faults.outages import dead, refused
from tests.faults.stage import HEALING, length, texts, until_status, until_words
from tests.support import page_link
from tests.support.polling import wait_until

PING, PONG = 4.0, 2.0
"""Seconds between two pings of a page, and for the answer. Real pages take 20 and 10; nobody waits for that here."""

pytestmark = pytest.mark.timeout(120)


def test_a_page_whose_connection_breaks_again_and_again_misses_and_repeats_nothing(stage):
    owner, _ = stage.fleet.members
    page = stage.page(owner)
    stage.ask(page, words=150)
    for breaks in (owner.door.cut, owner.door.reset, owner.door.cut):
        before = length(page)
        breaks()
        page.until(lambda before=before: length(page) > before)
    until_status(page, status="complete")
    assert len(page.history.of("lost")) == 3


def test_a_page_behind_a_proxy_that_dies_comes_back_through_another(stage):
    page = stage.page()
    owner, other = stage.owner_and_other(page)
    stage.ask(page, words=100)
    with refused(owner.door):
        until_words(page, 90)
        assert page.base == other.base
        until_status(page, status="complete")


def test_a_page_notices_that_it_hears_nobody_any_more_and_comes_back_through_another(stage, monkeypatch):
    monkeypatch.setattr(page_link, "PING_EVERY", PING)
    monkeypatch.setattr(page_link, "PONG_WITHIN", PONG)
    monkeypatch.setattr(page_link, "WELCOME_WITHIN", PONG)
    page = stage.page()
    owner, other = stage.owner_and_other(page)
    stage.ask(page)
    with dead(owner.door):
        shown = length(page)
        page.until(lambda: length(page) > shown, PING + PONG + HEALING)
        assert page.base == other.base
    wait_until(lambda: owner.door.open_connections == 0, HEALING, "the server keeps the dead connection")
    page.until(page.stop)
    until_status(page, status="cancelled")


SLOW = {
    "half a second each way": lambda door: door.latency(0.5),
    "2 kilobytes a second": lambda door: door.slow(2000),
    "a byte at a time": lambda door: door.sliced(1),
}


@pytest.mark.parametrize("spoil", SLOW.values(), ids=SLOW)
def test_text_is_whole_however_slowly_it_travels(stage, spoil):
    owner, other = stage.fleet.members
    page, elsewhere = stage.page(owner), stage.page(other)
    spoil(owner.door)
    stage.ask(page, words=40)
    page.reload()
    until_status(page, status="complete", within=2 * HEALING)
    elsewhere.show(page.conversation)
    page.until(lambda: texts(page) == texts(elsewhere))
