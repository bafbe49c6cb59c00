"""The query behind the list of conversations, and its search."""

from datetime import timedelta

import pytest

from chat.models import Conversation, Generation
from chat.review.listing import SEARCH_WORDS, listed, matching
from tests.review import rows

pytestmark = pytest.mark.django_db


def test_the_newest_generation_tells_model_and_outcome(talk):
    first = rows.answered(talk, "Why?", model="old")
    rows.answered_again(talk, first, "Cut", end="length", model="new")
    row = listed(Conversation.objects.all()).get()
    assert (row.message_count, row.latest_model, row.latest_outcome) == (3, "new", "length")
    Generation.objects.filter(model="new").update(started_at=rows.START - timedelta(days=1))
    assert listed(Conversation.objects.all()).get().latest_model == "old", "it is the time that counts"


def test_a_conversation_without_answers_is_listed_too(talk):
    row = listed(Conversation.objects.all()).get()
    assert (row.message_count, row.latest_model, row.latest_outcome) == (0, None, None)


@pytest.fixture
def rivers(alice):
    talk = rows.conversation(alice, "Rivers")
    first = rows.answered(talk, "Why do they meander?", "Erosion, 100% of it.", reasoning="Think of bends")
    rows.answered_again(talk, first, "Übung macht den Meister.")
    return talk


@pytest.mark.parametrize(
    "search",
    [
        "rivers",
        "ALICE",
        "meander",
        "bends",
        "erosion",
        "rivers meander alice",  # each word somewhere else
        '"of it"',
        "'do they'",
        "100%",
        "übung",
        "ÜBUNG",
        "",
    ],
)
def test_search_finds_in_title_owner_messages_and_reasoning(rivers, search):
    assert list(matching(Conversation.objects.all(), search)) == [rivers]


@pytest.mark.parametrize("search", ["seas", "bob", "rivers seas", '"they do"', "1__%", "'", '"'])
def test_search_finds_nothing_where_nothing_is(rivers, search):
    assert not matching(Conversation.objects.all(), search).exists()


def test_search_with_very_many_words_is_answered(rivers):
    assert matching(Conversation.objects.all(), "rivers " * 3000).exists()
    assert not matching(Conversation.objects.all(), "rivers " * (SEARCH_WORDS - 1) + "seas").exists()
