import sqlite3
import time
from contextlib import closing, contextmanager
from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import DatabaseError, connection, connections
from django.db.models import F
from django.db.models.functions import Now

from chat.models import Conversation
from chat.models.conversation import AHEAD, REGRET, SIGN
from chat.relay.chores import forget_conversations
from chat.transfer import arrival as arriving
from chat.transfer.arrival import Arrival, Later
from chat.transfer.storing import Rows
from tests.support.rows import sqlite_only
from tests.transfer.rows import converse
from tests.transfer.test_storing import said, story

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(arriving, "PAUSE", 0)


def bring(arrival, owner, *titles):
    with arrival.piece() as hidden:
        Conversation.objects.bulk_create(Conversation(owner=owner, title=title, deleted_at=hidden) for title in titles)


def break_down(arrival):
    with pytest.raises(ZeroDivisionError), arrival:
        raise ZeroDivisionError


def refused(arrival, count):
    with pytest.raises(Later), arrival:
        arrival.reveal(count)


def titles(conversations):
    return sorted(conversations.values_list("title", flat=True))


def visible(owner):
    return titles(Conversation.objects.for_user(owner))


def test_all_of_it_is_seen_at_once(alice):
    with Arrival(alice) as arrival:
        for title in "abc":
            bring(arrival, alice, title)
            assert visible(alice) == []
            assert not Conversation.objects.deleted_by(alice).exists()
            assert not Conversation.objects.forgotten().exists()
        arrival.reveal(3)
    assert visible(alice) == ["a", "b", "c"]


def test_what_else_is_on_its_way_stays_hidden(alice, bob):
    with Arrival(alice) as one, Arrival(alice) as other, Arrival(bob) as bobs:
        bring(one, alice, "one")
        bring(other, alice, "other")
        bring(bobs, bob, "bob's")
        one.reveal(1)
        assert titles(Conversation.objects.filter(deleted_at=None)) == ["one"]
        other.reveal(1)
        bobs.reveal(1)
    assert visible(alice) == ["one", "other"]


def test_an_error_leaves_what_is_removed_like_everything_that_was_deleted(alice):
    arrival = Arrival(alice)
    bring(arrival, alice, "half")
    break_down(arrival)
    assert titles(Conversation.objects.forgotten()) == ["half"]
    assert not Conversation.objects.deleted_by(alice).exists()
    assert not forget_conversations()
    assert not Conversation.objects.exists()


def test_whoever_dies_half_way_is_noticed_after_a_while(alice):
    bring(Arrival(alice), alice, "half")
    assert not Conversation.objects.forgotten().exists()
    Conversation.objects.update(deleted_at=Now() + AHEAD - SIGN - timedelta(seconds=1))
    assert titles(Conversation.objects.forgotten()) == ["half"]
    assert not Conversation.objects.arrived().exists()


def test_an_error_that_takes_the_database_along_is_told_as_what_it_was(alice, monkeypatch):
    def away():
        raise DatabaseError("away")

    arrival = Arrival(alice)
    monkeypatch.setattr(arrival, "_mine", away)
    break_down(arrival)


def grow_old(arrival, by):
    arrival._moment -= by
    Conversation.objects.filter(deleted_at__gt=Now() + AHEAD / 2).update(deleted_at=arrival._moment)


def test_signs_of_life_are_given_now_and_then(alice, monkeypatch):
    with Arrival(alice) as arrival:
        bring(arrival, alice, "a")
        grow_old(arrival, SIGN * 0.9)
        monkeypatch.setattr(arriving, "SIGNS", 0)
        bring(arrival, alice, "b")
        moments = set(Conversation.objects.values_list("deleted_at", flat=True))
        assert moments == {arrival._moment}
        grow_old(arrival, SIGN * 0.9)
        assert not Conversation.objects.forgotten().exists()
        arrival.reveal(2)
    assert visible(alice) == ["a", "b"]


