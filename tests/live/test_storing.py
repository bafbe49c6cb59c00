"""Sending, editing, asking again and going on: what is stored, once, and what is refused."""

import uuid

import pytest
from django.db import IntegrityError
from msgspec import UNSET

from chat.live import protocol, storing
from chat.models import Conversation, File, Generation, Message, Options, Profile, attached
from tests.live.on_rows import answered, refused, send, text_file

pytestmark = pytest.mark.django_db


def cut(user, content="Bec", reasoning="", **place):
    """An answer that was stopped."""
    generation = send(user, **place).generation
    assert generation.cancel(content, reasoning, runs=[len(reasoning), len(content)])
    return generation


def go_on(user, generation, client_id=None):
    return storing.store(user, protocol.Continue(client_id or uuid.uuid4(), generation.message_id), "here")


# Sending


def test_a_send_without_a_conversation_begins_one_with_its_title(alice):
    generation, is_new, branched = send(alice, "Why is the sky blue?")
    assert is_new
    assert not branched
    assert generation.conversation.owner == alice
    assert generation.conversation.title == "Why is the sky blue?"


def test_the_same_send_again_is_the_same_generation(alice):
    key = uuid.uuid4()
    first = send(alice, client_id=key).generation
    assert send(alice, client_id=key)[:2] == (first, False)
    assert Message.objects.count() == 2


def test_a_send_goes_under_its_parent(alice):
    first = answered(alice)
    second = send(alice, "And?", first.conversation_id, first.message_id).generation
    assert second.message.parent.parent == first.message


def test_a_send_while_busy_is_refused_and_changes_nothing(alice):
    first = send(alice).generation
    code, words = refused(send, alice, "And?", first.conversation_id, first.message_id)
    assert code == "busy"
    assert words


def test_a_send_that_is_refused_leaves_no_empty_conversation(alice):
    assert refused(send, alice, "Hi", None, uuid.uuid4())[0] == "not_found"
    other = answered(alice)
    assert refused(send, alice, "Hi", None, other.message_id)[0] == "not_found"


def test_a_send_beside_another_one_is_branched_and_leaves_it_as_it_is(alice):
    first = answered(alice)
    newer = answered(alice, "And?", conversation=first.conversation_id, parent=first.message_id)
    generation, is_new, branched = send(alice, "But?", first.conversation_id, first.message_id)
    assert (is_new, branched) == (True, True)
    assert generation.message.parent.parent == newer.message.parent.parent == first.message
    assert Message.objects.get(pk=newer.message.parent_id).content == "And?"


def test_a_send_behind_the_newest_message_is_not_branched_and_neither_is_its_repetition(alice):
    first = answered(alice)
    key = uuid.uuid4()
    for _ in range(2):
        assert not send(alice, "And?", first.conversation_id, first.message_id, client_id=key).branched


def test_a_send_that_does_not_say_what_it_follows_goes_to_the_end_of_what_is_shown(alice):
    first = answered(alice)
    older = answered(alice, "And?", conversation=first.conversation_id, parent=first.message_id)
    answered(alice, "But?", conversation=first.conversation_id, parent=first.message_id)
    older.message.parent.choose()
    key = uuid.uuid4()
    sends = [send(alice, "So?", first.conversation_id, UNSET, key) for _ in range(2)]
    assert sends[0].generation.message.parent.parent == older.message
    assert [(sent.generation, sent.is_new, sent.branched) for sent in sends] == [
        (sends[0].generation, True, False),
        (sends[0].generation, False, False),
    ]
    assert send(alice, "Why?", None, UNSET).generation.message.parent.parent is None


@pytest.mark.parametrize("kind", ["send", "edit", "regenerate", "continue"])
def test_what_is_to_be_answered_is_stored_by_one_word_whatever_it_is(alice, kind):
    first = cut(alice)
    command = {
        "send": protocol.Send(uuid.uuid4(), first.conversation_id, "And?", first.message_id),
        "edit": protocol.Edit(uuid.uuid4(), first.message.parent_id, "And?"),
        "regenerate": protocol.Regenerate(uuid.uuid4(), first.message_id),
        "continue": protocol.Continue(uuid.uuid4(), first.message_id),
    }[kind]
    begun = storing.store(alice, command, "here")
    assert begun.is_new
    assert begun.generation.conversation == first.conversation
    assert begun.generation.owner_process == "here"


