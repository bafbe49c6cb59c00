import re
from datetime import UTC, datetime, timedelta

import pytest

from chat.models import Conversation, Message
from chat.search import find as finding
from chat.search.index import catch_up
from tests.fixtures.naughty import NAUGHTY, kept
from tests.support.html import Page

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
JSON = {"Accept": "application/json"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, alice):
    client.force_login(alice)
    return client


def converse(owner, title, *texts):
    conversation = Conversation.objects.create(owner=owner, title=title)
    for number, text in enumerate(texts):
        role = [Message.Role.USER, Message.Role.ASSISTANT][number % 2]
        conversation.messages.create(role=role, content=text, created_at=NOON + timedelta(minutes=number))
    while catch_up():
        pass
    return conversation


def search(browser, text, **query):
    return Page(browser.get("/search/", {"q": text, **query}).text)


def links(page):
    return [link.attributes["href"] for link in page.all("a", class_="found-link")]


def test_results_link_to_the_message_with_the_words_marked(browser, alice):
    conversation = converse(alice, "Water", "Why do rivers meander?", "Because rivers erode.")
    page = search(browser, "river")
    question, answer = conversation.messages.order_by("created_at")
    assert links(page) == [
        f"/c/{conversation.pk}/#m-{answer.pk}&words=river",
        f"/c/{conversation.pk}/#m-{question.pk}&words=river",
    ]
    assert page.texts("span", class_="found-title") == ["Water", "Water"]
    assert page.texts("span", class_="found-text") == ["Because rivers erode.", "Why do rivers meander?"]
    assert page.texts("mark") == ["rivers", "rivers"]
    assert page.texts("span", class_="found-when")[0].startswith("Assistant · Jan. 1, 2026")
    assert page.inline() == []


def test_a_title_links_to_its_conversation_and_is_marked(browser, alice):
    conversation = converse(alice, "All about Rivers", "unrelated")
    page = search(browser, "rivers")
    assert links(page) == [f"/c/{conversation.pk}/"]
    assert page.texts("mark") == ["Rivers"]


def test_without_words_the_page_says_what_to_type(browser):
    for text in ("", "  ", "?!"):
        page = search(browser, text)
        assert "Type a word or two" in page.all("p", role="status")[0].text
        assert not page.all("ol")


def test_where_nothing_is_found_the_page_says_so_and_keeps_the_words(browser):
    page = search(browser, "nothing <b>")
    assert "Nothing was found for nothing <b>" in " ".join(page.texts("p", role="status"))
    [box] = page.all("input", name_="q")
    assert box.attributes["value"] == "nothing <b>"


def test_pages_follow_one_another_by_links(browser, alice):
    converse(alice, "a", *(f"rain {number}" for number in range(finding.PAGE * 2 + 1)))
    first = search(browser, "rain & <x> 1"[:4])
    assert first.texts("a", rel="next") == ["Older"]
    [older] = first.all("a", rel="next")
    second = Page(browser.get("/search/" + older.attributes["href"]).text)
    assert (len(links(second)), len(second.all("a", rel="prev")), len(second.all("a", rel="next"))) == (20, 1, 1)
    third = search(browser, "rain", page="3")
    assert (len(links(third)), third.texts("a", rel="prev"), third.all("a", rel="next")) == (1, ["Newer"], [])
    assert "There is nothing more." in search(browser, "rain", page="4").texts("p", role="status")


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.5", "9" * 30, "²", ""])
def test_a_page_that_is_no_number_is_the_first_or_the_last(browser, alice, number):
    converse(alice, "a", "rain")
    assert browser.get("/search/", {"q": "rain", "page": number}).status_code == 200


def test_of_words_that_are_everywhere_the_last_page_says_that_there_are_more(browser, alice, monkeypatch):
    monkeypatch.setattr(finding, "REACH", 2)
    converse(alice, "a", "rain one", "rain two", "rain three")
    assert "only some of them are listed" in browser.get("/search/", {"q": "rain"}).text


# For programs


def test_the_dialog_gets_the_same_as_json(browser, alice):
    conversation = converse(alice, "On rivers", "Why do rivers meander?")
    answer = browser.get("/search/", {"q": "river"}, headers=JSON)
    assert answer.headers["Content-Type"] == "application/json"
    message = conversation.messages.get()
    conversation.refresh_from_db()
    assert answer.json() == {
        "query": "river",
        "page": 1,
        "more": False,
        "results": [
            {
                "conversation": str(conversation.pk),
                "message": None,
                "title": "On rivers",
                "role": "",
                "created": conversation.updated_at.isoformat(),
                "snippet": [
                    {"text": "Why do ", "hit": False},
                    {"text": "rivers", "hit": True},
                    {"text": " meander?", "hit": False},
                ],
            },
            {
                "conversation": str(conversation.pk),
                "message": str(message.pk),
                "title": "On rivers",
                "role": "user",
                "created": "2026-01-01T12:00:00+00:00",
                "snippet": [
                    {"text": "Why do ", "hit": False},
                    {"text": "rivers", "hit": True},
                    {"text": " meander?", "hit": False},
                ],
            },
        ],
    }


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json", "application/json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"),
        ("*/*", "text/html; charset=utf-8"),
        ("", "text/html; charset=utf-8"),
        ("image/png", "text/html; charset=utf-8"),
        ("application/json;q=0.5, text/html;q=0.4", "application/json"),
    ],
)
def test_who_asks_for_json_gets_json(browser, accept, kind):
    answer = browser.get("/search/", {"q": "x"}, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)
    assert "Accept" in answer.headers["Vary"].split(", ")
    assert "no-store" in answer.headers["Cache-Control"]


# Whose it is


def test_a_stranger_finds_nothing_of_it(browser, bob):
    converse(bob, "Rivers of bob", "rivers")
    assert links(search(browser, "rivers")) == []
    assert browser.get("/search/", {"q": "rivers"}, headers=JSON).json()["results"] == []


def test_a_visitor_is_sent_to_log_in(client):
    answer = client.get("/search/", {"q": "x"}, headers=JSON)
    assert (answer.status_code, answer.url) == (302, "/accounts/login/?next=/search/%3Fq%3Dx")


def test_it_only_reads(browser):
    assert browser.post("/search/", {"q": "x"}).status_code == 405


# Hostile text


def test_whatever_was_said_and_asked_it_is_shown_as_text(browser, alice, subtests):
    for name, naughty in NAUGHTY:
        with subtests.test(name):
            text = kept(naughty)
            converse(alice, text[:200], text)
            asked = text[:180]
            page = search(browser, asked)
            assert page.inline() == []
            assert len(page.all("form")) == 1
            for snippet in page.all("span", class_="found-text"):
                shown = re.sub(r"\s", " ", snippet.text).removeprefix("…").removesuffix("…")
                assert shown in re.sub(r"\s", " ", text) or "\r" in text
            assert browser.get("/search/", {"q": asked}, headers=JSON).status_code == 200
            Conversation.objects.all().delete()


@pytest.mark.parametrize(
    "address", ["/search/?q=%00", "/search/?q=%ff%fe", "/search/?q[]=x", "/search/?q=%ED%A0%BD", "/search/?q=a&q=b"]
)
def test_odd_addresses_do_no_harm(browser, alice, address):
    converse(alice, "a", "b")
    assert browser.get(address).status_code == browser.get(address, headers=JSON).status_code == 200
