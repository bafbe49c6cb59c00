"""What stands in a command: texts cleaned and measured, and what a refusal answers."""

import json
from contextlib import suppress
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.live import protocol
from chat.live.protocol import (
    COMMENT_CHARS,
    FILES,
    INSTRUCTIONS_CHARS,
    MODEL_CHARS,
    TITLE_CHARS,
    Refused,
    parse,
)
from chat.models import Conversation, Generation, Profile
from chat.models import profile as profiles
from tests.live.protocol.frames import LIMIT, A, B, configure, frame, refused, send


def said(kind, content):
    """A message in each of the commands that carry one."""
    return {
        "send": send(content=content),
        "edit": frame("edit", client_id=A, message=B, content=content),
        "ask": frame("ask", client_id=A, messages=[{"role": "user", "content": content}]),
    }[kind]


def words_in(command):
    return command.messages[-1].content if isinstance(command, protocol.Ask) else command.content


def titled(title):
    return frame("rename", conversation=A, title=title)


def rated(comment):
    return frame("rate", message=A, rating=1, comment=comment)


# Messages


@pytest.mark.parametrize("kind", ["send", "edit", "ask"])
@pytest.mark.parametrize("content", ["", " ", "\n\t \u2003", "\u2028"])
def test_a_message_without_a_visible_character_is_refused(kind, content):
    assert refused(said(kind, content)) == "empty"


@pytest.mark.parametrize("kind", ["send", "edit", "ask"])
@pytest.mark.parametrize("content", ["\0", "\0 \0", "\u200b", "\u2060\ufeff"])
def test_a_message_of_invisible_characters_only_is_refused_too(kind, content):
    assert refused(said(kind, content)) == "empty"


@pytest.mark.parametrize("kind", ["send", "edit", "ask"])
def test_a_message_may_have_as_many_characters_as_said_and_no_more(kind):
    assert words_in(parse(said(kind, "👋" * LIMIT), LIMIT)) == "👋" * LIMIT
    assert refused(said(kind, "x" * (LIMIT + 1))) == "too_large"


@pytest.mark.parametrize("kind", ["send", "edit", "ask"])
def test_a_message_loses_the_character_that_databases_refuse(kind):
    assert words_in(parse(said(kind, "a\0b\0"), LIMIT)) == "ab"


# Files


@pytest.mark.parametrize("content", ["", " \n", "\0", "\u200b"])
def test_with_files_a_message_may_be_empty(content):
    assert parse(send(content=content, files=[A]), LIMIT).content == ""
    assert refused(send(content=content, files=[])) == "empty"


def test_a_message_with_files_is_measured_too():
    assert refused(send(content="x" * (LIMIT + 1), files=[A])) == "too_large"


def test_a_message_takes_as_many_files_as_said_and_no_more():
    files = [uuid4() for _ in range(FILES + 1)]
    assert parse(send(files=files[1:]), LIMIT).files == tuple(files[1:])
    assert refused(send(files=files)) == "too_large"


def test_a_file_that_is_named_twice_is_one():
    assert parse(send(files=[A, B, A] + [B] * FILES), LIMIT).files == (A, B)


# Titles


@pytest.mark.parametrize("title", ["", " \n", "\0", "\u200b\u2060"])
def test_a_title_without_a_visible_character_is_refused(title):
    assert refused(titled(title)) == "empty"


def test_a_title_has_as_many_characters_as_said_and_no_more():
    assert parse(titled("👋" * TITLE_CHARS), LIMIT).title == "👋" * TITLE_CHARS
    assert refused(titled("x" * (TITLE_CHARS + 1))) == "too_large"


@given(st.text())
def test_every_title_that_is_taken_is_one_line(text):
    with suppress(Refused):
        title = parse(titled(text), LIMIT).title
        assert title == " ".join(title.split())
        assert "\0" not in title
        assert 0 < len(title) <= TITLE_CHARS


# Options


