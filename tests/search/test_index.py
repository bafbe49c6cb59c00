import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection, connections

from chat.models import Conversation, Message, Passage
from chat.search import engine, index
from chat.search.index import catch_up
from chat.search.pieces import PIECE
from chat.search.query import QUERY_CHARS, Query
from chat.search.words import words
from tests.fixtures.naughty import NAUGHTY, kept
from tests.support.rows import begin, sqlite_only

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(alice):
    return Conversation.objects.create(owner=alice, title="Rivers")


def say(conversation, text, **fields):
    return Message.objects.create(conversation=conversation, role=Message.Role.USER, content=text, **fields)


def stored(message):
    """The words of a message's passages, without the mark of its owner."""
    return [passage.words.split()[1:] for passage in message.passages.order_by("position")]


def index_has(owner, word):
    return len(engine.newest(owner.pk, Query.of(word), 100))


def test_what_was_said_can_be_found_afterwards(conversation, alice):
    message = say(conversation, "Why do rivers meander?")
    assert not index_has(alice, "meander")
    assert catch_up() == 1
    message.refresh_from_db()
    assert message.indexed
    assert stored(message) == [["why", "do", "rivers", "meander"]]
    assert index_has(alice, "meander") == 1
    assert catch_up() == 0


def test_an_answer_is_left_until_it_has_ended(alice):
    generation = begin(alice, "Why?")
    assert catch_up() == 1  # the question
    generation.checkpoint("Because wat", "")
    assert catch_up() == 0
    generation.complete("Because water", "hidden thoughts")
    assert catch_up() == 1
    assert stored(generation.message) == [["because", "water"]]


def test_every_end_of_an_answer_is_an_end(alice):
    for verb in ("cancel", "truncate", "fail", "interrupt"):
        getattr(begin(alice), verb)("Half an answer", "")
    assert catch_up() == 8
    assert index_has(alice, "half") == 4


def test_what_has_no_words_is_not_looked_at_again(conversation):
    say(conversation, "?!… 🌊")
    say(conversation, "")
    assert catch_up() == 2
    assert not Passage.objects.exists()
    assert catch_up() == 0


def test_a_long_message_has_several_passages_each_where_it_begins(conversation):
    message = say(conversation, "rain falls. " * 1_000)
    catch_up()
    passages = list(message.passages.order_by("position"))
    assert len(passages) == 4
    assert [passage.words.split()[1:] for passage in passages] == [
        words(message.content[start : start + len("rain falls. ") * 333])
        for start in [passage.position for passage in passages]
    ]
    assert sum(len(found) for found in stored(message)) == 2_000


def everything():
    steps = 0
    while catch_up():
        steps += 1
    return steps


def test_a_long_message_takes_several_transactions_and_no_piece_is_lost(conversation, monkeypatch):
    monkeypatch.setattr(index, "BATCH_CHARS", 3 * PIECE)
    texts = ["before", "rain falls. " * 4_000 + "??? " * 4_000 + "the end", "behind"]
    messages = [say(conversation, text, created_at=NOON + timedelta(hours=at)) for at, text in enumerate(texts)]
    written = []
    while catch_up():
        written.append(Passage.objects.count() - sum(written))
    assert max(written) <= 5  # pieces end where words do
    assert len(written) > 4
    for message in messages:
        assert [word for piece in stored(message) for word in piece] == words(message.content)
    order = list(Passage.objects.order_by("pk").values_list("message_id", flat=True))
    assert list(dict.fromkeys(order)) == [message.pk for message in messages]
    assert not Message.objects.filter(indexed=False).exists()


def test_what_has_many_characters_and_no_word_is_done_with_at_once(conversation, monkeypatch):
    monkeypatch.setattr(index, "BATCH_CHARS", PIECE)
    say(conversation, "??? " * 10 * PIECE)
    assert everything() == 1


