"""The arrows of a generation: what the verbs do, and what the database itself refuses when somebody goes round them."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from chat.models import LEASE, Conversation, Generation
from tests.models.exchanges import ask, stored

ENDS = ["complete", "cancel", "truncate", "fail", "interrupt"]
STATUS = dict(zip(ENDS, ["complete", "cancelled", "truncated", "failed", "interrupted"], strict=True))

pytestmark = pytest.mark.django_db


# The arrows


@pytest.mark.parametrize("verb", ENDS)
def test_an_end_stores_status_text_facts_and_time(generation, verb):
    facts = {"finish_reason": "stop", "error_code": "code", "error_text": "words", "model": "m", "chunk_count": 3}
    assert getattr(generation, verb)("said", "thought", **facts)
    row = Generation.objects.get(pk=generation.pk)
    assert stored(generation) == (STATUS[verb], "said", "thought")
    assert {name: getattr(row, name) for name in facts} == facts
    assert row.cursor == len("said") + len("thought")
    assert row.started_at <= row.finished_at


@pytest.mark.parametrize("verb", ENDS)
@pytest.mark.parametrize("first", ENDS)
def test_the_first_end_wins(generation, first, verb):
    assert getattr(generation, first)("first", "")
    before = Generation.objects.values().get(pk=generation.pk)
    assert not getattr(generation, verb)("second, and longer", "even", finish_reason="stop", error_code="late")
    assert Generation.objects.values().get(pk=generation.pk) == before
    assert stored(generation) == (STATUS[first], "first", "")


def test_a_checkpoint_stores_the_text_so_far_and_goes_on(generation):
    assert generation.checkpoint("He", "thi", chunk_count=2)
    assert generation.checkpoint("Hello", "think", chunk_count=5)
    assert stored(generation) == ("streaming", "Hello", "think")
    assert Generation.objects.get(pk=generation.pk).chunk_count == 5


def test_a_checkpoint_renews_the_lease(generation):
    Generation.objects.update(lease_expires_at=Now() - LEASE)
    assert Generation.objects.expired().exists()
    assert generation.checkpoint("", "")
    assert not Generation.objects.expired().exists()


def test_a_late_shorter_checkpoint_does_not_shorten_the_text(generation):
    generation.checkpoint("Hello, world", "")
    assert generation.checkpoint("Hello", "")
    assert stored(generation) == ("streaming", "Hello, world", "")
    assert Generation.objects.get(pk=generation.pk).cursor == len("Hello, world")


@pytest.mark.parametrize("verb", ENDS)
def test_an_end_with_less_text_does_not_shorten_it_either(generation, verb):
    generation.checkpoint("Hello, world", "")
    assert getattr(generation, verb)("Hello", "")
    assert stored(generation) == (STATUS[verb], "Hello, world", "")


def test_the_order_of_the_text_is_stored_with_the_text_it_belongs_to(generation):
    generation.checkpoint("Hello", "Hm", runs=[2, 5])
    assert generation.checkpoint("Hel", "", runs=[0, 3])
    assert generation.complete("Hell", "Hm", runs=[2, 4])
    assert Generation.objects.get(pk=generation.pk).runs == [2, 5]


def test_a_text_whose_order_nobody_gave_has_none(generation):
    generation.complete("Hello", "Hm")
    assert Generation.objects.get(pk=generation.pk).runs is None


def test_a_stop_stores_how_long_the_closing_took(generation):
    assert Generation.objects.get(pk=generation.pk).closing_ms is None
    generation.cancel("Hel", "", closing_ms=12)
    assert Generation.objects.get(pk=generation.pk).closing_ms == 12


@pytest.mark.parametrize("verb", ENDS)
def test_a_checkpoint_after_the_end_changes_nothing(generation, verb):
    getattr(generation, verb)("Hel", "")
    before = Generation.objects.values().get(pk=generation.pk)
    assert not generation.checkpoint("Hello, a late write", "", chunk_count=99)
    assert Generation.objects.values().get(pk=generation.pk) == before
    assert stored(generation) == (STATUS[verb], "Hel", "")


def test_a_checkpoint_says_no_when_a_cancel_is_asked_for(generation):
    assert Generation.objects.filter(pk=generation.pk).request_cancel() == 1
    assert not generation.checkpoint("Hello", "")
    assert stored(generation) == ("streaming", "", "")
    assert generation.cancel("Hello", "")
    assert stored(generation) == ("cancelled", "Hello", "")


def test_a_cancel_is_asked_of_streaming_rows_only(generation):
    generation.complete("Hello", "")
    assert Generation.objects.request_cancel() == 0
    assert Generation.objects.get(pk=generation.pk).cancel_requested_at is None


def test_an_end_moves_the_conversation_up(generation, conversation):
    Conversation.objects.update(updated_at=Now() - timedelta(days=1))
    old = Conversation.objects.get(pk=conversation.pk).updated_at
    generation.complete("", "")
    assert Conversation.objects.get(pk=conversation.pk).updated_at > old + timedelta(hours=23)


def test_text_of_every_plane_is_kept_and_counted_in_code_points(generation):
    generation.complete("👋🏽 नमस्ते \u2028", "世界")
    assert stored(generation) == ("complete", "👋🏽 नमस्ते \u2028", "世界")
    assert Generation.objects.get(pk=generation.pk).cursor == len("👋🏽 नमस्ते \u2028") + len("世界")


# The lease


def test_only_streaming_rows_past_their_lease_have_expired(alice):
    fresh, lost, ended = (ask(Conversation.objects.create(owner=alice, title=name), "?") for name in "abc")
    ended.complete("", "")
    Generation.objects.filter(pk__in=[lost.pk, ended.pk]).update(lease_expires_at=Now() - timedelta(seconds=1))
    assert list(Generation.objects.expired()) == [lost]
    assert Generation.objects.expired().interrupt() == 1
    assert stored(lost)[0] == "interrupted"
    assert stored(fresh)[0] == "streaming"
    assert stored(ended)[0] == "complete"


def test_a_renewal_gives_another_lease_to_what_is_streaming_only(alice):
    lost, ended = (ask(Conversation.objects.create(owner=alice, title=name), "?") for name in "ab")
    ended.complete("", "")
    Generation.objects.update(lease_expires_at=Now() - LEASE)
    before = Generation.objects.values().get(pk=ended.pk)
    assert Generation.objects.renew() == 1
    assert not Generation.objects.expired().exists()
    assert Generation.objects.values().get(pk=ended.pk) == before
    assert stored(lost)[0] == "streaming"


def test_a_new_generation_has_a_lease(generation):
    row = Generation.objects.get(pk=generation.pk)
    assert timedelta(0) <= row.lease_expires_at - row.started_at - LEASE < timedelta(seconds=2)
    assert row.owner_process == "here"


def test_interrupting_keeps_the_text_and_gives_words(generation):
    generation.checkpoint("Hel", "")
    assert Generation.objects.interrupt() == 1
    assert Generation.objects.interrupt() == 0
    row = Generation.objects.get(pk=generation.pk)
    assert stored(generation) == ("interrupted", "Hel", "")
    assert row.error_code == "interrupted"
    assert row.error_text
    assert row.finished_at


# What the database refuses by itself


def test_the_database_refuses_a_second_streaming_row_in_one_conversation(generation, conversation):
    message = conversation.messages.create(role="assistant")
    with pytest.raises(IntegrityError), transaction.atomic():
        Generation.objects.create(conversation=conversation, message=message)
    generation.complete("", "")
    Generation.objects.create(conversation=conversation, message=message)


def test_the_database_refuses_a_second_generation_of_one_message(generation, conversation):
    generation.complete("", "")
    with pytest.raises(IntegrityError), transaction.atomic():
        Generation.objects.create(conversation=conversation, message=generation.message)


def test_the_database_refuses_an_unknown_status(generation):
    with pytest.raises(IntegrityError), transaction.atomic():
        Generation.objects.filter(pk=generation.pk).update(status="done")


def test_a_generation_names_itself_for_people(generation):
    assert str(generation) == "streaming by unknown model"
