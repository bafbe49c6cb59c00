import importlib
import random

import pytest
from django.db import connection

from chat.models import Conversation, Message, Passage
from chat.search import engine
from chat.search.index import catch_up, owner_mark
from chat.search.query import Query
from chat.search.words import words
from tests.fixtures.naughty import NAUGHTY

pytestmark = pytest.mark.django_db

SAID = [
    "Rivers meander because water erodes the outer bank.",
    "Rain falls on the river, and the river rises.",
    "Ein Fluß fließt: Élan, Straße, ÜBER.",
    "在中国的江河，长江很长。",
    "国中有江",
    "東京タワーはとても高いです。がき",
    "1e5 0x1F 3.14 -12 +7 1,000 12:30 2026-01-01 v1.2.3",
    "mail@example.org https://example.org/a_b/c-d?e=f&g user_name snake_case",
    "السَّلَامُ عَلَيْكُمْ שָׁלוֹם हिन्दी བོད་ཡིག น้ำไหล 한국어",
    "İstanbul ıI ﬁne ½ ① ｆｕｌｌ 𝕬𝖇𝖈 ǅ ŉ",
    "C++ and C# and .NET; don't, won’t; naïve façade",
    "a an and any ands",
]


def say(owner, *texts):
    conversation = Conversation.objects.create(owner=owner, title="x")
    for text in texts:
        conversation.messages.create(role=Message.Role.USER, content=text)
    while catch_up():
        pass


def texts(keys):
    return [passage.message.content for passage in Passage.objects.filter(pk__in=keys).select_related("message")]


def found(owner, asked):
    return set(texts(engine.newest(owner.pk, Query.of(asked), 100)))


def queries():
    """Every word there is, beginnings, pairs, and pieces of the texts as they stand."""
    spelled = sorted({word for text in SAID for word in text.split()})
    drawn = random.Random(2026)  # noqa: S311  the same queries each time
    yield from spelled
    yield from (word[:2] for word in spelled)
    yield from (f"{drawn.choice(spelled)} {drawn.choice(spelled)}" for _ in range(100))
    yield from (text[(at := drawn.randrange(len(text))) : at + 9] for text in SAID * 10)


def test_the_index_of_either_database_agrees_with_the_words_themselves(alice):
    say(alice, *SAID)
    for asked in queries():
        query = Query.of(asked)
        expected = {text for text in SAID if query.terms and query.matches(words(text))}
        assert (found(alice, asked) if query.terms else set()) == expected, asked


def test_no_query_means_more_than_its_words(alice, bob, subtests):
    say(bob, "everything that a stranger said")
    say(alice, "nothing of it")
    for name, naughty in NAUGHTY:
        with subtests.test(name):
            query = Query.of(naughty)
            if query.terms:
                assert found(alice, naughty) == ({"nothing of it"} if query.matches(["nothing", "of", "it"]) else set())


def test_two_hundred_words_may_be_asked_for(alice):
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 200)))
    say(alice, text, text[:-1])
    assert found(alice, text) == {text}
    letters = " ".join("abcdefghijklmnopqrstuvwxyz0123456789" * 3)[:200]
    say(alice, letters)
    assert found(alice, letters) == {letters}


def test_a_phrase_may_come_more_often_than_an_index_counts(alice):
    say(alice, "哈" * 1_000 + "呼")
    assert found(alice, "哈呼")
    assert not found(alice, "呼哈")


def test_the_mark_of_an_owner_cannot_be_typed(alice, bob):
    say(bob, "a secret")
    assert not Query.of(owner_mark(bob.pk)).matches([owner_mark(bob.pk)])
    assert found(alice, owner_mark(bob.pk)) == set()


def test_those_stored_last_come_first(alice):
    say(alice, *(f"rain {number}" for number in range(5)))
    assert engine.newest(alice.pk, Query.of("rain"), 3) == list(
        Passage.objects.order_by("-pk").values_list("pk", flat=True)[:3]
    )


@pytest.mark.django_db(transaction=True)
def test_the_index_can_be_taken_away_and_made_again(alice):
    migration = importlib.import_module("chat.migrations.0004_search")
    say(alice, "rivers")
    with connection.schema_editor() as editor:
        migration.unmake(None, editor)
    try:
        Passage.objects.update(words=f"{owner_mark(alice.pk)} rain")
    finally:
        with connection.schema_editor() as editor:
            migration.make(None, editor)
    assert found(alice, "rain") == {"rivers"}
    say(alice, "and water")
    assert found(alice, "water") == {"and water"}
