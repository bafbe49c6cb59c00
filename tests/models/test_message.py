"""Messages as a tree: paths, the version that is shown, what its owner thinks of it, and what hangs below."""

import time
import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from chat.models import Conversation, Generation, Message, Passage, Share, attached
from chat.models.message import BATCH
from chat.models.passage import AT_ONCE
from tests.models.exchanges import answered, ask, text_file

pytestmark = pytest.mark.django_db


def chosen(conversation):
    return {message.content for message in conversation.messages.filter(chosen=True)}


# Paths


def test_a_path_goes_from_the_root_to_the_message_past_all_siblings(conversation):
    first = answered(conversation, "1", "one")
    left = answered(conversation, "2 left", "two left", parent=first)
    right = answered(conversation, "2 right", "two right", parent=first)
    assert [m.content for m in left.path()] == ["1", "one", "2 left", "two left"]
    assert [m.content for m in right.path()] == ["1", "one", "2 right", "two right"]


def test_a_deep_path_takes_a_few_queries(conversation, django_assert_num_queries):
    parent = None
    for number in range(1500):
        parent = Message(conversation=conversation, parent=parent, role="user", content=str(number))
        parent.save(force_insert=True)
    with django_assert_num_queries(2 if connection.vendor == "postgresql" else 3):  # the keys; SQLite takes 999 at once
        path = parent.path()
    assert [message.content for message in path] == [str(number) for number in range(1500)]


def test_of_a_path_only_what_is_asked_for_is_read(conversation, django_assert_num_queries):
    answered(conversation, "2 elsewhere", parent=(first := answered(conversation, "1", "one")))
    last = answered(conversation, "2", "two", parent=first)
    path = last.path(Message.objects.filter(role="assistant").only("content"))
    assert [message.content for message in path] == ["one", "two"]
    assert {"reasoning", "comment"} <= path[0].get_deferred_fields()


# The version that is shown


def test_one_of_several_versions_is_chosen_and_then_another(conversation):
    for words in ("one", "two", "three"):
        answered(conversation, words)
    for words in ("one", "two", "two"):
        conversation.messages.get(content=words).choose()
        assert chosen(conversation) == {words}


def test_choosing_leaves_other_forks_alone(conversation, alice):
    first = answered(conversation, "1", "one")
    left, right = (answered(conversation, words, words + "!", parent=first) for words in ("left", "right"))
    elsewhere = answered(Conversation.objects.create(owner=alice, title="other"), "2")
    elsewhere.choose()
    for message in (first, left, left.parent, right.parent):
        message.choose()
    assert chosen(conversation) == {"one", "left!", "right"}
    assert chosen(elsewhere.conversation) == {"Because."}


def test_what_is_said_beside_a_chosen_version_takes_its_place(conversation):
    first = answered(conversation, "1", "one")
    old = answered(conversation, "old", parent=first)
    answered(conversation, "new", parent=first)
    old.parent.choose()
    answered(conversation, "newest", parent=first)
    assert chosen(conversation) == set()


def test_what_is_said_below_another_version_takes_its_place_too(conversation):
    first = answered(conversation, "1", "one")
    old, new = (answered(conversation, words, words + "!", parent=first) for words in ("old", "new"))
    first.choose()
    old.parent.choose()
    answered(conversation, "more", parent=new)
    assert chosen(conversation) == {"one"}


def test_what_is_said_below_the_chosen_version_leaves_it_chosen(conversation):
    first = answered(conversation, "1", "one")
    old, _ = (answered(conversation, words, words + "!", parent=first) for words in ("old", "new"))
    old.parent.choose()
    answered(conversation, "more", parent=old)
    assert chosen(conversation) == {"old"}


def test_a_first_message_beside_a_chosen_one_takes_its_place(conversation):
    answered(conversation, "1").parent.choose()
    answered(conversation, "another beginning")
    assert chosen(conversation) == set()


def test_a_choice_off_the_way_of_a_new_message_stays(conversation):
    first = answered(conversation, "1", "one")
    left, right = (answered(conversation, words, words + "!", parent=first) for words in ("left", "right"))
    further = answered(conversation, "further", "further!", parent=left)
    further.choose()
    answered(conversation, "more", parent=right)
    assert chosen(conversation) == {"further!"}


# What its owner thinks of it


def test_a_rating_comes_with_its_comment_and_is_taken_back_with_it(conversation):
    message = answered(conversation, "Why?")
    message.rate(-1, "Wrong.")
    message.refresh_from_db()
    assert (message.rating, message.comment) == (-1, "Wrong.")
    message.rate(0, "Still wrong.")
    message.refresh_from_db()
    assert (message.rating, message.comment) == (0, "")


# What hangs below


def test_below_is_the_message_with_all_versions_under_it_and_nothing_else(conversation):
    first = answered(conversation, "1")
    second = answered(conversation, "2", parent=first)
    third = answered(conversation, "3", parent=second)
    other = answered(conversation, "2 again", parent=first)
    assert set(second.below()) == {second.pk, third.parent_id, third.pk}
    assert set(first.parent.below()) == set(conversation.messages.values_list("pk", flat=True))
    assert other.below() == [other.pk]


