"""The first thing a newcomer meets: the embedded model, in the browser, without any configuration."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import answer, ask, expect_status, stop
from tests.support.server import ServedBrook


@pytest.fixture
def brook(tmp_path) -> Iterator[ServedBrook]:
    with ServedBrook(tmp_path / "data") as served:
        yield served


QUESTIONS = ["Write a long story about a dragon who lives by a river, in ten chapters.", "And about its child."]


def test_the_embedded_model_answers_and_is_stopped(chat: Page):
    expect(chat.get_by_text("tiny demo model")).to_be_visible()
    for number, question in enumerate(QUESTIONS, 1):
        ask(chat, question)
        expect(chat.get_by_role("article", name="Assistant")).to_have_count(number)
        until_it_writes(chat)
        stop(chat)
        expect_status(chat, "cancelled")


def until_it_writes(page: Page) -> None:
    """Until the answer has grown twice. How long it is in the end is the model's affair, and may take a minute."""
    text = answer(page).locator("[data-part=content]")
    expect(text).to_have_text(re.compile(r"\w"), timeout=30_000)
    lengths = set()
    while len(lengths) < 3:
        lengths.add(len(text.inner_text()))
        assert answer(page).get_attribute("data-status") == "streaming"
