"""Commands parsed and checked, events built: docs/protocol.md, word by word."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.live import protocol
from chat.live.protocol import (
    TITLE_CHARS,
    Ack,
    Cancel,
    Delete,
    Edit,
    Open,
    Ping,
    Refused,
    Regenerate,
    Rename,
    Send,
    parse,
)
from chat.models import Conversation
from chat.relay.text import Ending, Frame, Part

A, B = UUID("11111111-1111-4111-8111-111111111111"), UUID("22222222-2222-4222-8222-222222222222")
LIMIT = 100


def frame(kind, **fields):
    return json.dumps({"type": kind, **fields})


def refused(text):
    with pytest.raises(Refused) as refusal:
        parse(text, LIMIT)
    assert str(refusal.value), "a refusal has words for people"
    return refusal.value.code


# Commands


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (frame("open", conversation=str(A)), Open(A)),
        (frame("open", conversation=None), Open(None)),
        (frame("open", conversation=str(A), generation=str(B), cursor=7), Open(A, B, 7)),
        (frame("open", conversation=str(A), generation=None, cursor=0), Open(A)),
        (frame("send", client_id=str(A), conversation=None, parent=None, content="Hi"), Send(A, None, None, "Hi")),
        (frame("send", client_id=str(A), conversation=str(B), parent=str(B), content=" Hi "), Send(A, B, B, " Hi ")),
        (frame("edit", client_id=str(A), message=str(B), content="Hi"), Edit(A, B, "Hi")),
        (frame("regenerate", client_id=str(A), message=str(B)), Regenerate(A, B)),
        (frame("cancel", generation=str(A)), Cancel(A)),
        (frame("ack", generation=str(A), cursor=12), Ack(A, 12)),
        (frame("rename", conversation=str(A), title=" The\t sky\n"), Rename(A, "The sky")),
        (frame("delete", conversation=str(A)), Delete(A)),
        (frame("ping"), Ping()),
        (frame("ping", later="field"), Ping()),
        (frame("open", conversation=A.hex), Open(A)),
    ],
)
def test_a_good_command_is_read(text, command):
    assert parse(text, LIMIT) == command


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "{",
        "null",
        "[]",
        '"ping"',
        "7",
        "{}",
        '{"type": null}',
        '{"type": 7}',
        '{"type": ["ping"]}',
        frame("cancel"),
        frame("cancel", generation=None),
        frame("cancel", generation="all"),
        frame("cancel", generation=7),
        frame("open"),
        frame("rename", conversation=None, title="The sky"),
        frame("rename", conversation=str(A)),
        frame("rename", conversation=str(A), title=None),
        frame("delete", conversation=None),
        frame("delete"),
        frame("open", conversation=str(A), cursor="7"),
        frame("open", conversation=str(A), cursor=1.5),
        frame("open", conversation=str(A), cursor=None),
        frame("ack", generation=str(A)),
        frame("ack", generation=str(A), cursor=True),
        frame("send", client_id=str(A), conversation=None, parent=None),
        frame("send", client_id=str(A), conversation=None, parent=None, content=None),
        frame("send", client_id=str(A), conversation=None, parent=None, content=["Hi"]),
        frame("send", client_id=None, conversation=None, parent=None, content="Hi"),
        frame("send", conversation=None, parent=None, content="Hi"),
        frame("edit", client_id=str(A), message=None, content="Hi"),
        frame("regenerate", client_id="", message=str(A)),
        '{"type":"send","client_id":"' + str(A) + '","conversation":null,"parent":null,"content":"\\ud83d"}',
        '{"type":"ack","generation":"' + str(A) + '","cursor":' + "9" * 5000 + "}",
        "[" * 100_000,
        '{"type":' * 50_000,
        '{"type":"ping"}{"type":"ping"}',
        '{"type":"ping"',
        "\ufeff" + frame("ping"),
    ],
)
def test_a_malformed_command_is_refused(text):
    assert refused(text) == "bad_command"


@pytest.mark.parametrize("kind", ["", "Ping", "PING", "ping ", "dance", "_command", "begin", "change", "welcome", "\0"])
def test_an_unknown_command_is_refused_as_such(kind):
    assert refused(frame(kind)) == "unknown_command"
    assert refused(frame(kind, content=["anything"])) == "unknown_command"


@pytest.mark.parametrize("kind", ["send", "edit"])
@pytest.mark.parametrize("content", ["", " ", "\n\t \u2003", "\u2028"])
def test_a_message_without_a_visible_character_is_refused(kind, content):
    assert refused(said(kind, content)) == "empty"


@pytest.mark.parametrize("kind", ["send", "edit"])
@pytest.mark.parametrize("content", ["\0", "\0 \0", "\u200b", "\u2060\ufeff"])
def test_a_message_of_invisible_characters_only_is_refused_too(kind, content):
    assert refused(said(kind, content)) == "empty"


@pytest.mark.parametrize("kind", ["send", "edit"])
def test_a_message_may_have_as_many_characters_as_said_and_no_more(kind):
    assert parse(said(kind, "👋" * LIMIT), LIMIT).content == "👋" * LIMIT
    assert refused(said(kind, "x" * (LIMIT + 1))) == "too_large"


def test_a_message_loses_the_character_that_databases_refuse():
    assert parse(said("send", "a\0b\0"), LIMIT).content == "ab"


@pytest.mark.parametrize("title", ["", " \n", "\0", "\u200b\u2060"])
def test_a_title_without_a_visible_character_is_refused(title):
    assert refused(frame("rename", conversation=str(A), title=title)) == "empty"


def test_a_title_has_room_in_its_column():
    assert Conversation._meta.get_field("title").max_length >= TITLE_CHARS


def test_a_title_has_as_many_characters_as_said_and_no_more():
    assert parse(frame("rename", conversation=str(A), title="👋" * TITLE_CHARS), LIMIT).title == "👋" * TITLE_CHARS
    assert refused(frame("rename", conversation=str(A), title="x" * (TITLE_CHARS + 1))) == "too_large"


@given(st.text())
def test_every_title_that_is_taken_is_one_line(text):
    with suppress(Refused):
        title = parse(frame("rename", conversation=str(A), title=text), LIMIT).title
        assert title == " ".join(title.split())
        assert "\0" not in title
        assert 0 < len(title) <= TITLE_CHARS


def said(kind, content):
    if kind == "send":
        return frame("send", client_id=str(A), conversation=None, parent=None, content=content)
    return frame("edit", client_id=str(A), message=str(B), content=content)


@given(st.text())
def test_any_text_is_a_command_or_refused(text):
    _parsed_or_refused(text)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(str(A)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_kinds = st.sampled_from([kind.__name__.lower() for kind in protocol.Command.__args__]) | st.text() | _json
_fields = st.sampled_from(
    ["conversation", "generation", "cursor", "client_id", "parent", "content", "message", "title"]
)


@given(_kinds, st.dictionaries(_fields, _json))
def test_any_json_is_a_command_or_refused(kind, fields):
    _parsed_or_refused(json.dumps({"type": kind, **fields}))


@given(st.text() | st.builds(lambda kind, key: json.dumps({"type": kind, "client_id": key}), _json, _json))
def test_what_a_refusal_answers_is_named_as_far_as_it_can_be_read(text):
    kind, client_id = protocol.names_in(text)
    assert kind is None or isinstance(kind, str)
    assert client_id is None or isinstance(client_id, str)
    json.loads(protocol.encode(protocol.error(Refused("code", "words"), kind, client_id)))


def _parsed_or_refused(text):
    refusal = None
    try:
        parse(text, LIMIT)
    except Refused as found:
        refusal = found
    if refusal:
        assert refusal.code in {"bad_command", "unknown_command", "empty", "too_large"}
        json.loads(protocol.encode(protocol.error(refusal, *protocol.names_in(text))))


def test_a_refusal_names_the_command_that_it_answers():
    assert protocol.names_in(frame("send", client_id="abc", content=7)) == ("send", "abc")
    assert protocol.names_in(frame("send", client_id=7)) == ("send", None)
    assert protocol.names_in("no json") == (None, None)


# Events


def test_an_error_is_built_as_documented():
    assert protocol.error(Refused("busy", "Wait."), "send", "abc") == {
        "type": "error",
        "code": "busy",
        "message": "Wait.",
        "command": "send",
        "client_id": "abc",
    }


def test_a_notice_is_built_as_documented():
    assert protocol.notice("branched", "Beside the newer ones.", A, B) == {
        "type": "notice",
        "code": "branched",
        "message": "Beside the newer ones.",
        "conversation": str(A),
        "client_id": str(B),
    }


def test_a_frame_with_text_is_a_delta():
    key = uuid4()
    parts = (Part("reasoning", "hm"), Part("content", "yes"))
    assert protocol.frame(key, Frame(3, 8, parts, "writing")) == {
        "type": "delta",
        "generation": str(key),
        "from": 3,
        "to": 8,
        "parts": [{"kind": "reasoning", "text": "hm"}, {"kind": "content", "text": "yes"}],
    }


def test_a_frame_without_text_is_a_position():
    key = uuid4()
    assert protocol.frame(key, Frame(3, 3, (), "thinking")) == {
        "type": "position",
        "generation": str(key),
        "to": 3,
        "status": "streaming",
        "phase": "thinking",
    }


def test_an_ending_is_finished_with_its_error_or_none():
    key = uuid4()
    assert protocol.finished(key, Ending("complete", "length", cursor=5)) == {
        "type": "finished",
        "generation": str(key),
        "to": 5,
        "status": "complete",
        "finish_reason": "length",
        "error": None,
        "left_out": 0,
    }
    failed = protocol.finished(key, Ending("failed", None, "lost", "It broke.", 5, left_out=3))
    assert (failed["error"], failed["left_out"]) == ({"code": "lost", "message": "It broke."}, 3)


def test_a_welcome_says_version_model_and_limits():
    assert protocol.welcome("m", "host", "a note", 100) == {
        "type": "welcome",
        "protocol": 1,
        "model": {"name": "m", "provider": "host", "note": "a note"},
        "limits": {"message_chars": 100},
    }


def test_the_other_events_are_built_as_documented():
    summary = protocol.Summary(id="1", title="t", updated="now", generating=False)
    assert protocol.transcript(None, []) == {"type": "transcript", "conversation": None, "messages": []}
    assert protocol.conversation(summary) == {"type": "conversation", **summary}
    assert protocol.message(A, {})["conversation"] == str(A)
    assert protocol.deleted(A) == {"type": "deleted", "conversation": str(A)}
    assert protocol.pong() == {"type": "pong"}
    assert protocol.moment(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == "2026-01-02T03:04:05+00:00"


@given(st.text())
def test_every_text_travels_as_it_is(text):
    assert json.loads(protocol.encode({"type": "delta", "text": text}))["text"] == text


def test_the_page_speaks_the_version_that_the_server_speaks():
    script = (Path(__file__).parents[2] / "static/js/connection.js").read_text()
    assert f"const PROTOCOL = {protocol.VERSION};" in script