def test_short_messages_are_taken_together_as_far_as_their_characters_allow(conversation, monkeypatch):
    monkeypatch.setattr(index, "BATCH_CHARS", 1_000)
    for _ in range(5):
        say(conversation, "word " * 100)
    assert [catch_up(), catch_up(), catch_up(), catch_up()] == [2, 2, 1, 0]


@pytest.mark.django_db(transaction=True)
def test_words_are_found_before_the_database_is_held(alice, monkeypatch):
    """On SQLite nobody else writes while a transaction is open."""
    held = []

    def noted(text):
        held.append(connection.in_atomic_block)
        return words(text)

    monkeypatch.setattr(index, "words", noted)
    say(Conversation.objects.create(owner=alice, title="Rivers"), "rain")
    assert catch_up() == 1
    assert held == [False]


def test_a_message_that_is_removed_while_it_is_read_costs_nothing(conversation):
    gone, stays = say(conversation, "gone"), say(conversation, "stays")
    keys = [gone.pk, stays.pk]
    found = index._passages(keys)
    gone.delete()
    index._store(keys, *found)
    assert [passage.message_id for passage in Passage.objects.all()] == [stays.pk]


def test_the_limit_is_kept_and_the_oldest_come_first(conversation):
    said = [say(conversation, f"word{number}", created_at=NOON - timedelta(hours=number)) for number in range(5)][::-1]
    assert catch_up(limit=3) == 3
    assert [bool(stored(message)) for message in said] == [True, True, True, False, False]
    assert catch_up(limit=3) == 2
    assert catch_up(limit=3) == 0
    assert [passage.message_id for passage in Passage.objects.order_by("pk")] == [message.pk for message in said]


def test_what_is_removed_falls_out_of_the_index(conversation, alice):
    say(conversation, "meander")
    kept_one = say(Conversation.objects.create(owner=alice, title="Other"), "meander too")
    catch_up()
    assert index_has(alice, "meander") == 2
    conversation.delete()
    assert index_has(alice, "meander") == 1
    kept_one.delete()
    assert index_has(alice, "meander") == 0


def test_a_passage_that_is_written_anew_is_found_by_its_new_words_only(conversation, alice):
    say(conversation, "meander")
    catch_up()
    Passage.objects.update(words=f"{index.owner_mark(alice.pk)} delta")
    assert (index_has(alice, "meander"), index_has(alice, "delta")) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_of_processes_that_catch_up_at_once_each_message_has_its_passages_once(alice, monkeypatch):
    conversation = Conversation.objects.create(owner=alice, title="Rivers")
    for number in range(30):
        say(conversation, f"word{number}", id=uuid.UUID(int=number))
    at_once = Barrier(4)

    def work(_):
        at_once.wait(10)
        try:
            while catch_up():
                pass
        finally:
            connections.close_all()

    long = say(conversation, "rain falls. " * 1_000)
    monkeypatch.setattr(index, "BATCH_CHARS", PIECE)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert Passage.objects.count() == 34
    assert long.passages.count() == 4
    assert not Message.objects.filter(indexed=False).exists()


def test_hostile_text_is_found_by_its_own_words(conversation, alice, subtests):
    for name, naughty in NAUGHTY:
        with subtests.test(name):
            message = say(conversation, kept(naughty))
            assert catch_up() == 1
            if len(naughty) <= PIECE:
                assert [word for piece in stored(message) for word in piece] == words(message.content)
            if words(message.content[:QUERY_CHARS]):
                assert index_has(alice, message.content)


@sqlite_only
def test_the_index_holds_exactly_the_passages(conversation):
    for text in ("rain", "rivers", "water " * 2_000):
        say(conversation, text)
    catch_up()
    Message.objects.filter(content="rivers").delete()
    with connection.cursor() as cursor:  # raises where it does not; https://www.sqlite.org/fts5.html
        cursor.execute("INSERT INTO chat_passage_words(chat_passage_words, rank) VALUES('integrity-check', 1)")
