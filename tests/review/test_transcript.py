"""The tree of messages as something to read: the main line, and every branch that leaves it."""

import random
from datetime import timedelta

import pytest

from chat.models import Message
from chat.review.transcript import read
from tests.review import rows
from tests.review.rows import START

pytestmark = pytest.mark.django_db


def steps_of(talk):
    return read(talk.messages.select_related("generation").order_by("created_at", "pk"))


def texts(entries):
    return [entry.message.content for entry in entries]


def main_line(steps):
    return texts(step.entry for step in steps)


def branches(steps):
    return [texts(branch.entries) for step in steps for branch in step.branches]


def everything(steps):
    return [entry.message.pk for step in steps for entry in [*_beside(step), step.entry]]


def _beside(step):
    return [entry for branch in step.branches for entry in branch.entries]


def test_a_straight_conversation_is_its_main_line(talk):
    first = rows.answered(talk, "Why?", "Because.")
    rows.answered(talk, "Really?", "Yes.", parent=first)
    steps = steps_of(talk)
    assert main_line(steps) == ["Why?", "Because.", "Really?", "Yes."]
    assert branches(steps) == []
    assert [step.entry.number for step in steps] == [1, 2, 3, 4]
    assert {step.entry.versions for step in steps} == {1}


def test_a_conversation_without_messages_has_no_steps(talk):
    assert steps_of(talk) == []


def test_other_versions_of_an_answer_stand_where_the_answer_stands(talk):
    first = rows.answered(talk, "Why?", "One.")
    second = rows.answered_again(talk, first, "Two.")
    rows.answered_again(talk, second, "Three.")
    steps = steps_of(talk)
    assert main_line(steps) == ["Why?", "Three."]
    assert branches(steps) == [["One."], ["Two."]]
    assert [(branch.first.version, branch.after.message.content) for branch in steps[1].branches] == [
        (1, "Why?"),
        (2, "Why?"),
    ]
    assert (steps[1].entry.version, steps[1].entry.versions, steps[1].messages_beside) == (3, 3, 2)


def test_the_main_line_leads_to_the_newest_message_and_not_to_the_newest_version(talk):
    first = rows.answered(talk, "Why?", "One.")
    rows.answered_again(talk, first, "Two.")
    rows.answered(talk, "Go on with one.", "Gladly.", parent=first)
    steps = steps_of(talk)
    assert main_line(steps) == ["Why?", "One.", "Go on with one.", "Gladly."]
    assert branches(steps) == [["Two."]]


def test_an_edited_beginning_keeps_all_that_followed_it(talk):
    first = rows.answered(talk, "Why?", "One.")
    rows.answered(talk, "More?", "No.", parent=first)
    rows.answered(talk, "Why not?", "Two.")
    steps = steps_of(talk)
    assert main_line(steps) == ["Why not?", "Two."]
    assert branches(steps) == [["Why?", "One.", "More?", "No."]]
    assert steps[0].branches[0].after is None, "it is the beginning"


def test_a_branch_that_forks_is_followed_by_its_own_branches(talk):
    first = rows.answered(talk, "Why?", "One.")
    rows.answered_again(talk, first, "Two.")
    rows.answered(talk, "More of one?", "Yes.", parent=first)
    rows.answered(talk, "Why not?", "Three.")
    steps = steps_of(talk)
    assert branches(steps) == [["Why?", "One.", "More of one?", "Yes."], ["Two."]]
    assert steps[0].branches[1].after.message.content == "Why?"


def test_every_message_of_any_tree_appears_exactly_once(talk):
    chance = random.Random(7)  # noqa: S311  the same tree every time
    made = []
    for number in range(300):
        parent = chance.choice([None, *made[-40:]])
        moment = START + timedelta(seconds=number)
        made.append(Message(conversation=talk, parent=parent, role="user", content=str(number), created_at=moment))
    Message.objects.bulk_create(made)
    steps = steps_of(talk)
    assert sorted(everything(steps)) == sorted(message.pk for message in made)
    assert steps[-1].entry.message == made[-1], "the main line ends with the newest"


def test_a_deep_tree_with_a_branch_at_every_message_needs_no_recursion(talk):
    line = rows.chain(talk, 2000)
    rows.chain(talk, 1, parent=line[0])  # newer: so the deep line itself becomes a branch
    steps = steps_of(talk)
    assert main_line(steps) == ["word 0", "word 0"]
    assert branches(steps) == [[f"word {number}" for number in range(1, 2000)]]


def test_a_clock_that_was_set_back_loses_and_repeats_nothing(talk):
    line = rows.chain(talk, 4)
    Message.objects.filter(pk=line[2].pk).update(created_at=START - timedelta(days=1))
    steps = steps_of(talk)
    assert main_line(steps) == ["word 0", "word 1", "word 2", "word 3"]


def test_the_transcript_takes_one_query(talk, django_assert_num_queries):
    for text in ("one", "two", "three"):
        rows.answered(talk, text)
    with django_assert_num_queries(1):
        steps_of(talk)


def test_status_outcome_and_facts_come_from_the_generation(talk):
    rows.answered(talk, "Why?", end="length", model="mira-1")
    said, answer = (step.entry for step in steps_of(talk))
    assert (said.status, said.outcome, said.ending, said.facts) == ("complete", "", "", [])
    assert (answer.status, answer.outcome, answer.ending) == ("complete", "length", "Cut at the token limit")
    assert ("Model", "mira-1") in answer.facts
