"""The rows: what the verbs do, and what the database itself refuses when somebody goes round them."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from chat.models import LEASE, TITLE_CHARS, Busy, Conversation, Generation, Message, title_from

ENDS = ["complete", "cancel", "truncate", "fail", "interrupt"]
STATUS = dict(zip(ENDS, ["complete", "cancelled", "truncated", "failed", "interrupted"], strict=True))


@pytest.fixture
def conversation(alice):
    return Conversation.objects.create(owner=alice, title="Stars")


@pytest.fixture
def generation(conversation):
    return ask(conversation, "Why?")


def ask(conversation, text, parent=None, client_id=None):
    generation, _ = conversation.ask(parent, text, client_id or uuid.uuid4(), owner_process="here")
    return generation


def answered(conversation, text, answer="Because.", parent=None):
    """A whole exchange; the assistant's message."""
    generation = ask(conversation, text, parent)
    assert generation.complete(answer, "")
    return Message.objects.get(pk=generation.message_id)


def stored(generation):
    """Status, content and reasoning as the database has them."""
    row = Generation.objects.select_related("message").get(pk=generation.pk)
    return row.status, row.message.content, row.message.reasoning


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


def test_the_database_refuses_a_client_id_twice_in_one_conversation(conversation, alice):
    key = uuid.uuid4()
    conversation.messages.create(role="user", client_id=key)
    with pytest.raises(IntegrityError), transaction.atomic():
        conversation.messages.create(role="user", client_id=key)
    Conversation.objects.create(owner=alice, title="other").messages.create(role="user", client_id=key)


def test_the_database_refuses_a_second_generation_of_one_message(generation, conversation):
    generation.complete("", "")
    with pytest.raises(IntegrityError), transaction.atomic():
        Generation.objects.create(conversation=conversation, message=generation.message)


def test_the_database_refuses_an_unknown_status(generation):
    with pytest.raises(IntegrityError), transaction.atomic():
        Generation.objects.filter(pk=generation.pk).update(status="done")


def test_the_database_refuses_an_unknown_role(conversation):
    with pytest.raises(IntegrityError), transaction.atomic():
        conversation.messages.create(role="tool")


def test_the_database_refuses_a_message_that_is_its_own_parent(conversation):
    message = conversation.messages.create(role="user")
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.filter(pk=message.pk).update(parent=message)


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
            conversation = Conversation.objects.begun_with(alice, key, "Why?")
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
    first = Conversation.objects.begun_with(alice, key, "Why is the sky blue?")
    assert Conversation.objects.begun_with(alice, key, "Other words") == first
    assert first.title == "Why is the sky blue?"


def test_the_same_client_id_of_another_person_begins_another_conversation(alice, bob):
    key = uuid.uuid4()
    mine, theirs = (Conversation.objects.begun_with(owner, key, "Why?") for owner in (alice, bob))
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


# Paths and prompts


def test_a_path_goes_from_the_root_to_the_message_past_all_siblings(conversation):
    first = answered(conversation, "1", "one")
    left = answered(conversation, "2 left", "two left", parent=first)
    right = answered(conversation, "2 right", "two right", parent=first)
    assert [m.content for m in left.path()] == ["1", "one", "2 left", "two left"]
    assert [m.content for m in right.path()] == ["1", "one", "2 right", "two right"]


def test_a_deep_path_takes_one_query(conversation, django_assert_num_queries):
    parent = None
    for number in range(1500):
        parent = Message(conversation=conversation, parent=parent, role="user", content=str(number))
        parent.save(force_insert=True)
    with django_assert_num_queries(1):
        path = parent.path()
    assert [message.content for message in path] == [str(number) for number in range(1500)]


def test_the_prompt_is_the_path_down_to_the_question(conversation):
    first = answered(conversation, "1", "one")
    answered(conversation, "left", "not this one", parent=first)
    generation = ask(conversation, "2", parent=first)
    assert generation.prompt().messages == [
        {"role": "user", "content": "1"},
        {"role": "assistant", "content": "one"},
        {"role": "user", "content": "2"},
    ]


def test_the_prompt_leaves_out_answers_without_text_and_reasoning(conversation):
    silent = ask(conversation, "1")
    silent.fail("", "only thought")
    assert ask(conversation, "2", parent=silent.message).prompt().messages == [
        {"role": "user", "content": "1"},
        {"role": "user", "content": "2"},
    ]


def test_the_prompt_begins_with_what_the_conversation_asks_for(conversation):
    conversation.system_prompt, conversation.model, conversation.parameters = "Rhyme.", "poet", {"temperature": 0}
    conversation.save()
    prompt = ask(conversation, "1").prompt()
    assert prompt.messages[0] == {"role": "system", "content": "Rhyme."}
    assert (prompt.model, prompt.parameters) == ("poet", {"temperature": 0})


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


def test_rows_name_themselves_for_people(conversation, generation):
    assert str(conversation) == "Stars"
    assert str(conversation.messages.get(role="user")) == "user: Why?"
    assert str(generation) == "streaming by unknown model"