@pytest.mark.parametrize("signs", [0, 1_000])
def test_after_too_long_a_silence_nothing_is_seen_for_some_may_be_removed(alice, monkeypatch, signs):
    monkeypatch.setattr(arriving, "SIGNS", signs)
    arrival = Arrival(alice)
    bring(arrival, alice, "a")
    grow_old(arrival, SIGN + timedelta(seconds=2))
    bring(arrival, alice, "b")
    refused(arrival, 2)
    assert visible(alice) == []
    assert titles(Conversation.objects.forgotten()) == ["a", "b"]


# What comes back


@pytest.fixture
def deleted(alice):
    conversation = converse(alice, "deleted")
    conversation.discard()
    return conversation


def age(conversation, by):
    Conversation.objects.filter(pk=conversation.pk).update(deleted_at=Now() - by)


def test_what_was_deleted_comes_back_with_the_rest(alice, deleted):
    with Arrival(alice, {deleted.pk}) as arrival:
        bring(arrival, alice, "a")
        assert list(Conversation.objects.deleted_by(alice)) == [deleted]
        arrival.reveal(1)
    assert visible(alice) == ["a", "deleted"]


def test_what_is_to_come_back_is_kept_from_being_forgotten(alice, deleted, monkeypatch):
    monkeypatch.setattr(arriving, "SIGNS", 0)
    with Arrival(alice, {deleted.pk}) as arrival:
        for _ in range(3):
            bring(arrival, alice, "a")
            Conversation.objects.filter(pk=deleted.pk).update(deleted_at=F("deleted_at") - REGRET * 0.9)
        arrival.reveal(3)
    assert "deleted" in visible(alice)


def test_what_was_to_come_back_can_still_be_brought_back_after_an_error(alice, deleted):
    break_down(Arrival(alice, {deleted.pk}))
    deleted.restore()
    assert visible(alice) == ["deleted"]


def test_what_its_owner_brought_back_meanwhile_is_there(alice, deleted):
    with Arrival(alice, {deleted.pk}) as arrival:
        bring(arrival, alice, "a")
        deleted.restore()
        arrival.reveal(1)
    assert visible(alice) == ["a", "deleted"]


def test_what_was_forgotten_meanwhile_is_left_alone_and_so_is_the_rest(alice, deleted):
    arrival = Arrival(alice, {deleted.pk})
    bring(arrival, alice, "a")
    age(deleted, REGRET + timedelta(seconds=1))
    refused(arrival, 1)
    assert visible(alice) == []
    assert titles(Conversation.objects.forgotten()) == ["a", "deleted"]


# Others, meanwhile


@contextmanager
def somebody_writes():
    """Another connection writes again and again. Yields the seconds for which each of its writes had to wait."""
    over, waits = Event(), []
    path = connection.settings_dict["NAME"]

    def work():
        with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as other:
            while not over.wait(0.02):
                begun = time.monotonic()
                other.execute("UPDATE chat_conversation SET pinned = 1 WHERE title = 'theirs'")
                waits.append(time.monotonic() - begun)

    thread = Thread(target=work)
    thread.start()
    try:
        yield waits
    finally:
        over.set()
        thread.join(60)
        connections.close_all()


@sqlite_only
@pytest.mark.django_db(transaction=True)
def test_others_write_while_a_large_import_is_stored(alice, monkeypatch):
    monkeypatch.undo()
    asked_and_answered = [
        said(str(number), str(number - 1) if number else None, ["user", "assistant"][number % 2])
        for number in range(100)
    ]
    talks = [story(*asked_and_answered, key=str(number)) for number in range(100)]
    begun = time.monotonic()
    with somebody_writes() as waits, Arrival(alice) as arrival:
        rows = Rows(alice, arrival)
        for talk in talks:
            rows.add(talk)
        rows.write()
        arrival.reveal(rows.conversations)
    took = time.monotonic() - begun
    assert len(visible(alice)) == 100
    # As one transaction it took 3 s, all of which they waited. On a machine with much else to do all takes longer.
    assert max(waits) < max(1.5, took / 4)
