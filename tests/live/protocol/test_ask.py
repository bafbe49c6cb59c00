"""The temporary chat and the list of models, as they are said: docs/protocol.md."""

import json
from datetime import UTC, datetime

import pytest

from chat.live import protocol
from chat.live.protocol import Said, parse
from chat.live.protocol.reading import ASKED
from chat.relay.listing import Model
from tests.live.protocol.frames import LIMIT, A, B, frame, refused


def ask(*messages, **fields):
    said = [{"role": role, "content": content} for role, content in messages]
    return frame("ask", client_id=A, messages=said, **fields)


def test_the_messages_of_a_temporary_chat_are_read_with_their_roles():
    command = parse(ask(("user", "Why?"), ("assistant", "So.\0"), ("user", "And?")), LIMIT)
    assert command.messages == (Said("user", "Why?"), Said("assistant", "So."), Said("user", "And?"))


def test_its_options_are_cleaned_like_those_of_a_conversation():
    command = parse(ask(("user", "Hi"), options={"model": " a\0 ", "instructions": " \u200b", "temperature": 0}), LIMIT)
    assert command.options == protocol.Options("a", "", 0.0)


@pytest.mark.parametrize("messages", [[], [("assistant", "So.")], [("user", "Why?"), ("assistant", "So.")]])
def test_the_last_message_is_the_persons(messages):
    assert refused(ask(*messages)) == "bad_command"


@pytest.mark.parametrize("place", [0, 2])
def test_none_of_what_the_person_said_may_be_too_long(place):
    messages = [("user", "Why?"), ("assistant", "So."), ("user", "And?")]
    messages[place] = ("user", "x" * LIMIT)
    assert parse(ask(*messages), LIMIT).messages[place].content == "x" * LIMIT
    messages[place] = ("user", "x" * (LIMIT + 1))
    assert refused(ask(*messages)) == "too_large"


def test_an_answer_may_be_longer_than_what_a_person_may_say():
    messages = [("user", "Why?"), ("assistant", "x" * 20 * LIMIT), ("user", "And?")]
    assert parse(ask(*messages), LIMIT).messages[1].content == "x" * 20 * LIMIT


def test_the_page_says_how_many_messages_a_command_had_no_room_for():
    assert parse(ask(("user", "Hi")), LIMIT).left_out == 0
    assert parse(ask(("user", "Hi"), left_out=7), LIMIT).left_out == 7
    assert refused(ask(("user", "Hi"), left_out=-1)) == "bad_command"


def test_there_may_be_so_many_messages_and_no_more():
    messages = [("user", "Hi")] * ASKED
    assert len(parse(ask(*messages), LIMIT).messages) == ASKED == 200
    assert refused(ask(*messages, ("user", "Hi"))) == "too_large"


def test_the_last_one_needs_words_and_answers_without_any_are_passed_over():
    assert refused(ask(("user", "Why?"), ("assistant", "So."), ("user", " \u200b"))) == "empty"
    command = parse(ask(("user", "Why?"), ("assistant", ""), ("user", "Why?")), LIMIT)
    assert command.messages == (Said("user", "Why?"),) * 2


def test_the_row_of_an_answer_that_is_stored_nowhere():
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    event = protocol.message(None, protocol.temporary(A, B, now))
    assert json.loads(protocol.encode(event)) == {
        "type": "message",
        "conversation": None,
        "message": {
            "id": str(A),
            "parent": str(B),
            "role": "assistant",
            "content": "",
            "reasoning": "",
            "client_id": None,
            "created": "2026-11-21T12:00:00+00:00",
            "files": [],
            "chosen": False,
            "rating": 0,
            "comment": "",
            "generation": {
                "id": str(A),
                "status": "streaming",
                "phase": "queued",
                "finish_reason": None,
                "error": None,
                "model": "",
                "left_out": 0,
                "thinking_ms": None,
                "cursor": 0,
            },
        },
    }


def test_models_are_told_in_their_order_with_what_is_known_of_them():
    offered = [Model("b", True), Model("a", False), Model("c")]
    assert protocol.models(offered, "b", "") == {
        "type": "models",
        "models": [{"id": "b", "images": True}, {"id": "a", "images": False}, {"id": "c", "images": None}],
        "default": "b",
        "trouble": "",
    }
    nothing = protocol.models([], "", "It could not be reached.")
    assert nothing == {"type": "models", "models": [], "default": "", "trouble": "It could not be reached."}