def test_a_removal_takes_all_below_it_and_what_hangs_on_that_and_nothing_else(conversation, alice):
    first = answered(conversation, "1")
    gone = answered(conversation, "2", parent=first, files=[text_file(alice)])
    below = answered(conversation, "3", parent=gone)
    kept = answered(conversation, "2 again", parent=first)
    again, _ = conversation.go_on(gone, uuid.uuid4(), owner_process="here")
    again.complete("Because. So.", "")
    for message in (below, kept):
        Share.of(message)
        Passage.objects.create(message=message, position=0, words="because")
    gone.parent.remove()
    assert set(conversation.messages.all()) == {first, first.parent, kept, kept.parent}
    assert {generation.message for generation in Generation.objects.all()} == {first, kept}
    assert [share.leaf for share in Share.objects.all()] == [kept]
    assert [passage.message for passage in Passage.objects.all()] == [kept]
    assert alice.files.count() == 1


def test_an_answer_that_went_on_from_a_removed_one_stays(conversation):
    cut = answered(conversation, "Why?", "Bec")
    whole, _ = conversation.go_on(cut, uuid.uuid4(), owner_process="here")
    whole.complete("Because.", "")
    cut.remove()
    assert Generation.objects.get().continues is None
    assert set(conversation.messages.filter(role="assistant")) == {whole.message}


def deep(conversation, messages):
    """The root of so many messages, each below the one before."""
    parent = root = None
    for number in range(messages):
        parent = Message(conversation=conversation, parent=parent, role="user", content=str(number))
        parent.save(force_insert=True)
        root = root or parent
    return root


def test_a_deep_tree_is_removed_in_few_queries(conversation, django_assert_max_num_queries):
    root = deep(conversation, 10 * BATCH)
    with django_assert_max_num_queries(10 * 12):
        root.remove()
    assert not conversation.messages.exists()


def test_a_long_removal_goes_from_the_newest_up_and_leaves_others_their_turn(conversation, monkeypatch):
    """One that ends in the middle leaves a shorter conversation, and nothing that hangs on nothing."""
    root, left = deep(conversation, 3 * BATCH), []
    contents = conversation.messages.order_by("created_at", "pk").values_list("content", flat=True)
    monkeypatch.setattr(time, "sleep", lambda seconds: left.append({int(content) for content in contents.all()}))
    root.remove()
    assert left == [set(range(2 * BATCH)), set(range(BATCH))]
    assert not conversation.messages.exists()


def test_what_was_said_is_not_read_to_remove_it(conversation):
    message = answered(conversation, "Why?").parent
    with CaptureQueriesContext(connection) as queries:
        message.remove()
    assert not conversation.messages.exists()
    assert [query for query in queries.captured_queries if '"content"' in query["sql"]] == []


# Files


def test_files_stay_in_the_order_in_which_they_were_attached(conversation, alice):
    files = [text_file(alice, f"{number}.txt") for number in range(12)][::-1]
    first = answered(conversation, "1", files=files)
    second = answered(conversation, "2", files=files[:1])
    answered(conversation, "3")
    found = attached(conversation.messages.all())
    assert found == {first.parent_id: files, second.parent_id: files[:1]}


def test_files_are_read_without_what_is_in_them_where_that_is_not_needed(
    conversation, alice, django_assert_num_queries
):
    message = answered(conversation, "1", files=[text_file(alice)]).parent
    with django_assert_num_queries(1):
        [file] = attached([message])[message.pk]
        assert file.summary()["name"] == "notes.txt"
    assert file.get_deferred_fields() == {"owner_id", "created_at", "data"}


# What the database refuses by itself


def test_the_database_refuses_a_client_id_twice_in_one_conversation(conversation, alice):
    key = uuid.uuid4()
    conversation.messages.create(role="user", client_id=key)
    with pytest.raises(IntegrityError), transaction.atomic():
        conversation.messages.create(role="user", client_id=key)
    Conversation.objects.create(owner=alice, title="other").messages.create(role="user", client_id=key)


def test_the_database_refuses_an_unknown_role(conversation):
    with pytest.raises(IntegrityError), transaction.atomic():
        conversation.messages.create(role="tool")


def test_the_database_refuses_a_message_that_is_its_own_parent(conversation):
    message = conversation.messages.create(role="user")
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.filter(pk=message.pk).update(parent=message)


def test_the_database_refuses_an_unknown_rating(conversation):
    with pytest.raises(IntegrityError), transaction.atomic():
        conversation.messages.create(role="assistant", rating=2)


def test_a_message_names_itself_for_people(conversation):
    ask(conversation, "Why?")
    assert str(conversation.messages.get(role="user")) == "user: Why?"


def test_of_a_long_message_the_words_are_removed_first_each_time_a_few(conversation):
    message = answered(conversation, "Why?")
    Passage.objects.bulk_create(Passage(message=message, position=at, words="rain") for at in range(3 * AT_ONCE))
    with CaptureQueriesContext(connection) as queries:
        message.parent.remove()
    deleted = [query["sql"] for query in queries.captured_queries if query["sql"].startswith("DELETE")]
    assert [sql.count("passage") > 0 for sql in deleted[:2]] == [True, True]
    assert not Passage.objects.exists()
    assert not conversation.messages.exists()
