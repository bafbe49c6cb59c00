"""Asking in a conversation, once and one at a time; what its owner does with it; who sees it."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from chat.models import TITLE_CHARS, Busy, Conversation, Generation, Message, Options, Share, attached, title_from
from chat.models.conversation import AHEAD, REGRET, SIGN
from tests.models.exchanges import answered, ask, stored, text_file

pytestmark = pytest.mark.django_db


# Asking


def test_asking_stores_the_question_and_begins_the_answer(conversation):
    key = uuid.uuid4()
    generation, is_new = conversation.ask(None, "Why?", key, owner_process="here")
    question = conversation.messages.get(role="user")
    assert is_new
    assert (question.content, question.client_id, question.parent) == ("Why?", key, None)
    assert generation.message.parent == question
    assert stored(generation) == ("streaming", "", "")


def test_the_same_client_id_is_the_same_message_whatever_else_is_asked(conversation):
    key = uuid.uuid4()
    first, _ = conversation.ask(None, "Why?", key, owner_process="here")
    again, is_new = conversation.ask(first.message, "Something else", key, owner_process="there")
    assert (again, is_new) == (first, False)
    assert conversation.messages.count() == 2


def test_the_same_client_id_finds_its_own_answer_after_others_were_written(conversation):
    key = uuid.uuid4()
    first = ask(conversation, "Why?", client_id=key)
    first.complete("Because.", "")
    for _ in range(6):
        another, _ = conversation.answer_again(first.message, uuid.uuid4(), owner_process="here")
        another.complete("Because!", "")
    assert conversation.ask(None, "Why?", key, owner_process="here") == (first, False)


def test_asking_while_an_answer_is_under_way_stores_nothing(generation, conversation):
    before = Conversation.objects.values().get(pk=conversation.pk)
    with pytest.raises(Busy):
        ask(conversation, "And?", parent=generation.message)
    assert conversation.messages.count() == 2
    assert Conversation.objects.values().get(pk=conversation.pk) == before


def test_another_answer_is_a_sibling_of_the_first(conversation):
    first = answered(conversation, "Why?", "Because.")
    second, is_new = conversation.answer_again(first, uuid.uuid4(), owner_process="here")
    assert is_new
    assert second.message.parent == first.parent
    assert second.message != first
    assert Message.objects.get(pk=first.pk).content == "Because."


def test_another_answer_is_asked_for_once_per_client_id(conversation):
    first, key = answered(conversation, "Why?"), uuid.uuid4()
    second, _ = conversation.answer_again(first, key, owner_process="here")
    assert conversation.answer_again(first, key, owner_process="here") == (second, False)
    assert conversation.messages.count() == 3


def test_another_answer_while_one_is_under_way_stores_nothing(generation, conversation):
    with pytest.raises(Busy):
        conversation.answer_again(generation.message, uuid.uuid4(), owner_process="here")
    assert conversation.messages.count() == 2


def test_a_question_comes_before_its_answer_in_every_reading(conversation):
    for _ in range(40):
        generation = ask(conversation, "Why?")
        assert [message.role for message in conversation.messages.all()][-2:] == ["user", "assistant"]
        generation.complete("", "")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_ask_at_once_one_is_busy(conversation):
    together = Barrier(2, timeout=10)

    def one(text):
        try:
            together.wait()
            return ask(conversation, text)
        except Busy:
            return None
        finally:
            connection.close()

    for _ in range(10):
        with ThreadPoolExecutor(2) as threads:
            found = [generation for generation in threads.map(one, ["Why?", "How?"]) if generation]
        assert len(found) == 1
        assert Generation.objects.streaming().count() == 1
        found[0].complete("", "")
    assert Message.objects.count() == 20


@pytest.mark.django_db(transaction=True)
def test_of_the_same_send_twice_at_once_one_is_stored(alice):
    key, together = uuid.uuid4(), Barrier(2, timeout=10)

    def one(_):
        try:
            together.wait()
            conversation = Conversation.objects.begun_with(alice, key, "Why?", Options())
            return conversation.ask(None, "Why?", key, owner_process="here")
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        (first, is_new), (second, is_new_too) = threads.map(one, range(2))
    assert first == second
    assert sorted([is_new, is_new_too]) == [False, True]
    assert Message.objects.count() == 2


# Conversations


def test_a_send_begins_one_conversation_however_often_it_comes(alice):
    key = uuid.uuid4()
    first = Conversation.objects.begun_with(alice, key, "Why is the sky blue?", Options())
    assert Conversation.objects.begun_with(alice, key, "Other words", Options("other")) == first
    assert first.title == "Why is the sky blue?"


def test_the_same_client_id_of_another_person_begins_another_conversation(alice, bob):
    key = uuid.uuid4()
    mine, theirs = (Conversation.objects.begun_with(owner, key, "Why?", Options()) for owner in (alice, bob))
    assert mine != theirs
    assert (mine.owner, theirs.owner) == (alice, bob)


def test_people_see_their_own_rows_only(alice, bob, conversation, generation):
    assert list(Conversation.objects.for_user(alice)) == [conversation]
    assert list(Generation.objects.for_user(alice)) == [generation]
    assert not Conversation.objects.for_user(bob).exists()
    assert not Generation.objects.for_user(bob).exists()


def test_recent_is_newest_first_and_says_what_is_generating(alice):
    old, new = (Conversation.objects.create(owner=alice, title=title) for title in ("old", "new"))
    Conversation.objects.filter(pk=old.pk).update(updated_at=Now() - timedelta(hours=1))
    generation = ask(new, "Why?")
    assert [(c.title, c.generating) for c in Conversation.objects.recent()] == [("new", True), ("old", False)]
    generation.complete("", "")
    assert not any(c.generating for c in Conversation.objects.recent())


# Titles


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Why?", "Why?"),
        ("  two\n lines\t here ", "two lines here"),
        ("word " * 30, "word " * 11 + "word…"),
        ("x" * 61, "x" * 60 + "…"),
        ("one two, " * 10, "one two, one two, one two, one two, one two, one two, one…"),
        ("x" * 60, "x" * 60),
        ("👋" * 100, "👋" * 60 + "…"),
    ],
)
def test_a_title_is_the_first_words_on_one_line(text, title):
    assert title_from(text) == title
    assert len(title_from(text)) <= TITLE_CHARS + 1


# Going on with an answer that was cut


def cut(conversation, content="Bec", reasoning="Hm"):
    """An answer that was stopped, as the database has it."""
    generation = ask(conversation, "Why?")
    generation.cancel(content, reasoning, runs=[len(reasoning), len(content)])
    return Message.objects.get(pk=generation.message_id)


def test_going_on_begins_beside_the_answer_with_its_text(conversation):
    before = cut(conversation)
    generation, is_new = conversation.go_on(before, uuid.uuid4(), owner_process="here")
    assert is_new
    assert stored(generation) == ("streaming", "Bec", "Hm")
    row = Generation.objects.get(pk=generation.pk)
    assert (row.message.parent, row.continues) == (before.parent, before)
    assert (row.cursor, row.runs) == (5, [2, 3])
    assert stored(before.generation) == ("cancelled", "Bec", "Hm")


def test_going_on_is_asked_for_once_per_client_id(conversation):
    before, key = cut(conversation), uuid.uuid4()
    first, _ = conversation.go_on(before, key, owner_process="here")
    assert conversation.go_on(before, key, owner_process="here") == (first, False)
    assert conversation.messages.count() == 3


def test_going_on_while_another_answer_is_under_way_stores_nothing(conversation):
    before = cut(conversation)
    ask(conversation, "And?", parent=before)
    with pytest.raises(Busy):
        conversation.go_on(before, uuid.uuid4(), owner_process="here")
    assert conversation.messages.count() == 4


def test_the_text_that_was_gone_on_from_is_kept_though_nothing_comes(conversation):
    generation, _ = conversation.go_on(cut(conversation), uuid.uuid4(), owner_process="here")
    generation.fail("", "", error_code="lost")
    assert stored(generation) == ("failed", "Bec", "Hm")


# What its owner does with it


def at(conversation):
    """Its place in the list."""
    return list(Conversation.objects.for_user(conversation.owner).recent()).index(conversation)


@pytest.fixture
def above(conversation, alice):
    """Another one, above it in the list."""
    Conversation.objects.filter(pk=conversation.pk).update(updated_at=Now() - timedelta(hours=1))
    return Conversation.objects.create(owner=alice, title="newer")


OPTIONS = Options("poet", "Rhyme.", 0.5, 100)


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        (lambda found: found.rename("The sky"), {"title": "The sky", "titled_by": "person"}),
        (lambda found: found.pin(True), {"pinned": True}),
        (lambda found: found.archive(True), {"archived": True}),
        (
            lambda found: found.configure(OPTIONS),
            {"model": "poet", "system_prompt": "Rhyme.", "parameters": {"temperature": 0.5, "max_tokens": 100}},
        ),
    ],
    ids=["rename", "pin", "archive", "configure"],
)
def test_a_change_is_stored_and_moves_nothing_in_the_list(conversation, above, change, fields):
    before = Conversation.objects.values().get(pk=conversation.pk)
    for _ in range(2):
        change(conversation)
        assert Conversation.objects.values().get(pk=conversation.pk) == {**before, **fields}
    assert (at(above), at(conversation)) == (0, 1)


def test_a_conversation_begins_with_its_options_and_gives_them_back(alice):
    begun = Conversation.objects.begun_with(alice, uuid.uuid4(), "Why?", OPTIONS)
    assert Conversation.objects.get(pk=begun.pk).options == OPTIONS


def test_what_was_asked_for_can_be_left_to_the_upstream_again(conversation):
    conversation.configure(OPTIONS)
    conversation.configure(Options())
    conversation.refresh_from_db()
    assert (conversation.options, conversation.parameters) == (Options(), {})


# Deleting, with regret


def test_a_discarded_conversation_is_gone_for_everybody_and_all_of_it_is_there(conversation, generation, alice):
    Share.of(generation.message)
    conversation.discard()
    assert not Conversation.objects.for_user(alice).exists()
    assert not Generation.objects.for_user(alice).exists()
    assert not Share.objects.for_user(alice).exists()
    assert not Share.objects.open().exists()
    assert conversation.messages.count() == 2


def test_an_answer_under_way_in_a_discarded_conversation_is_asked_to_end(conversation, generation):
    conversation.discard()
    assert Generation.objects.get(pk=generation.pk).cancel_requested_at
    assert not generation.checkpoint("Hello", "")


def test_a_restored_conversation_is_as_before_and_where_it_was(conversation, above, alice):
    before = Conversation.objects.values().get(pk=conversation.pk)
    conversation.discard()
    assert list(Conversation.objects.deleted_by(alice)) == [conversation]
    conversation.restore()
    assert Conversation.objects.values().get(pk=conversation.pk) == before
    assert (at(above), at(conversation)) == (0, 1)
    assert not Conversation.objects.deleted_by(alice).exists()


def test_what_is_forgotten_is_found_and_restored_by_nobody(conversation, alice):
    conversation.discard()
    Conversation.objects.filter(pk=conversation.pk).update(deleted_at=Now() - REGRET - timedelta(seconds=1))
    assert not Conversation.objects.deleted_by(alice).exists()
    conversation.restore()
    assert list(Conversation.objects.forgotten()) == [conversation]


def test_what_is_on_its_way_in_is_seen_restored_and_removed_by_nobody(conversation, alice):
    assert list(Conversation.objects.arrived()) == [conversation]
    Conversation.objects.update(deleted_at=Now() + AHEAD)
    for find in (Conversation.objects.for_user, Conversation.objects.deleted_by):
        assert not find(alice).exists()
    for find in (Conversation.objects.arrived, Conversation.objects.forgotten):
        assert not find().exists()
    conversation.restore()
    assert list(Conversation.objects.arriving()) == [conversation]


def test_what_was_on_its_way_in_is_forgotten_without_a_sign_of_life(conversation):
    Conversation.objects.update(deleted_at=Now() + AHEAD - SIGN - timedelta(seconds=1))
    conversation.restore()
    assert not Conversation.objects.arriving().exists()
    assert not Conversation.objects.arrived().exists()
    assert list(Conversation.objects.forgotten()) == [conversation]


def test_what_is_deleted_is_there_for_who_asks_for_all_that_arrived(conversation):
    conversation.discard()
    assert list(Conversation.objects.arrived()) == [conversation]
    Conversation.objects.update(deleted_at=Now() - timedelta(days=1))
    assert list(Conversation.objects.arrived()) == [conversation]


def test_only_who_owned_it_finds_what_was_deleted(conversation, bob):
    conversation.discard()
    assert not Conversation.objects.deleted_by(bob).exists()


def test_a_conversation_is_forgotten_when_the_time_for_regret_is_over_and_not_before(conversation, alice):
    kept, fresh = (Conversation.objects.create(owner=alice, title=title) for title in ("kept", "fresh"))
    conversation.discard()
    fresh.discard()
    assert not Conversation.objects.forgotten().exists()
    Conversation.objects.filter(pk=conversation.pk).update(deleted_at=Now() - REGRET - timedelta(seconds=1))
    assert list(Conversation.objects.forgotten()) == [conversation]
    assert list(Conversation.objects.for_user(alice)) == [kept]


def test_nothing_begins_in_a_conversation_that_was_discarded_meanwhile(conversation):
    first = answered(conversation, "Why?")
    conversation.discard()
    for begin in (
        lambda: ask(conversation, "And?", parent=first),
        lambda: conversation.answer_again(first, uuid.uuid4(), owner_process="here"),
        lambda: conversation.go_on(first, uuid.uuid4(), owner_process="here"),
    ):
        with pytest.raises(Conversation.DoesNotExist):
            begin()
    assert conversation.messages.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_a_send_and_a_deletion_at_once_no_answer_stays_under_way(alice):
    """Whichever comes first: the send finds it gone, or its answer is asked to end."""
    together = Barrier(2, timeout=10)

    def send(conversation):
        try:
            together.wait()
            ask(conversation, "Why?")
        except Conversation.DoesNotExist:
            pass
        finally:
            connection.close()

    def delete(conversation):
        try:
            together.wait()
            conversation.discard()
        finally:
            connection.close()

    for _ in range(10):
        conversation = Conversation.objects.create(owner=alice, title="?")
        with ThreadPoolExecutor(2) as threads:
            for done in [threads.submit(send, conversation), threads.submit(delete, conversation)]:
                done.result()
        assert not Generation.objects.streaming().filter(cancel_requested_at=None).exists()


# Files


def test_a_question_takes_its_files_along_once(conversation, alice):
    key, files = uuid.uuid4(), [text_file(alice), text_file(alice, "more.txt")]
    for _ in range(2):
        conversation.ask(None, "Why?", key, owner_process="here", files=files)
    message = conversation.messages.get(role="user")
    assert attached([message]) == {message.pk: files}


# Summaries


def test_a_summary_is_built_as_documented(conversation, generation):
    Conversation.objects.update(pinned=True)
    found = Conversation.objects.recent().get()
    assert found.summary() == {
        "id": str(conversation.pk),
        "title": "Stars",
        "updated": found.updated_at.isoformat(),
        "generating": True,
        "pinned": True,
        "archived": False,
    }


def test_its_page_hears_of_its_options_and_links_too(conversation):
    conversation.configure(OPTIONS)
    share = Share.of(answered(conversation, "Why?"))
    found = Conversation.objects.recent().get()
    assert found.details() == {
        **found.summary(),
        "options": {"model": "poet", "instructions": "Rhyme.", "temperature": 0.5, "max_tokens": 100},
        "shares": [share.summary()],
    }


def test_a_conversation_names_itself_for_people(conversation):
    assert str(conversation) == "Stars"


# In order


def ahead(conversation, hours=3):
    """An answer of a clock that was ahead, as an import may have brought it in."""
    message = answered(conversation, "1", "one")
    Message.objects.update(created_at=Now() + timedelta(hours=hours))
    message.refresh_from_db()
    return message


def moments(conversation):
    return list(conversation.messages.order_by("created_at").values_list("content", flat=True))


def test_what_is_said_stands_behind_what_it_answers_though_that_is_of_the_future(conversation):
    parent = ahead(conversation)
    answer = answered(conversation, "2", "two", parent=parent)
    assert moments(conversation)[2:] == ["2", "two"]
    assert parent.created_at < answer.parent.created_at < answer.created_at


def test_another_answer_stands_behind_those_that_are_there_already(conversation):
    first = ahead(conversation)
    for begin in (conversation.answer_again, conversation.go_on):
        again, _ = begin(first, uuid.uuid4(), owner_process="here")
        again.complete("one again", "")
        assert conversation.messages.last() == again.message


def test_what_is_said_in_time_has_the_time_of_the_database(conversation):
    answer = answered(conversation, "1", "one")
    assert abs(timezone.now() - answer.created_at) < timedelta(seconds=5)
