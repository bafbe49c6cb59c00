"""What the live sockets ask of the database: a person's own rows, and for all others the words for missing ones."""

import uuid
from datetime import datetime, timedelta

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import IntegrityError
from django.db.models.functions import Now

from chat.live import protocol, rows
from chat.live.protocol import Refused
from chat.models import Conversation, Generation, Message
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def send(user, content="Why?", conversation=None, parent=None, client_id=None):
    command = protocol.Send(client_id or uuid.uuid4(), conversation, parent, content)
    return rows.send(user, command, "here")


def answered(user, content="Why?", answer="Because.", **place):
    """A whole exchange; the generation that has ended."""
    generation = send(user, content, **place).generation
    assert generation.complete(answer, "", finish_reason="stop", model="scripted")
    return generation


def refused(function, *args):
    """Code and words, and nothing has changed."""
    before = snapshot_of_everything()
    with pytest.raises(Refused) as refusal:
        function(*args)
    assert snapshot_of_everything() == before, "a refused command changes nothing"
    return refusal.value.code, str(refusal.value)


def snapshot_of_everything():
    return [list(model.objects.order_by("pk").values()) for model in (Conversation, Message, Generation)]


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


@pytest.mark.parametrize("kind", ["send", "edit", "regenerate"])
def test_what_is_to_be_answered_is_stored_by_one_word_whatever_it_is(alice, kind):
    first = answered(alice)
    command = {
        "send": protocol.Send(uuid.uuid4(), first.conversation_id, first.message_id, "And?"),
        "edit": protocol.Edit(uuid.uuid4(), first.message.parent_id, "And?"),
        "regenerate": protocol.Regenerate(uuid.uuid4(), first.message_id),
    }[kind]
    begun = rows.store(alice, command, "here")
    assert begun.is_new
    assert begun.generation.conversation == first.conversation
    assert begun.generation.owner_process == "here"


def test_what_is_sent_into_a_conversation_that_is_gone_at_the_commit_finds_it_missing(alice, monkeypatch):
    """PostgreSQL lets others delete it meanwhile, and tells at the end of the transaction."""
    first = answered(alice)

    def gone(*_):
        raise IntegrityError

    monkeypatch.setattr(rows, "edit", gone)
    edit = protocol.Edit(uuid.uuid4(), first.message.parent_id, "And?")
    assert refused(rows.store, alice, edit, "here")[0] == "not_found"


def test_a_client_id_that_stands_for_an_answer_cannot_be_sent(alice):
    first = answered(alice)
    key = uuid.uuid4()
    again = rows.regenerate(alice, protocol.Regenerate(key, first.message_id), "here").generation
    again.complete("Therefore.", "")
    code, words = refused(send, alice, "And?", first.conversation_id, first.message_id, key)
    assert code == "reused"
    assert words


def test_a_client_id_that_stands_for_a_question_cannot_ask_for_another_answer(alice):
    key = uuid.uuid4()
    first = answered(alice, client_id=key)
    assert refused(rows.regenerate, alice, protocol.Regenerate(key, first.message_id), "here")[0] == "reused"


def test_an_edit_is_a_sibling_of_what_it_edits(alice):
    first = answered(alice)
    edit = protocol.Edit(uuid.uuid4(), first.message.parent_id, "Why indeed?")
    generation, is_new, branched = rows.edit(alice, edit, "here")
    assert is_new
    assert not branched  # who edits wants a sibling
    assert generation.message.parent.content == "Why indeed?"
    assert generation.message.parent.parent is None
    assert Message.objects.get(pk=first.message.parent_id).content == "Why?"


def test_another_answer_is_a_sibling_of_the_first(alice):
    first = answered(alice)
    generation, is_new, branched = rows.regenerate(alice, protocol.Regenerate(uuid.uuid4(), first.message_id), "here")
    assert is_new
    assert not branched
    assert generation.message.parent == first.message.parent


