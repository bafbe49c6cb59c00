"""What became of an answer, in words."""

import uuid
from datetime import timedelta

import pytest

from chat.models import Conversation, Generation
from chat.review.words import OUTCOME, Outcome, ending, facts, marks, outcome, seconds
from tests.review import rows
from tests.review.rows import ENDS, START


def test_every_status_has_words():
    for status in Generation.Status:
        assert ending(Generation(status=status))
    assert {status.value for status in Generation.Status} == {found.value for found in Outcome} - {"length"}


@pytest.mark.parametrize("status", ["failed", "truncated", "interrupted"])
def test_an_end_that_kept_no_reason_still_says_something(status):
    assert ending(Generation(status=status)).endswith(".")
    assert ending(Generation(status=status, error_text="The reason.")) == f"{Outcome(status).label}: The reason."


def test_only_a_complete_answer_is_cut_at_the_token_limit():
    assert ending(Generation(status="complete", finish_reason="length")) == "Cut at the token limit"
    assert ending(Generation(status="cancelled", finish_reason="length")) == "Stopped by the person"


@pytest.mark.django_db
@pytest.mark.parametrize("end", ENDS)
def test_the_database_finds_the_same_outcome(talk, end):
    generation = rows.answered(talk, "Why?", end=end).generation
    assert Generation.objects.annotate(outcome=OUTCOME).get().outcome == outcome(generation).value == end


def test_facts_say_all_that_is_known_in_order():
    generation = Generation(
        finish_reason="stop",
        model="mira-1",
        provider="Mira",
        started_at=START,
        first_delta_at=START + timedelta(seconds=0.25),
        requested_model="mira",
        thinking_ms=1500,
        finished_at=START + timedelta(seconds=75),
        chunk_count=1200,
        longest_gap_ms=1500,
        closing_ms=0,
        usage={"prompt_tokens": 7, "completion_tokens": 9, "cost": None, "details": {"cached": 1}},
        left_out=3,
        error_code="too_much",
        upstream_request_id="req-1",
    )
    assert facts(generation) == [
        ("Finish reason", "stop"),
        ("Model", "mira-1"),
        ("Model asked for", "mira"),
        ("Provider", "Mira"),
        ("First words after", "0.25 s"),
        ("Thinking", "1.50 s"),
        ("Duration", "1 min 15 s"),
        ("Chunks", "1,200"),
        ("Longest gap", "1.50 s"),
        ("Upstream closed after", "0 ms"),
        ("Usage", '7 prompt tokens, 9 completion tokens, {"cached": 1} details'),
        ("Oldest messages left out", "3"),
        ("Error code", "too_much"),
        ("Request", "req-1"),
    ]


def test_an_answer_that_goes_on_from_another_says_so():
    assert ("Goes on from", "an answer that was cut") in facts(Generation(started_at=START, continues_id=uuid.uuid4()))


def test_several_marks_are_told_in_one_line():
    assert marks(Conversation()) == ""
    assert marks(Conversation(pinned=True, archived=True)) == "Pinned, Archived"


def test_what_is_not_known_is_left_out():
    assert facts(Generation(started_at=START, model="mira-1")) == [("Model", "mira-1")]


@pytest.mark.parametrize(
    ("usage", "words"), [([1, "é"], '[1, "é"]'), ("free", '"free"'), ({"tier": "low"}, "low tier")]
)
def test_usage_may_be_anything(usage, words):
    assert facts(Generation(started_at=START, usage=usage)) == [("Usage", words)]


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0.00 s"), (9.994, "9.99 s"), (10, "10.0 s"), (59.9, "59.9 s"), (3599.6, "60 min 0 s")]
)
def test_lengths_of_time(number, words):
    assert seconds(number) == words