def test_what_is_sent_into_a_conversation_that_is_gone_at_the_commit_finds_it_missing(alice, monkeypatch):
    """PostgreSQL lets others delete it meanwhile, and tells at the end of the transaction."""
    first = answered(alice)

    def gone(*_):
        raise IntegrityError

    monkeypatch.setattr(storing, "_edit", gone)
    edit = protocol.Edit(uuid.uuid4(), first.message.parent_id, "And?")
    assert refused(storing.store, alice, edit, "here")[0] == "not_found"


def test_a_client_id_that_stands_for_an_answer_cannot_be_sent(alice):
    first = answered(alice)
    key = uuid.uuid4()
    again = storing.store(alice, protocol.Regenerate(key, first.message_id), "here").generation
    again.complete("Therefore.", "")
    code, words = refused(send, alice, "And?", first.conversation_id, first.message_id, key)
    assert code == "reused"
    assert words


def test_a_client_id_that_stands_for_a_question_cannot_ask_for_another_answer(alice):
    key = uuid.uuid4()
    first = answered(alice, client_id=key)
    assert refused(storing.store, alice, protocol.Regenerate(key, first.message_id), "here")[0] == "reused"


def test_an_edit_is_a_sibling_of_what_it_edits(alice):
    first = answered(alice)
    edit = protocol.Edit(uuid.uuid4(), first.message.parent_id, "Why indeed?")
    generation, is_new, branched = storing.store(alice, edit, "here")
    assert is_new
    assert not branched  # who edits wants a sibling
    assert generation.message.parent.content == "Why indeed?"
    assert generation.message.parent.parent is None
    assert Message.objects.get(pk=first.message.parent_id).content == "Why?"


def test_another_answer_is_a_sibling_of_the_first(alice):
    first = answered(alice)
    generation, is_new, branched = storing.store(alice, protocol.Regenerate(uuid.uuid4(), first.message_id), "here")
    assert is_new
    assert not branched
    assert generation.message.parent == first.message.parent


def test_only_what_a_person_said_is_edited_and_only_an_answer_is_written_again(alice):
    first = answered(alice)
    edit = protocol.Edit(uuid.uuid4(), first.message_id, "Mine now")
    again = protocol.Regenerate(uuid.uuid4(), first.message.parent_id)
    assert refused(storing.store, alice, edit, "here")[0] == "not_found"
    assert refused(storing.store, alice, again, "here")[0] == "not_found"


def test_an_answer_without_a_beginning_can_be_written_again(alice):
    """Brought in from elsewhere, it may be the first of its conversation."""
    conversation = Conversation.objects.create(owner=alice, title="Imported")
    first = conversation.messages.create(role="assistant", content="Welcome.")
    again = storing.store(alice, protocol.Regenerate(uuid.uuid4(), first.pk), "here").generation
    assert again.message.parent is None


def test_another_answer_may_be_asked_of_another_model(alice):
    first = answered(alice)
    again = protocol.Regenerate(uuid.uuid4(), first.message_id, "poet")
    assert storing.store(alice, again, "here").generation.requested_model == "poet"


# What a new conversation asks of its model


def test_a_new_conversation_has_the_options_that_it_was_sent_with(alice):
    Profile.objects.create(user=alice, model="mine", temperature=1)
    options = protocol.Options("poet", "Rhyme.", 0.5, 100)
    conversation = send(alice, options=options).generation.conversation
    conversation.refresh_from_db()
    assert conversation.options == Options("poet", "Rhyme.", 0.5, 100)


def test_options_that_say_nothing_are_options_too(alice):
    Profile.objects.create(user=alice, model="mine", instructions="Rhyme.")
    assert send(alice, options=protocol.Options()).generation.conversation.options == Options()


