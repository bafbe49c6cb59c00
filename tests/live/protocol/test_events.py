"""Events built as docs/protocol.md has them, word by word."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from chat.live import protocol
from chat.live.protocol import Refused
from chat.relay.text import Ending, Frame, Part
from tests.live.protocol.frames import A, B
from tests.support import page_script


def test_an_error_is_built_as_documented():
    assert protocol.error(Refused("busy", "Wait."), "send", "c", "abc") == {
        "type": "error",
        "code": "busy",
        "message": "Wait.",
        "command": "send",
        "conversation": "c",
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
        "thinking_ms": None,
        "model": "",
    }
    failed = protocol.finished(
        key, Ending("failed", None, "lost", "It broke.", 5, left_out=3, thinking_ms=1200, model="m")
    )
    assert failed["error"] == {"code": "lost", "message": "It broke."}
    assert (failed["left_out"], failed["thinking_ms"], failed["model"]) == (3, 1200, "m")


def test_a_welcome_says_version_model_limits_and_defaults():
    limits = protocol.Limits(message_chars=1, instructions_chars=2, files=3, file_bytes=4, image_bytes=5)
    assert protocol.welcome(("m", "host", "a note"), False, limits, {"model": "poet"}) == {
        "type": "welcome",
        "protocol": 2,
        "model": {"name": "m", "provider": "host", "note": "a note", "images": False},
        "limits": {"message_chars": 1, "instructions_chars": 2, "files": 3, "file_bytes": 4, "image_bytes": 5},
        "defaults": {"model": "poet"},
    }


def test_the_other_events_are_built_as_documented():
    summary = {"id": "1", "title": "t"}
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
    script = (Path(__file__).parents[3] / "static/js/connection.js").read_text()
    assert f"const PROTOCOL = {protocol.VERSION};" in script
    assert page_script.PROTOCOL == protocol.VERSION