@pytest.mark.parametrize("written", [lambda **options: configure(**options), lambda **options: send(options=options)])
def test_options_are_measured_and_cleaned_wherever_they_stand(written):
    options = parse(written(model=" po\0et\n", instructions="Rhy\0me.\n"), LIMIT).options
    assert (options.model, options.instructions) == ("poet", "Rhyme.\n")
    assert parse(written(instructions=" \0\n\u200b"), LIMIT).options.instructions == ""
    longest = parse(written(model="👋" * MODEL_CHARS, instructions="👋" * INSTRUCTIONS_CHARS), LIMIT).options
    assert (len(longest.model), len(longest.instructions)) == (MODEL_CHARS, INSTRUCTIONS_CHARS)
    assert refused(written(model="x" * (MODEL_CHARS + 1))) == "too_large"
    assert refused(written(instructions="x" * (INSTRUCTIONS_CHARS + 1))) == "too_large"


def test_the_model_of_another_answer_is_measured_and_cleaned_too():
    assert parse(frame("regenerate", client_id=A, message=B, model=" po\0et "), LIMIT).model == "poet"
    assert refused(frame("regenerate", client_id=A, message=B, model="x" * (MODEL_CHARS + 1))) == "too_large"


# Comments and links


def test_a_comment_is_cleaned_and_measured_and_may_be_empty():
    assert parse(rated("Wro\0ng.\n"), LIMIT).comment == "Wrong.\n"
    assert parse(rated(""), LIMIT).comment == ""
    assert parse(rated("👋" * COMMENT_CHARS), LIMIT).comment == "👋" * COMMENT_CHARS
    assert refused(rated("x" * (COMMENT_CHARS + 1))) == "too_large"


def test_a_link_loses_the_character_that_databases_refuse():
    assert parse(frame("unshare", share="a\0b"), LIMIT).share == "ab"


# What holds for all texts


@pytest.mark.parametrize("text", [send(content="@"), titled("@"), rated("@"), configure(instructions="@")])
def test_half_a_surrogate_pair_makes_any_command_unreadable(text):
    parse(text, LIMIT)
    assert refused(text.replace("@", "\\ud83d")) == "bad_command"


def test_what_is_taken_has_room_in_its_column():
    for model, column, most in [
        (Conversation, "title", TITLE_CHARS),
        (Conversation, "model", MODEL_CHARS),
        (Generation, "requested_model", MODEL_CHARS),
        (Profile, "model", MODEL_CHARS),
    ]:
        assert model._meta.get_field(column).max_length >= most


def test_what_a_person_may_set_as_a_default_a_conversation_takes():
    assert profiles.INSTRUCTIONS_CHARS == INSTRUCTIONS_CHARS
    assert parse(configure(max_tokens=profiles.MOST_TOKENS), LIMIT)
    assert refused(configure(max_tokens=profiles.MOST_TOKENS + 1)) == "bad_command"


# What a refusal answers


_json = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=2)


def _named(kind, conversation, key):
    return json.dumps({"type": kind, "conversation": conversation, "client_id": key})


@given(st.text() | st.builds(_named, _json, _json, _json))
def test_what_a_refusal_answers_is_named_as_far_as_it_can_be_read(text):
    names = protocol.names_in(text)
    assert all(name is None or isinstance(name, str) for name in names)
    json.loads(protocol.encode(protocol.error(Refused("code", "words"), *names)))


def test_a_refusal_names_the_command_that_it_answers():
    assert protocol.names_in(frame("send", client_id="abc", content=7)) == ("send", None, "abc")
    assert protocol.names_in(frame("send", client_id=7)) == ("send", None, None)
    assert protocol.names_in(frame("open", conversation="c", cursor=None)) == ("open", "c", None)
    assert protocol.names_in('{"type": "send", "client_id": "abc", "content": "\\ud83d"}') == ("send", None, "abc")
    assert protocol.names_in("no json") == (None, None, None)
