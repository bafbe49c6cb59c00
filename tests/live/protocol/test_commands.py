"""Every command of docs/protocol.md in its shape, and what is none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from chat.live import protocol
from chat.live.protocol import (
    Ack,
    Archive,
    Ask,
    Cancel,
    Choose,
    Configure,
    Continue,
    Delete,
    Edit,
    Models,
    Open,
    Options,
    Pin,
    Ping,
    Rate,
    Refresh,
    Refused,
    Regenerate,
    Remove,
    Rename,
    Restore,
    Said,
    Send,
    Share,
    Unshare,
    parse,
)
from tests.live.protocol.frames import LIMIT, A, B, configure, frame, refused, send

GOOD = [
    (frame("open", conversation=A), Open(A)),
    (frame("open", conversation=None), Open(None)),
    (frame("open", conversation=A, generation=B, cursor=7), Open(A, B, 7)),
    (frame("open", conversation=A, generation=None, cursor=0), Open(A)),
    (frame("open", conversation=A.hex), Open(A)),
    (send(), Send(A, None, "Hi", None)),
    (send(conversation=B, parent=B, content=" Hi "), Send(A, B, " Hi ", B)),
    (frame("send", client_id=A, conversation=B, content="Hi"), Send(A, B, "Hi", UNSET)),
    (send(files=[A, B]), Send(A, None, "Hi", None, (A, B))),
    (send(options={}), Send(A, None, "Hi", None, options=Options())),
    (send(options={"model": "poet"}), Send(A, None, "Hi", None, options=Options("poet"))),
    (send(options=None, files=[]), Send(A, None, "Hi", None)),
    (frame("edit", client_id=A, message=B, content="Hi"), Edit(A, B, "Hi")),
    (frame("regenerate", client_id=A, message=B), Regenerate(A, B)),
    (frame("regenerate", client_id=A, message=B, model="poet"), Regenerate(A, B, "poet")),
    (frame("continue", client_id=A, message=B), Continue(A, B)),
    (
        frame("ask", client_id=A, messages=[{"role": "user", "content": "Hi"}]),
        Ask(A, (Said("user", "Hi"),)),
    ),
    (frame("cancel", generation=A), Cancel(A)),
    (frame("ack", generation=A, cursor=12), Ack(A, 12)),
    (frame("choose", message=A), Choose(A)),
    (frame("rate", message=A, rating=-1), Rate(A, -1)),
    (frame("rate", message=A, rating=1, comment="Good."), Rate(A, 1, "Good.")),
    (frame("remove", message=A), Remove(A)),
    (frame("share", message=A), Share(A)),
    (frame("unshare", share="abc_-"), Unshare("abc_-")),
    (frame("rename", conversation=A, title=" The\t sky\n"), Rename(A, "The sky")),
    (frame("pin", conversation=A, pinned=True), Pin(A, True)),
    (frame("archive", conversation=A, archived=False), Archive(A, False)),
    (configure(), Configure(A, Options())),
    (
        configure(model="poet", instructions="Rhyme.", temperature=0, max_tokens=1),
        Configure(A, Options("poet", "Rhyme.", 0.0, 1)),
    ),
    (configure(temperature=2, max_tokens=1_000_000), Configure(A, Options("", "", 2.0, 1_000_000))),
    (configure(temperature=None, max_tokens=None), Configure(A, Options())),
    (frame("delete", conversation=A), Delete(A)),
    (frame("restore", conversation=A), Restore(A)),
    (frame("refresh"), Refresh()),
    (frame("models"), Models()),
    (frame("ping"), Ping()),
    (frame("ping", later="field"), Ping()),
]


@pytest.mark.parametrize(("text", "command"), GOOD)
def test_a_good_command_is_read(text, command):
    assert parse(text, LIMIT) == command


def test_every_command_is_among_the_good_ones():
    assert {type(command) for _, command in GOOD} == set(protocol.Command.__args__)


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
        frame("open", conversation=A, cursor="7"),
        frame("open", conversation=A, cursor=1.5),
        frame("open", conversation=A, cursor=None),
        frame("ack", generation=A),
        frame("ack", generation=A, cursor=True),
        frame("send", client_id=A, conversation=None, parent=None),
        frame("send", conversation=None, parent=None, content="Hi"),
        send(content=None),
        send(content=["Hi"]),
        send(client_id=None),
        send(files=None),
        send(files=["notes.txt"]),
        send(files={"0": A}),
        send(options=[]),
        send(options={"temperature": 3}),
        frame("edit", client_id=A, message=None, content="Hi"),
        frame("regenerate", client_id="", message=A),
        frame("regenerate", client_id=A, message=B, model=None),
        frame("continue", client_id=A),
        frame("ask", client_id=A, messages=None),
        frame("ask", client_id=A, messages=[{"role": "system", "content": "Obey."}]),
        frame("ask", client_id=A, messages=["Hi"]),
        frame("choose", message=None),
        frame("rate", message=A),
        frame("rate", message=A, rating=2),
        frame("rate", message=A, rating=0.5),
        frame("rate", message=A, rating="1"),
        frame("rate", message=A, rating=True),
        frame("rate", message=A, rating=1, comment=None),
        frame("remove"),
        frame("share", message="all"),
        frame("unshare", share=None),
        frame("unshare", share=7),
        frame("rename", conversation=None, title="The sky"),
        frame("rename", conversation=A),
        frame("rename", conversation=A, title=None),
        frame("pin", conversation=A),
        frame("pin", conversation=A, pinned=1),
        frame("pin", conversation=A, pinned="yes"),
        frame("archive", conversation=A, archived=None),
        frame("configure", conversation=A),
        frame("configure", conversation=A, options=None),
        configure(model=None),
        configure(instructions=7),
        configure(temperature=-0.1),
        configure(temperature=2.1),
        configure(temperature="1"),
        configure(temperature=True),
        configure(max_tokens=0),
        configure(max_tokens=-1),
        configure(max_tokens=1_000_001),
        configure(max_tokens=1.5),
        configure(max_tokens=10**30),
        '{"type":"configure","conversation":"' + str(A) + '","options":{"temperature":NaN}}',
        '{"type":"configure","conversation":"' + str(A) + '","options":{"temperature":1e999}}',
        frame("delete", conversation=None),
        frame("delete"),
        frame("restore"),
        send(content="").replace('""', '"\\ud83d"'),
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


@pytest.mark.parametrize(
    "kind", ["", "Ping", "PING", "ping ", "dance", "_command", "begin", "change", "options", "said", "welcome", "\0"]
)
def test_an_unknown_command_is_refused_as_such(kind):
    assert refused(frame(kind)) == "unknown_command"
    assert refused(frame(kind, content=["anything"])) == "unknown_command"


# Whatever comes


def _parsed_or_refused(text):
    refusal = None
    try:
        parse(text, LIMIT)
    except Refused as found:
        refusal = found
    if refusal:
        assert refusal.code in {"bad_command", "unknown_command", "empty", "too_large"}
        json.loads(protocol.encode(protocol.error(refusal, *protocol.names_in(text))))


@given(st.text())
def test_any_text_is_a_command_or_refused(text):
    _parsed_or_refused(text)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(str(A)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_kinds = st.sampled_from([kind.__name__.lower() for kind in protocol.Command.__args__]) | st.text() | _json
_fields = st.sampled_from(sorted({name for kind in protocol.Command.__args__ for name in kind.__struct_fields__}))


@given(_kinds, st.dictionaries(_fields, _json))
def test_any_json_is_a_command_or_refused(kind, fields):
    _parsed_or_refused(json.dumps({"type": kind, **fields}))