def test_only_what_a_person_said_is_edited_and_only_an_answer_is_written_again(alice):
    first = answered(alice)
    edit = protocol.Edit(uuid.uuid4(), first.message_id, "Mine now")
    again = protocol.Regenerate(uuid.uuid4(), first.message.parent_id)
    assert refused(rows.edit, alice, edit, "here")[0] == "not_found"
    assert refused(rows.regenerate, alice, again, "here")[0] == "not_found"


# A stranger's ids


def test_a_strangers_id_is_answered_exactly_like_a_missing_one(alice, bob):
    hers = answered(alice)
    under_way = send(alice).generation
    own = answered(bob)

    def answers(conversation, message, question, generation):
        key = uuid.uuid4()
        return [
            refused(rows.snapshot, bob, conversation),
            refused(rows.summary, bob, conversation),
            refused(send, bob, "Hi", conversation),
            refused(send, bob, "Hi", own.conversation_id, message),
            refused(send, bob, "Hi", None, message),
            refused(rows.edit, bob, protocol.Edit(key, question, "Hi"), "here"),
            refused(rows.regenerate, bob, protocol.Regenerate(key, message), "here"),
            refused(rows.request_cancel, bob, generation),
            refused(rows.rename, bob, protocol.Rename(conversation, "Mine")),
            refused(rows.under_way, bob, conversation),
        ]

    strange = answers(hers.conversation_id, hers.message_id, hers.message.parent_id, under_way.pk)
    missing = answers(uuid.uuid4(), uuid.uuid4(), uuid.uuid4(), uuid.uuid4())
    assert strange == missing
    assert {code for code, _ in strange} == {"not_found"}
    assert Generation.objects.get(pk=under_way.pk).cancel_requested_at is None


def test_a_message_of_another_conversation_of_ones_own_is_no_parent(alice):
    here, there = answered(alice), answered(alice)
    assert refused(send, alice, "Hi", here.conversation_id, there.message_id)[0] == "not_found"


# Reading


def test_a_snapshot_has_every_message_oldest_first_all_siblings_included(alice):
    first = answered(alice)
    again = rows.regenerate(alice, protocol.Regenerate(uuid.uuid4(), first.message_id), "here").generation
    found = rows.snapshot(alice, first.conversation_id)
    assert [row["id"] for row in found.rows] == [
        str(first.message.parent_id),
        str(first.message_id),
        str(again.message_id),
    ]
    assert found.streaming == again.pk
    assert found.summary["generating"]


def test_a_snapshot_takes_a_few_queries_however_long_the_conversation(alice, django_assert_num_queries):
    first = answered(alice)
    for number in range(5):
        answered(alice, str(number), conversation=first.conversation_id, parent=first.message_id)
    with django_assert_num_queries(2):
        rows.snapshot(alice, first.conversation_id)


def test_a_row_is_built_as_documented(alice):
    key = uuid.uuid4()
    generation = answered(alice, client_id=key)
    question, answer = rows.snapshot(alice, generation.conversation_id).rows
    assert question == {
        "id": str(generation.message.parent_id),
        "parent": None,
        "role": "user",
        "content": "Why?",
        "reasoning": "",
        "client_id": str(key),
        "created": question["created"],
        "generation": None,
    }
    assert answer["generation"] == {
        "id": str(generation.pk),
        "status": "complete",
        "phase": None,
        "finish_reason": "stop",
        "error": None,
        "model": "scripted",
        "left_out": 0,
        "cursor": len("Because."),
    }
    assert (answer["content"], answer["parent"], answer["client_id"]) == ("Because.", question["id"], None)
    assert datetime.fromisoformat(answer["created"]).tzinfo


def test_a_row_under_way_carries_no_text(alice):
    generation = send(alice).generation
    generation.checkpoint("Bec", "hm")
    row = rows.snapshot(alice, generation.conversation_id).rows[-1]
    assert (row["content"], row["reasoning"]) == ("", "")
    assert (row["generation"]["status"], row["generation"]["cursor"]) == ("streaming", 0)
    assert row["generation"]["phase"] == "queued"


def test_a_row_that_failed_has_its_words_and_its_text(alice):
    generation = send(alice).generation
    generation.fail("Bec", "", error_code="lost", error_text="It broke.")
    row = rows.snapshot(alice, generation.conversation_id).rows[-1]
    assert row["content"] == "Bec"
    assert row["generation"]["error"] == {"code": "lost", "message": "It broke."}


