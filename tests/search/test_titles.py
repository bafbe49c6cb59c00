import pytest

from chat.models import Conversation
from chat.search.query import Query
from chat.search.titles import titled
from chat.search.words import words
from tests.fixtures.naughty import NAUGHTY, kept

pytestmark = pytest.mark.django_db

ASKED = ["a", "river", "ist", "élan", "ΣΑΣ", "中文", "x y", "1", "ss", "0", "full fi"]


def test_what_the_database_leaves_out_would_not_have_matched(alice):
    texts = [kept(text)[:200] for _, text in NAUGHTY]
    titles = {made.pk: made.title for made in Conversation.objects.bulk_create(_called(alice, texts))}
    mine = Conversation.objects.for_user(alice)
    for asked in [*ASKED, *texts]:
        query = Query.of(asked)
        if query.terms:
            expected = sorted(text for text in texts if query.matches(words(text)))
            assert sorted(titles[key] for key, _ in titled(mine, query)) == expected


def _called(owner, titles):
    return [Conversation(owner=owner, title=title) for title in titles]


def test_titles_spelled_in_ascii_are_compared_in_the_database(alice, django_assert_num_queries):
    Conversation.objects.bulk_create(_called(alice, [f"Rain {number}" for number in range(50)]))
    mine = Conversation.objects.for_user(alice)
    with django_assert_num_queries(1) as asked:
        assert list(titled(mine, Query.of("river"))) == []
    assert "%RIVER%" in asked.captured_queries[0]["sql"].upper()
