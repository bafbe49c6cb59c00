"""The words that people read when something went wrong upstream, and what must never stand in them."""

import pytest

from chat.relay import errors
from chat.relay.errors import SHOWN_CHARS, UpstreamError

KEY = "sk-very-secret-0123456789"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "The model's server refused the request (HTTP 400)."),
        (401, "The model's server refused our key (HTTP 401)."),
        (404, "The model's server does not know this model or address (HTTP 404)."),
        (429, "The model's server has too many requests just now (HTTP 429)."),
        (500, "The model's server has a problem of its own (HTTP 500)."),
        (503, "The model's server is overloaded or not ready (HTTP 503)."),
        (599, "The model's server has a problem of its own (HTTP 599)."),
        (302, "The model's server refused the request (HTTP 302)."),
        (418, "The model's server refused the request (HTTP 418)."),
    ],
)
def test_a_status_is_told_in_words_and_as_a_number(status, words):
    error = errors.refused(status)
    assert (error.code, error.status, str(error)) == ("upstream_refused", status, words)


def test_what_the_server_said_is_added_in_one_line():
    error = errors.refused(429, " Rate limit\n reached.\t Try later. ")
    assert str(error) == "The model's server has too many requests just now (HTTP 429): Rate limit reached. Try later."


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (errors.reported("Overloaded"), "upstream_error", "The model's server reported an error: Overloaded"),
        (errors.reported(" \n"), "upstream_error", "The model's server reported an error."),
        (errors.unreachable("host:1"), "unreachable", "The model's server at host:1 could not be reached."),
        (errors.lost("reset"), "connection_lost", "The connection to the model's server broke: reset"),
        (
            errors.not_a_stream("a web page"),
            "not_a_stream",
            "The model's server answered with a web page instead of an answer.",
        ),
        (
            errors.garbled("text that is no JSON"),
            "garbled",
            "The model's server sent something that could not be understood: text that is no JSON.",
        ),
        (
            errors.too_much("a line", 1048576, "bytes"),
            "too_much",
            "The model's server sent a line of more than 1,048,576 bytes.",
        ),
        (
            errors.too_slow("silence_timeout", "sent nothing for", 60.0),
            "silence_timeout",
            "The model's server sent nothing for 60 seconds, so the answer was given up.",
        ),
        (
            errors.too_slow("silence_timeout", "sent nothing for", 0.5),
            "silence_timeout",
            "The model's server sent nothing for 0.5 seconds, so the answer was given up.",
        ),
    ],
)
def test_each_error_has_a_code_for_programs_and_a_sentence_for_people(error, code, words):
    assert (error.code, str(error), error.status) == (code, words, None)


def test_the_key_is_blotted_out_wherever_the_server_repeats_it():
    error = errors.refused(401, f"Incorrect API key: {KEY}. Not '{KEY}'?").without(KEY)
    assert str(error).endswith("Incorrect API key: [key]. Not '[key]'?")
    assert (error.code, error.status) == ("upstream_refused", 401)


def test_without_a_key_nothing_is_blotted_out():
    assert str(errors.reported("Overloaded").without("")) == "The model's server reported an error: Overloaded"


def test_a_long_error_is_cut_for_people():
    shown = str(errors.reported("x" * 100_000).without(KEY))
    assert len(shown) == SHOWN_CHARS + 1
    assert shown.endswith("x…")


def test_an_error_that_is_not_long_is_not_cut():
    error = UpstreamError("code", "x" * SHOWN_CHARS)
    assert str(error.without(KEY)) == str(error)


def test_a_cut_through_the_key_leaves_nothing_of_it():
    for before in range(SHOWN_CHARS - 100, SHOWN_CHARS):
        shown = str(errors.reported("x" * before + KEY + "x" * 100).without(KEY))
        assert "sk" not in shown


@pytest.mark.parametrize("name", ["TRUNCATED", "INTERRUPTED", "INTERNAL", "UNSTORED"])
def test_the_ends_that_are_nobodys_exception_have_a_code_and_a_sentence(name):
    code, words = getattr(errors, name)
    assert code == name.lower()
    assert words.endswith(".")


@pytest.mark.parametrize(
    "detail",
    [
        "request (13920 tokens) exceeds the available context size (8192 tokens), try increasing it",
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    ],
)
def test_a_prompt_that_is_too_long_for_the_model_is_told_in_our_words(detail):
    error = errors.refused(400, detail)
    assert str(error).startswith("The conversation is too long for this model")
    assert "8192 tokens" in str(error)
    assert not str(errors.refused(400, "No context given")).startswith("The conversation")
