from datetime import UTC, datetime, timedelta

import pytest

from chat.models import Conversation, Message
from chat.search import find as finding
from chat.search.find import FIRST_TITLES, PAGE, find
from chat.search.index import catch_up
from chat.search.query import Query
from tests.fixtures.naughty import NAUGHTY, kept

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def converse(owner, title, *texts, minute=0, **fields):
    """A conversation in which each message is a minute younger than the one before."""
    conversation = Conversation.objects.create(
        owner=owner, title=title, updated_at=NOON + timedelta(minutes=minute), **fields
    )
    parent = None
    for number, text in enumerate(texts):
        parent = conversation.messages.create(
            role=[Message.Role.USER, Message.Role.ASSISTANT][number % 2],
            parent=parent,
            content=text,
            created_at=NOON + timedelta(minutes=minute + number),
        )
    return conversation


def look(owner, text, page=1):
    while catch_up():
        pass
    return find(owner, Query.of(text), page)


def places(results):
    """What was found: the titles of conversations, and messages as they are shown."""
    return [plain(place.snippet if place.message else place.title) for place in results.found]


def plain(parts):
    return "".join(part.text for part in parts)


def hits(parts):
    return [part.text for part in parts if part.hit]


def test_a_message_is_found_with_all_that_leads_to_it(alice):
    conversation = converse(alice, "Water", "Why do rivers meander?", "Because water erodes.")
    [place] = look(alice, "river").found
    assert place.conversation == conversation.pk
    assert place.message == conversation.messages.get(role="user").pk
    assert (plain(place.title), place.role, place.created) == ("Water", "user", NOON)
    assert plain(place.snippet) == "Why do rivers meander?"
    assert hits(place.snippet) == ["rivers"]


def test_the_newest_come_first(alice):
    converse(alice, "a", "rain one", "rain two", minute=5)
    converse(alice, "b", "rain three", minute=0)
    converse(alice, "c", "rain four", minute=9)
    assert places(look(alice, "rain")) == ["rain four", "rain two", "rain one", "rain three"]


def test_conversations_called_so_stand_before_what_was_said(alice):
    converse(alice, "Old rivers", "unrelated", minute=0)
    converse(alice, "b", "all rivers", minute=9)
    [title, message] = look(alice, "rivers").found
    assert (title.message, title.role, hits(title.title), plain(title.snippet)) == (None, "", ["rivers"], "unrelated")
    assert plain(message.snippet) == "all rivers"


def test_further_titles_stand_where_their_date_belongs(alice):
    for minute in range(FIRST_TITLES + 2):
        converse(alice, f"Rain {minute}", minute=minute * 10)
    converse(alice, "b", "rain in between", minute=5)
    first = [f"Rain {minute}" for minute in reversed(range(2, FIRST_TITLES + 2))]
    assert places(look(alice, "rain")) == [*first, "Rain 1", "rain in between", "Rain 0"]


def test_a_message_is_listed_once_where_it_first_matches(alice):
    converse(alice, "a", "filler words " * 400 + "the source " + "more filler " * 400 + "the source again " * 500)
    [place] = look(alice, "source").found
    assert hits(place.snippet) == ["source"]
    assert "filler words the source more filler" in plain(place.snippet)


def test_what_stands_deep_in_a_long_message_is_shown(alice):
    converse(alice, "a", "𝕬 😀 é ü " * 1_000 + "the mouth of it " + "words " * 1_000)
    [place] = look(alice, "mouth").found
    assert hits(place.snippet) == ["mouth"]


def test_all_words_must_be_there_and_the_last_may_go_on(alice):
    converse(alice, "a", "Rivers carry rain", "Rain and snow")
    assert places(look(alice, "rain riv")) == ["Rivers carry rain"]
    assert places(look(alice, "riv rain")) == []
    assert places(look(alice, "RÄIN")) == ["Rain and snow", "Rivers carry rain"]


def test_scripts_without_blanks_are_found_as_phrases(alice):
    converse(alice, "江河", "在中国的江河", "国中有江")
    assert places(look(alice, "中国")) == ["在中国的江河"]
    assert places(look(alice, "江河")) == ["江河", "在中国的江河"]


def test_only_ones_own_is_found(alice, bob):
    converse(bob, "Rivers of bob", "rivers")
    assert look(alice, "rivers").found == []
    assert len(look(bob, "rivers").found) == 2


def test_the_archived_is_found_and_the_deleted_is_not(alice):
    converse(alice, "Archived rivers", "rivers", archived=True)
    gone = converse(alice, "Deleted rivers", "rivers")
    assert len(look(alice, "rivers").found) == 4
    Conversation.objects.filter(pk=gone.pk).update(deleted_at=NOON)
    assert [plain(place.title) for place in look(alice, "rivers").found] == ["Archived rivers"] * 2
    Conversation.objects.filter(pk=gone.pk).update(deleted_at=None)
    assert len(look(alice, "rivers").found) == 4


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        ("Élan vital", "elan"),
        ("elan", "élan"),
        ("STRAẞE", "strasse"),
        ("50% of_it \\ off", "of it"),
        ("ﬁnal", "final"),
        ("Plain", "PLAIN"),
        ("İstanbul", "istanbul"),
    ],
)
def test_titles_are_compared_as_messages_are(alice, title, asked):
    converse(alice, title, title)
    assert len(look(alice, asked).found) == 2


@pytest.mark.parametrize("asked", ["%", "_", "of%it", "50_"])
def test_what_is_a_wildcard_elsewhere_is_none_here(alice, asked):
    converse(alice, "Nothing of the kind")
    assert look(alice, asked).found == []


def test_pages_follow_one_another(alice):
    converse(alice, "a", *(f"rain {number}" for number in range(PAGE + 1)))
    first, second, third = (look(alice, "rain", page) for page in (1, 2, 3))
    assert (len(first.found), first.more, first.page) == (PAGE, True, 1)
    assert (places(second), second.more, second.page) == (["rain 0"], False, 2)
    assert (third.found, third.more) == ([], False)


def test_a_full_page_that_is_the_last_one_says_so(alice):
    converse(alice, "a", *(f"rain {number}" for number in range(PAGE)))
    assert not look(alice, "rain").more


def test_of_a_word_that_is_everywhere_the_latest_are_sorted(alice, monkeypatch):
    monkeypatch.setattr(finding, "REACH", 3)
    converse(alice, "a", *(f"rain {number}" for number in range(5)))
    results = look(alice, "rain")
    assert places(results) == ["rain 4", "rain 3", "rain 2"]
    assert results.beyond
    assert not look(alice, "1").beyond


def test_without_a_word_nothing_is_found(alice):
    converse(alice, "a", "rain")
    assert look(alice, '"*"') == find(alice, Query.of("")) == ([], 1, False, False)


def test_a_title_without_letters_and_a_message_without_a_title_do_no_harm(alice):
    converse(alice, "", "rain")
    [place] = look(alice, "rain").found
    assert place.title == []


def test_hostile_text_is_found_and_shown_to_the_letter(alice, subtests):
    for name, naughty in NAUGHTY:
        with subtests.test(name):
            text = kept(naughty)
            converse(alice, text[:200], text)
            for place in look(alice, text).found:
                shown = plain(place.snippet).removeprefix("…").removesuffix("…")
                assert shown in "".join(" " if character.isspace() else character for character in text)
            Conversation.objects.all().delete()