def test_a_cancel_leaves_word_in_the_row(alice):
    generation = send(alice).generation
    rows.request_cancel(alice, generation.pk)
    assert Generation.objects.get(pk=generation.pk).cancel_requested_at


def test_a_cancel_of_what_has_ended_is_no_error_and_changes_nothing(alice):
    generation = answered(alice)
    before = snapshot_of_everything()
    rows.request_cancel(alice, generation.pk)
    assert snapshot_of_everything() == before


# Titles, and the end


def test_a_rename_changes_the_title_and_not_the_place_in_the_list(alice):
    older, newer = answered(alice), answered(alice)
    rows.rename(alice, protocol.Rename(older.conversation_id, "The sky"))
    found = list(Conversation.objects.for_user(alice).recent())
    assert [(row.pk, row.title) for row in found] == [
        (newer.conversation_id, "Why?"),
        (older.conversation_id, "The sky"),
    ]


def test_what_is_under_way_is_what_has_not_ended(alice):
    first = answered(alice)
    second = send(alice, "And?", first.conversation_id, first.message_id).generation
    assert rows.under_way(alice, first.conversation_id) == [second.pk]
    second.complete("So.", "")
    assert rows.under_way(alice, first.conversation_id) == []


def test_a_deleted_conversation_leaves_nothing_and_touches_no_other(alice, bob):
    gone, kept, his = answered(alice), answered(alice), answered(bob)
    send(alice, "And?", gone.conversation_id, gone.message_id)
    rows.delete(alice, gone.conversation_id)
    assert not rows.exists(alice, gone.conversation_id)
    assert set(Conversation.objects.all()) == {kept.conversation, his.conversation}
    assert set(Generation.objects.all()) == {kept, his}
    assert Message.objects.count() == 4


def test_a_deletion_that_something_was_sent_into_meanwhile_is_tried_again(alice, monkeypatch):
    """PostgreSQL lets others send into it between the reading of its rows and their deletion."""
    first = answered(alice)

    def meanwhile(*args, really=rows._delete):
        monkeypatch.setattr(rows, "_delete", really)
        send(alice, "And?", first.conversation_id, first.message_id)
        raise IntegrityError

    monkeypatch.setattr(rows, "_delete", meanwhile)
    rows.delete(alice, first.conversation_id)
    assert Message.objects.count() == Conversation.objects.count() == 0


def test_a_strangers_conversation_does_not_exist_and_cannot_be_deleted(alice, bob):
    hers = answered(alice)
    rows.delete(bob, hers.conversation_id)
    assert rows.exists(alice, hers.conversation_id)
    assert not rows.exists(bob, hers.conversation_id)


# Logins


@pytest.fixture
def login(alice):
    session = SessionStore()
    session[SESSION_KEY] = str(alice.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = alice.get_session_auth_hash()
    session.save()
    return session


def welcome(user, login):
    return rows.still_welcome(user, login.session_key, login[HASH_SESSION_KEY])


def test_a_login_is_good_until_it_is_not(alice, login):
    assert welcome(alice, login)


def test_a_login_is_over_after_logout(alice, login):
    login.delete()
    assert not welcome(alice, login)


def test_a_login_is_over_when_it_expires(alice, login):
    Session.objects.update(expire_date=Now() - timedelta(seconds=1))
    assert not welcome(alice, login)


def test_a_login_is_over_when_the_account_is_deactivated(alice, login):
    type(alice).objects.update(is_active=False)
    assert not welcome(alice, login)


def test_a_login_is_over_when_the_account_is_deleted(alice, login):
    type(alice).objects.all().delete()
    assert not welcome(alice, login)


def test_a_login_is_over_when_the_password_changes(alice, login):
    alice.set_password(PASSWORD + "!")
    alice.save()
    assert not welcome(alice, login)


def test_a_login_without_a_session_is_none(alice, login):
    assert not rows.still_welcome(alice, None, login[HASH_SESSION_KEY])