def test_without_options_a_new_conversation_has_the_defaults_of_its_owner(alice, bob):
    Profile.objects.create(user=alice, model="mine", instructions="Rhyme.", max_tokens=7)
    assert send(alice).generation.conversation.options == Options("mine", "Rhyme.", None, 7)
    assert send(bob).generation.conversation.options == Options()


def test_options_change_nothing_in_a_conversation_that_exists(alice):
    first = answered(alice, options=protocol.Options("poet"))
    Profile.objects.create(user=alice, model="mine")
    place = {"conversation": first.conversation_id, "parent": first.message_id}
    answered(alice, "And?", options=protocol.Options("other"), **place)
    assert Conversation.objects.get().model == "poet"


# Files


def files_of(message):
    return attached([message]).get(message.pk, [])


def test_files_are_sent_with_a_message_in_the_order_in_which_they_were_named(alice):
    files = [text_file(alice, f"{number}.txt") for number in range(5)][::-1]
    generation = send(alice, files=tuple(file.pk for file in files)).generation
    assert files_of(generation.message.parent) == files


def test_files_without_words_give_the_conversation_its_title(alice):
    files = [text_file(alice, name) for name in ("first.txt", "second.txt")]
    generation = send(alice, "", files=tuple(file.pk for file in files)).generation
    assert generation.conversation.title == "first.txt"
    assert generation.message.parent.content == ""


def test_a_strangers_file_is_answered_exactly_like_a_missing_one(alice, bob):
    mine, his = text_file(alice), text_file(bob)
    strange, missing = (refused(send, alice, files=(mine.pk, key)) for key in (his.pk, uuid.uuid4()))
    assert strange == missing
    assert strange[0] == "no_such_file"


def test_pictures_that_are_too_large_together_are_refused_and_nothing_is_stored(alice, monkeypatch):
    monkeypatch.setattr(storing, "PICTURE_BYTES", 2 * 1024**2)
    File.objects.bulk_create(
        File(owner=alice, name="a.png", kind="image", media_type="image/png", size=size, data=b"")
        for size in (1024**2, 1024**2, 1)
    )
    one, other, small = File.objects.order_by("-size").values_list("pk", flat=True)
    code, words = refused(send, alice, files=(one, other, small))
    assert (code, Message.objects.exists()) == ("too_large", False)
    assert words == "The pictures of one message may have 2 MB together; send fewer of them, or smaller ones."
    assert send(alice, files=(one, other)).is_new


def test_the_same_send_with_files_again_is_the_same_message(alice):
    key, file = uuid.uuid4(), text_file(alice)
    first = send(alice, client_id=key, files=(file.pk,)).generation
    assert send(alice, client_id=key, files=(file.pk,))[:2] == (first, False)
    assert files_of(first.message.parent) == [file]


def test_an_edit_keeps_the_files_of_what_it_edits(alice):
    files = [text_file(alice, name) for name in ("second.txt", "first.txt")]
    first = answered(alice, files=tuple(file.pk for file in files))
    edit = protocol.Edit(uuid.uuid4(), first.message.parent_id, "Why indeed?")
    edited = storing.store(alice, edit, "here").generation.message.parent
    assert files_of(edited) == files_of(first.message.parent) == files
    assert File.objects.count() == 2


# Going on


@pytest.mark.parametrize("end", ["cancel", "truncate", "fail", "interrupt"])
def test_an_answer_that_was_cut_is_gone_on_with(alice, end):
    first = send(alice).generation
    getattr(first, end)("Bec", "Hm", runs=[2, 3])
    generation, is_new, branched = go_on(alice, first)
    assert (is_new, branched) == (True, False)
    assert (generation.message.content, generation.message.reasoning) == ("Bec", "Hm")
    assert generation.continues == first.message
    assert generation.message.parent == first.message.parent


def test_an_answer_that_ended_at_the_token_limit_is_gone_on_with(alice):
    first = send(alice).generation
    first.complete("Bec", "", finish_reason="length")
    assert go_on(alice, first).generation.message.content == "Bec"


