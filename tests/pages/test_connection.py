import itertools
import json
import time

import pytest
from django.test import Client

from chat.pages import connection
from tests.support.html import Page

pytestmark = pytest.mark.django_db

CHECKS = ["Live connection", "Streaming", "The model’s server", "First words and speed"]


@pytest.fixture
def browser(client, alice):
    client.force_login(alice)
    return client


def test_the_page_names_what_it_looks_at_and_has_one_line_that_is_read_aloud(browser):
    page = Page(browser.get("/connection/").text)
    assert page.texts("h1") == ["Is it working?"]
    assert page.texts("h2") == CHECKS
    assert page.texts("button") == ["Check again"]
    assert len(page.all("p", role="status")) == 1
    assert not [element for element in page.elements if "aria-live" in element.attributes]
    [form] = page.all("form")
    assert (form.attributes["data-count"], form.attributes["data-apart"]) == ("5", "200")


@pytest.mark.django_db(transaction=True)
async def test_the_pieces_of_the_stream_leave_one_by_one_and_unbuffered(async_client, alice, monkeypatch):
    monkeypatch.setattr(connection, "APART", 0.05)
    await async_client.aforce_login(alice)
    answer = await async_client.get("/connection/ticks/")
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Accel-Buffering"] == "no"
    pieces, moments = [], []
    async for piece in answer:
        pieces.append(json.loads(piece.decode().removeprefix("data: ")))
        moments.append(time.monotonic())
    assert pieces == [{"tick": number} for number in range(connection.TICKS)]
    assert all(later - earlier >= 0.045 for earlier, later in itertools.pairwise(moments))


def test_a_visitor_is_sent_to_log_in(alice):
    for path in ("/connection/", "/connection/ticks/"):
        assert Client().get(path).headers["Location"] == f"/accounts/login/?next={path}"


def test_they_are_only_read(browser):
    for path in ("/connection/", "/connection/ticks/"):
        assert browser.post(path).status_code == 405
