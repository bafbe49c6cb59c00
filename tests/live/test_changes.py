"""What changes in messages and conversations: once however often it is said, and never a stranger's."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.db.models.functions import Now

from chat.live import changes, protocol
from chat.models import Conversation, Generation, Message, Options, Passage, Share
from tests.live.on_rows import answered, everything, refused, send

pytestmark = pytest.mark.django_db

# What people write into titles, comments and instructions when they do not mean well.
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; DROP TABLE chat_message; --",
    "{{ 7*7 }} {% debug %} ${7*7} %s %(name)s {0}",
    "\u202eevil\u202c \u2066 Z\u0334\u0310a\u0300l\u035eg\u0489o 👩‍👩‍👧‍👦 \U000e0001 \ufffe",
    "NULL",
    "\\0 \\ud83d \x01\x1b[31m",
    "../../etc/passwd",
    "1e309 -0 NaN",
]


def carry_out(user, kind, *fields):
    return changes.carry_out(user, kind(*fields))


def again(conversation, parent, user):
    """Another exchange below `parent`."""
    return answered(user, "And?", conversation=conversation, parent=parent)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


# Messages


def test_the_version_that_is_chosen_is_chosen_alone(alice):
    first = answered(alice)
    second, third = (again(first.conversation_id, first.message_id, alice) for _ in range(2))
    for generation in (second, third, second, second):
        assert carry_out(alice, protocol.Choose, generation.message.parent_id) == first.conversation_id
        assert Message.objects.get(chosen=True) == generation.message.parent


def test_an_answer_is_rated_and_the_rating_taken_back(alice):
    generation = answered(alice)
    for rating, comment, kept in [(1, "", ""), (-1, "Wrong.", "Wrong."), (-1, "Wrong.", "Wrong."), (0, "Hm.", "")]:
        assert carry_out(alice, protocol.Rate, generation.message_id, rating, comment) == generation.conversation_id
        message = fresh(generation.message)
        assert (message.rating, message.comment) == (rating, kept)


def test_only_answers_are_rated(alice):
    question = answered(alice).message.parent_id
    assert refused(carry_out, alice, protocol.Rate, question, 1)[0] == "not_found"


def test_a_message_is_removed_with_all_below_it_its_links_and_what_finds_it(alice):
    first = answered(alice)
    gone = again(first.conversation_id, first.message_id, alice)
    below = again(first.conversation_id, gone.message_id, alice)
    kept = again(first.conversation_id, first.message_id, alice)
    shares = [Share.of(generation.message) for generation in (first, gone, below, kept)]
    Passage.objects.create(message=below.message, position=0, words="because")
    assert carry_out(alice, protocol.Remove, gone.message_id) == first.conversation_id
    left = {first.message, first.message.parent, gone.message.parent, kept.message, kept.message.parent}
    assert set(Message.objects.all()) == left
    assert set(Generation.objects.all()) == {first, kept}
    assert set(Share.objects.all()) == {shares[0], shares[3]}
    assert not Passage.objects.exists()


def test_a_conversation_whose_first_message_is_removed_is_empty_and_can_be_gone_on_with(alice):
    first = answered(alice)
    carry_out(alice, protocol.Remove, first.message.parent_id)
    assert not Message.objects.exists()
    assert send(alice, "Again", first.conversation_id).is_new


def test_what_was_removed_is_missing_from_then_on(alice):
    first = answered(alice)
    carry_out(alice, protocol.Remove, first.message_id)
    for kind, *fields in [(protocol.Remove,), (protocol.Choose,), (protocol.Rate, 1), (protocol.Share,)]:
        assert refused(carry_out, alice, kind, first.message_id, *fields)[0] == "not_found"


def test_a_removal_below_which_something_was_sent_meanwhile_is_tried_again(alice, monkeypatch):
    """PostgreSQL lets others send below it between the reading of its rows and their deletion."""
    first = answered(alice)

    def meanwhile(message, really=Message.remove):
        monkeypatch.setattr(Message, "remove", really)
        send(alice, "And?", first.conversation_id, first.message_id)
        raise IntegrityError

    monkeypatch.setattr(Message, "remove", meanwhile)
    carry_out(alice, protocol.Remove, first.message.parent_id)
    assert not Message.objects.exists()


# Links


def test_a_message_has_one_link_however_often_it_is_shared(alice):
    generation = answered(alice)
    for _ in range(2):
        assert carry_out(alice, protocol.Share, generation.message_id) == generation.conversation_id
    assert Share.objects.get().leaf == generation.message


def test_a_link_is_revoked_and_another_one_is_not_the_same(alice):
    generation = answered(alice)
    share = Share.of(generation.message)
    assert carry_out(alice, protocol.Unshare, share.pk) == generation.conversation_id
    assert not Share.objects.exists()
    carry_out(alice, protocol.Share, generation.message_id)
    assert Share.objects.get() != share
    assert refused(carry_out, alice, protocol.Unshare, share.pk)[0] == "not_found"


# Conversations


def test_a_rename_is_the_persons_and_not_the_place_in_the_list(alice):
    older, newer = answered(alice), answered(alice)
    assert carry_out(alice, protocol.Rename, older.conversation_id, "The sky") == older.conversation_id
    found = list(Conversation.objects.for_user(alice).recent())
    assert [(row.pk, row.title, row.titled_by) for row in found] == [
        (newer.conversation_id, "Why?", "words"),
        (older.conversation_id, "The sky", "person"),
    ]


@pytest.mark.parametrize(("kind", "column"), [(protocol.Pin, "pinned"), (protocol.Archive, "archived")])
def test_a_mark_is_set_and_taken_away(alice, kind, column):
    conversation, other = answered(alice).conversation, answered(alice).conversation
    for marked in (True, True, False, False):
        assert carry_out(alice, kind, conversation.pk, marked) == conversation.pk
        assert getattr(fresh(conversation), column) is marked
        assert getattr(fresh(other), column) is False


def test_what_a_conversation_asks_of_its_model_is_changed_as_a_whole(alice):
    conversation = answered(alice).conversation
    for options in (protocol.Options("poet", "Rhyme.", 0.5, 100), protocol.Options(temperature=0.0)):
        carry_out(alice, protocol.Configure, conversation.pk, options)
        assert fresh(conversation).options == Options(
            options.model, options.instructions, options.temperature, options.max_tokens
        )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_stored_as_they_are(alice, text):
    generation = answered(alice)
    carry_out(alice, protocol.Rename, generation.conversation_id, text)
    carry_out(alice, protocol.Configure, generation.conversation_id, protocol.Options(text, text))
    carry_out(alice, protocol.Rate, generation.message_id, 1, text)
    found = fresh(generation.conversation)
    assert (found.title, found.model, found.system_prompt) == (text, text, text)
    assert fresh(generation.message).comment == text


# Deleting and bringing back


def test_a_deleted_conversation_is_gone_for_its_owner_and_touches_no_other(alice, bob):
    gone, kept, his = answered(alice), answered(alice), answered(bob)
    assert carry_out(alice, protocol.Delete, gone.conversation_id) == gone.conversation_id
    assert list(Conversation.objects.for_user(alice)) == [kept.conversation]
    assert list(Conversation.objects.for_user(bob)) == [his.conversation]
    assert Message.objects.count() == 6  # they can be brought back


def test_an_answer_under_way_in_what_is_deleted_is_asked_to_end(alice):
    generation = send(alice).generation
    carry_out(alice, protocol.Delete, generation.conversation_id)
    assert fresh(generation).cancel_requested_at


def test_a_deleted_conversation_comes_back_as_it_was(alice):
    generation = answered(alice)
    Share.of(generation.message)
    before = everything()
    carry_out(alice, protocol.Delete, generation.conversation_id)
    for _ in range(2):
        assert carry_out(alice, protocol.Restore, generation.conversation_id) == generation.conversation_id
        assert everything() == before


def test_what_is_not_deleted_is_left_as_it_is_by_being_brought_back(alice):
    generation = answered(alice)
    before = everything()
    assert carry_out(alice, protocol.Restore, generation.conversation_id) == generation.conversation_id
    assert everything() == before


def test_what_was_removed_for_good_does_not_come_back(alice):
    conversation = answered(alice).conversation
    carry_out(alice, protocol.Delete, conversation.pk)
    Conversation.objects.update(deleted_at=Now() - timedelta(days=1))
    Conversation.objects.forgotten().delete()
    assert refused(carry_out, alice, protocol.Restore, conversation.pk)[0] == "not_found"


def test_nothing_is_changed_in_what_was_deleted(alice):
    generation = answered(alice)
    share = Share.of(generation.message)
    generation.conversation.discard()
    for command in commands(generation.conversation_id, generation.message_id, share.pk):
        if not isinstance(command, protocol.Restore):
            assert refused(changes.carry_out, alice, command)[0] == "not_found"


# A stranger's ids


def commands(conversation, message, share):
    """One of each kind."""
    return [
        protocol.Choose(message),
        protocol.Rate(message, 1),
        protocol.Remove(message),
        protocol.Share(message),
        protocol.Unshare(share),
        protocol.Rename(conversation, "Mine"),
        protocol.Pin(conversation, True),
        protocol.Archive(conversation, True),
        protocol.Configure(conversation, protocol.Options("mine")),
        protocol.Delete(conversation),
        protocol.Restore(conversation),
    ]


def test_every_change_is_among_these():
    kinds = {type(command) for command in commands(uuid.uuid4(), uuid.uuid4(), "")}
    assert kinds == set(protocol.Change.__args__) == set(changes._VERBS)


def test_a_strangers_id_is_answered_exactly_like_a_missing_one(alice, bob):
    hers, under_way = answered(alice), send(alice).generation
    deleted = answered(alice).conversation
    deleted.discard()

    def answers(conversation, message, share, generation, gone):
        changed = commands(conversation, message, share)
        found = [refused(changes.carry_out, bob, command) for command in changed]
        found.append(refused(carry_out, bob, protocol.Restore, gone))
        return [*found, refused(changes.request_cancel, bob, generation)]

    share = Share.of(hers.message).pk
    strange = answers(hers.conversation_id, hers.message_id, share, under_way.pk, deleted.pk)
    missing = answers(uuid.uuid4(), uuid.uuid4(), "nothing", uuid.uuid4(), uuid.uuid4())
    assert strange == missing
    assert {code for code, _ in strange} == {"not_found"}
    assert all(words for _, words in strange)


# Stop


def test_a_cancel_leaves_word_in_the_row(alice):
    generation = send(alice).generation
    changes.request_cancel(alice, generation.pk)
    assert fresh(generation).cancel_requested_at


def test_a_cancel_of_what_has_ended_is_no_error_and_changes_nothing(alice):
    generation = answered(alice)
    before = everything()
    changes.request_cancel(alice, generation.pk)
    assert everything() == before
