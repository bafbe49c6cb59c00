"""The filters beside the list."""

import re
from datetime import UTC, datetime

import pytest

from chat.models import Conversation
from chat.review import filters
from chat.review.words import Outcome
from tests.review import rows
from tests.review.rows import ENDS

pytestmark = pytest.mark.django_db

LIST = "/admin/chat/conversation/"


def titles(html):
    return sorted(re.findall(r'class="field-title_shown"><a [^>]*>([^<]*)</a>', html))


@pytest.fixture
def every_outcome(alice):
    """A conversation for each end, with its name as title, and one without an answer."""
    for end in ENDS:
        rows.answered(rows.conversation(alice, end), "Why?", end=end)
    rows.conversation(alice, "none")


@pytest.mark.parametrize("status", [*ENDS, "none"])
def test_filter_by_the_last_status(every_outcome, page, status):
    assert titles(page(f"{LIST}?status={status}")) == [status]


def test_every_outcome_is_offered_in_words(every_outcome, page):
    html = page(LIST)
    assert titles(html) == sorted([*ENDS, "none"])
    for label in [*Outcome.labels, "No answer yet"]:
        assert f">{label}</a>" in html, label


def test_only_the_newest_answer_counts(alice, page):
    talk = rows.conversation(alice, "mended")
    rows.answered_again(talk, rows.answered(talk, "Why?", end="failed"), "Better.")
    assert titles(page(f"{LIST}?status=failed")) == []
    assert titles(page(f"{LIST}?status=complete")) == ["mended"]


def test_an_unknown_status_finds_nothing(every_outcome, page):
    assert titles(page(f"{LIST}?status=bogus")) == []


def test_counts_can_be_shown(every_outcome, page):
    html = page(f"{LIST}?_facets=True")
    assert "Failed (1)" in html
    assert "No answer yet (1)" in html


def test_filter_by_owner(alice, bob, page):
    rows.conversation(alice, "hers")
    rows.conversation(bob, "his")
    assert titles(page(LIST)) == ["hers", "his"]
    assert titles(page(f"{LIST}?owner=bob")) == ["his"]
    assert titles(page(f"{LIST}?owner=%20bob%20")) == ["his"]
    assert titles(page(f"{LIST}?owner=")) == ["hers", "his"]
    assert titles(page(f"{LIST}?owner=bo")) == [], "a name, not a part of one"


def test_the_owners_box_keeps_search_order_and_the_other_filters(alice, page):
    rows.conversation(alice, "hers")
    html = page(f"{LIST}?q=hers&o=4&source__exact=web&owner=alice&p=1")
    form = re.search(r'<form class="owner-filter".*?</form>', html, re.DOTALL)[0]
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)">', form)
    assert sorted(hidden) == [("o", "4"), ("q", "hers"), ("source__exact", "web")]
    assert 'name="owner" value="alice"' in html
    assert "All owners" in html


def test_the_owners_box_suggests_only_some_of_those_who_have_conversations(alice, bob, page, monkeypatch):
    for owner in (alice, bob, bob):
        rows.conversation(owner)
    offered = '<option value="{}"></option>'.format
    html = page(LIST)
    assert html.count(offered("alice")) == html.count(offered("bob")) == 1
    assert offered("reviewer") not in html
    monkeypatch.setattr(filters, "SUGGESTIONS", 1)
    assert offered("bob") not in page(LIST)


def test_a_hostile_owners_name_stays_text(alice, page):
    alice.username = '"><script>alert(1)</script>'
    alice.save()
    rows.conversation(alice, "hers")
    html = page(f"{LIST}?owner=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert titles(html) == ["hers"]
    assert "<script>alert" not in html


def test_filter_by_what_the_owner_thinks(alice, page):
    for title, rating, comment in (("bad", -1, ""), ("good", 1, ""), ("said", 1, "Because."), ("none", 0, "")):
        message = rows.answered(rows.conversation(alice, title), "Why?")
        message.rate(rating, comment)
    assert titles(page(f"{LIST}?rating=down")) == ["bad"]
    assert titles(page(f"{LIST}?rating=up")) == ["good", "said"]
    assert titles(page(f"{LIST}?rating=commented")) == ["said"]
    assert titles(page(f"{LIST}?rating=bogus")) == []
    html = page(LIST)
    for words in ("With a thumbs down", "With a thumbs up", "With a comment"):
        assert f">{words}</a>" in html


def test_any_answer_counts_for_the_rating_and_a_conversation_is_listed_once(alice, page):
    talk = rows.conversation(alice, "twice")
    first = rows.answered(talk, "Why?")
    for message in (first, rows.answered(talk, "And?", parent=first)):
        message.rate(-1, "No.")
    assert titles(page(f"{LIST}?rating=down")) == titles(page(f"{LIST}?rating=commented")) == ["twice"]


def test_filter_by_archived(alice, page):
    rows.conversation(alice, "away", archived=True)
    rows.conversation(alice, "there")
    assert titles(page(f"{LIST}?archived__exact=1")) == ["away"]


def test_filter_by_source(alice, page):
    rows.conversation(alice, "web one")
    rows.conversation(alice, "api one", source="api")
    assert titles(page(f"{LIST}?source__exact=api")) == ["api one"]


def test_dates_lead_from_years_to_days(alice, page):
    for title, year in (("older", 2025), ("newer", 2026)):
        talk = rows.conversation(alice, title)
        Conversation.objects.filter(pk=talk.pk).update(updated_at=datetime(year, 3, 4, tzinfo=UTC))
    html = page(LIST)
    assert titles(html) == ["newer", "older"]
    assert 'href="?updated_at__year=2025"' in html
    html = page(f"{LIST}?updated_at__year=2025")
    assert titles(html) == ["older"]