@pytest.mark.parametrize("finish_reason", ["stop", None, "content_filter"])
def test_an_answer_that_is_whole_is_not(alice, finish_reason):
    first = send(alice).generation
    first.complete("Because.", "", finish_reason=finish_reason)
    code, words = refused(go_on, alice, first)
    assert code == "not_cut"
    assert words


def test_nor_is_one_that_is_being_written(alice):
    first = send(alice).generation
    first.checkpoint("Bec", "")
    assert refused(go_on, alice, first)[0] == "not_cut"


@pytest.mark.parametrize("content", ["", " \n"])
def test_nor_is_one_without_words(alice, content):
    assert refused(go_on, alice, cut(alice, content, "Hm"))[0] == "not_cut"


def test_nor_is_one_that_no_generation_wrote(alice):
    first = answered(alice)
    foreign = first.conversation.messages.create(role="assistant", content="Brought in.", parent=first.message.parent)
    command = protocol.Continue(uuid.uuid4(), foreign.pk)
    assert refused(storing.store, alice, command, "here")[0] == "not_cut"


def test_going_on_is_begun_once_for_each_client_id(alice):
    first, key = cut(alice), uuid.uuid4()
    generation = go_on(alice, first, key).generation
    assert go_on(alice, first, key)[:2] == (generation, False)


def test_going_on_while_busy_is_refused(alice):
    first = cut(alice)
    send(alice, "And?", first.conversation_id, first.message_id)
    assert refused(go_on, alice, first)[0] == "busy"


# What was deleted


def test_nothing_is_begun_in_a_conversation_that_was_deleted(alice):
    first = cut(alice)
    first.conversation.discard()
    for command in (
        protocol.Send(uuid.uuid4(), first.conversation_id, "And?", first.message_id),
        protocol.Edit(uuid.uuid4(), first.message.parent_id, "And?"),
        protocol.Regenerate(uuid.uuid4(), first.message_id),
        protocol.Continue(uuid.uuid4(), first.message_id),
    ):
        assert refused(storing.store, alice, command, "here")[0] == "not_found"


def test_a_first_message_that_comes_again_after_its_conversation_was_deleted_begins_nothing(alice):
    key = uuid.uuid4()
    answered(alice, client_id=key).conversation.discard()
    assert refused(send, alice, client_id=key)[0] == "not_found"


def test_what_is_sent_into_a_conversation_that_is_deleted_at_this_moment_finds_it_missing(alice, monkeypatch):
    first = answered(alice)

    def meanwhile(*args, really=storing._parent):
        first.conversation.discard()
        return really(*args)

    monkeypatch.setattr(storing, "_parent", meanwhile)
    with pytest.raises(protocol.Refused) as refusal:
        send(alice, "And?", first.conversation_id, first.message_id)
    assert refusal.value.code == "not_found"
    assert not Generation.objects.streaming().exists()
    assert Message.objects.count() == 2


# A stranger's ids


def test_a_strangers_id_is_answered_exactly_like_a_missing_one(alice, bob):
    hers, own = cut(alice), answered(bob)

    def answers(conversation, message, question):
        key = uuid.uuid4()
        return [
            refused(send, bob, "Hi", conversation),
            refused(send, bob, "Hi", own.conversation_id, message),
            refused(send, bob, "Hi", None, message),
            refused(storing.store, bob, protocol.Edit(key, question, "Hi"), "here"),
            refused(storing.store, bob, protocol.Regenerate(key, message), "here"),
            refused(storing.store, bob, protocol.Continue(key, message), "here"),
        ]

    strange = answers(hers.conversation_id, hers.message_id, hers.message.parent_id)
    missing = answers(uuid.uuid4(), uuid.uuid4(), uuid.uuid4())
    assert strange == missing
    assert {code for code, _ in strange} == {"not_found"}


def test_a_message_of_another_conversation_of_ones_own_is_no_parent(alice):
    here, there = answered(alice), answered(alice)
    assert refused(send, alice, "Hi", here.conversation_id, there.message_id)[0] == "not_found"
