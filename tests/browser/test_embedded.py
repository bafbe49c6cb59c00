"""The first thing a newcomer meets: the embedded model, in the browser, without any configuration."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import answer, ask, expect_status, stop
from tests.support.server import ServedBrook


@pytest.fixture
def brook(tmp_path) -> Iterator[ServedBrook]:
    with ServedBrook(tmp_path / "data") as served:
        yield served


def test_the_embedded_model_answers_and_is_stopped(chat: Page):
    expect(chat.get_by_text("tiny demo model")).to_be_visible()
    ask(chat, "Write a long story about a dragon who lives by a river, in ten chapters.")
    lengths = set()
    while len(lengths) < 3:
        lengths.add(len(answer(chat).inner_text()))
        assert answer(chat).get_attribute("data-status") == "streaming"
    stop(chat)
    expect_status(chat, "cancelled")
    ask(chat, "Say hello.")
    expect(answer(chat)).to_have_attribute("data-status", "complete", timeout=40_000)
