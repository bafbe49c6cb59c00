"""What the live sockets read: a person's own rows, and for all others the words for missing ones."""

import uuid
from datetime import datetime, timedelta

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db.models.functions import Now

from chat.live import protocol, rows, storing
from chat.models import Message, Options, Profile, Share
from tests.conftest import PASSWORD
from tests.live.on_rows import answered, refused, send, text_file

pytestmark = pytest.mark.django_db


# A stranger's ids


def test_a_strangers_id_is_answered_exactly_like_a_missing_one(alice, bob):
    hers = answered(alice)

    def answers(conversation, message):
        return [
            refused(rows.snapshot, bob, conversation),
            refused(rows.summary, bob, conversation),
            refused(rows.under_way, bob, protocol.Delete(conversation)),
            refused(rows.under_way, bob, protocol.Remove(message)),
            refused(rows.message_of, bob, message),
        ]

    strange = answers(hers.conversation_id, hers.message_id)
    missing = answers(uuid.uuid4(), uuid.uuid4())
    assert strange == missing
    assert {code for code, _ in strange} == {"not_found"}
    assert rows.exists(alice, hers.conversation_id)
    assert not rows.exists(bob, hers.conversation_id)


def test_what_was_deleted_is_answered_like_what_never_was(alice):
    gone = answered(alice)
    gone.conversation.discard()
    assert not rows.exists(alice, gone.conversation_id)
    for look, deleted, missing in [
        (rows.snapshot, gone.conversation_id, uuid.uuid4()),
        (rows.summary, gone.conversation_id, uuid.uuid4()),
        (rows.message_of, gone.message_id, uuid.uuid4()),
    ]:
        assert refused(look, alice, deleted) == refused(look, alice, missing)


# Reading


def test_a_snapshot_has_every_message_oldest_first_all_siblings_included(alice):
    first = answered(alice)
    again = storing.store(alice, protocol.Regenerate(uuid.uuid4(), first.message_id), "here").generation
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
        place = {"conversation": first.conversation_id, "parent": first.message_id}
        Share.of(answered(alice, str(number), files=(text_file(alice).pk,), **place).message)
    with django_assert_num_queries(4):
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
        "files": [],
        "chosen": False,
        "rating": 0,
        "comment": "",
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
        "thinking_ms": None,
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


def test_a_row_has_what_its_owner_thinks_of_it_and_its_files(alice):
    files = [text_file(alice, name) for name in ("b.txt", "a.txt")]
    generation = answered(alice, files=tuple(file.pk for file in files))
    generation.message.choose()
    generation.message.rate(-1, "Wrong.")
    question, answer = rows.snapshot(alice, generation.conversation_id).rows
    assert question["files"] == [file.summary() for file in files]
    assert (answer["files"], answer["chosen"], answer["rating"], answer["comment"]) == ([], True, -1, "Wrong.")


def test_a_row_that_thought_says_how_long(alice):
    generation = send(alice).generation
    generation.complete("So.", "Hm", thinking_ms=1200)
    assert rows.snapshot(alice, generation.conversation_id).rows[-1]["generation"]["thinking_ms"] == 1200


def test_a_row_under_way_that_goes_on_from_another_one_carries_no_text_either(alice):
    first = send(alice).generation
    first.cancel("Bec", "")
    again = storing.store(alice, protocol.Continue(uuid.uuid4(), first.message_id), "here").generation
    row = rows.snapshot(alice, again.conversation_id).rows[-1]
    assert (row["content"], row["generation"]["status"], row["generation"]["cursor"]) == ("", "streaming", 0)


def test_a_summary_has_options_and_links(alice):
    options = protocol.Options("poet", "Rhyme.", 0.5, 100)
    generation = answered(alice, options=options)
    share = Share.of(generation.message)
    found = rows.summary(alice, generation.conversation_id)
    assert found["options"] == {"model": "poet", "instructions": "Rhyme.", "temperature": 0.5, "max_tokens": 100}
    assert found["shares"] == [share.summary()]
    assert rows.snapshot(alice, generation.conversation_id).summary == found


def test_new_conversations_begin_as_their_owner_has_set(alice, bob):
    Profile.objects.create(user=alice, model="mine")
    assert (rows.defaults(alice), rows.defaults(bob)) == (Options("mine"), Options())


# What is under way in what is to be deleted


def test_what_is_under_way_in_a_conversation_is_what_has_not_ended(alice):
    first = answered(alice)
    second = send(alice, "And?", first.conversation_id, first.message_id).generation
    assert rows.under_way(alice, protocol.Delete(first.conversation_id)) == [second.pk]
    second.complete("So.", "")
    assert rows.under_way(alice, protocol.Delete(first.conversation_id)) == []


def test_what_is_under_way_below_a_message_is_what_hangs_on_it(alice):
    first = answered(alice)
    beside = answered(alice, "But?", conversation=first.conversation_id, parent=first.message_id)
    second = send(alice, "And?", first.conversation_id, first.message_id).generation
    for message in (first.message.parent, first.message, second.message.parent, second.message):
        assert rows.under_way(alice, protocol.Remove(message.pk)) == [second.pk]
    assert rows.under_way(alice, protocol.Remove(beside.message.parent_id)) == []


def test_a_message_is_found_in_its_role_only(alice):
    generation = answered(alice)
    assert rows.message_of(alice, generation.message_id) == generation.message
    assert rows.message_of(alice, generation.message_id, Message.Role.ASSISTANT) == generation.message
    assert refused(rows.message_of, alice, generation.message_id, Message.Role.USER)[0] == "not_found"


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
