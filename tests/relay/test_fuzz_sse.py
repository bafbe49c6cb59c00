"""Arbitrary bytes into the decoder: whatever comes, in whatever cuts, it is what the specification says, and bounded.

The same examples in each run; what a wider search finds becomes an example here.
"""

import re
from collections.abc import Iterable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chat.relay.errors import UpstreamError
from chat.relay.limits import Limits
from chat.relay.sse import Decoder, Event
from tests.support.scripts import pieces

REPEATABLE = settings(derandomize=True, database=None, deadline=None, max_examples=300)
SMALL = Limits(line_bytes=12, event_bytes=16)

# What a stream is made of, in a mixture that hits every branch far more often than random bytes do.
WORDS = [b"data", b"event", b"id", b"retry", b":", b" ", b"x", b"data: x", b"data: x\n\n"]
BREAKS = [b"\n", b"\r", b"\r\n", b"\n\n", "\u2028".encode(), b"\xc2\x85"]
ODDITIES = [b"\0", b"\xef\xbb\xbf", "世".encode(), b"\xff", b"\xf0\x9f"]
SCRAPS = st.sampled_from([*WORDS, *BREAKS, *ODDITIES]) | st.binary(max_size=6)
STREAMS = st.lists(SCRAPS, max_size=40).map(b"".join) | st.binary(max_size=200)
SIZES = st.lists(st.integers(0, 9), max_size=60)
LIMITS = st.just(Limits()) | st.builds(Limits, line_bytes=st.integers(1, 20), event_bytes=st.integers(1, 30))


def outcome(parts: Iterable[bytes], limits: Limits = SMALL) -> tuple[list[Event], str]:
    """The events, and the words of the error that ended them."""
    decoder, events = Decoder(limits), []
    try:
        for part in parts:
            for event in decoder.decode(part):
                events.append(event)
    except UpstreamError as error:
        return events, str(error)
    return events, ""


def by_the_book(stream: bytes) -> list[Event]:
    """The specification's own algorithm, on the whole stream at once, in as few words as it takes."""
    *lines, _ = re.split(rb"\r\n|\n|\r", stream.removeprefix(b"\xef\xbb\xbf"))
    events, data, kind, last_id = [], "", "", ""
    for line in lines:
        name, _, value = (part.decode("utf-8", "replace") for part in line.partition(b":"))
        value = value.removeprefix(" ")
        if not line:
            if data:
                events.append(Event(data[:-1], kind or "message", last_id))
            data = kind = ""
        elif name == "data":
            data += value + "\n"
        elif name == "event":
            kind = value
        elif name == "id" and "\0" not in value:
            last_id = value
    return events


def held_by(thing: object) -> int:
    """Bytes that an object keeps in its attributes, and in lists of them."""
    if isinstance(thing, bytes | bytearray | str):
        return len(thing)
    if isinstance(thing, list):
        return sum(held_by(part) + 1 for part in thing)
    return sum(held_by(part) for part in getattr(thing, "__dict__", {}).values())


@REPEATABLE
@given(stream=STREAMS, sizes=SIZES)
@example(stream=b"data: a\r\n\r\n", sizes=[8, 1, 1])
@example(stream=b"\xef\xbb\xbfdata: a\n\n", sizes=[1, 1])
@example(stream=b"data: \xf0\x9f\x91\x8b\n\n", sizes=[7, 1])
def test_any_bytes_in_any_cuts_are_the_events_of_the_specification(stream, sizes):
    assert outcome(pieces(stream, sizes), Limits()) == (by_the_book(stream), "")


@REPEATABLE
@given(stream=STREAMS, sizes=SIZES, limits=LIMITS)
@example(stream=b"data: a\n\n" + b"x" * 13, sizes=[], limits=SMALL)
def test_cut_anywhere_the_events_and_the_error_are_the_same(stream, sizes, limits):
    assert outcome(pieces(stream, sizes), limits) == outcome([stream], limits)


@REPEATABLE
@given(stream=STREAMS)
def test_line_ends_of_any_kind_give_the_same_events(stream):
    unix = stream.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    expected = outcome([unix], Limits())
    assert outcome([unix.replace(b"\n", b"\r\n")], Limits()) == expected
    assert outcome([unix.replace(b"\n", b"\r")], Limits()) == expected


@REPEATABLE
@given(parts=st.lists(STREAMS, max_size=8), limits=LIMITS)
def test_no_bytes_raise_anything_but_an_upstream_error_and_every_event_can_be_stored(parts, limits):
    for event in outcome(parts, limits)[0]:
        assert "\n" not in event.type + event.last_event_id
        event.data.encode()  # there is no half surrogate pair in it


@REPEATABLE
@given(parts=st.lists(STREAMS, max_size=8), limits=LIMITS)
def test_what_is_held_back_is_never_more_than_the_limits(parts, limits):
    decoder = Decoder(limits)
    line, event = limits.line_bytes, limits.event_bytes
    try:
        for part in parts:
            list(decoder.decode(part))
            assert held_by(decoder) <= event + 3 * line, "data; and a line, the event's type and its id"
    except UpstreamError:
        assert held_by(decoder) <= event + 3 * line


@pytest.mark.parametrize(
    "endless", [b"x", b":", b"data: x\n", b"data\n", b"id: 7\n", b"event: x\n", b"data: x\n: c\n", b"\xf0\x9f"]
)
def test_a_stream_that_never_ends_an_event_is_held_or_refused_and_never_heaped_up(endless):
    decoder, limits = Decoder(SMALL), 16 + 3 * 12
    words = ""
    try:
        for _ in range(1000):
            list(decoder.decode(endless))
            assert held_by(decoder) <= limits
    except UpstreamError as error:
        words = str(error)
    assert held_by(decoder) <= limits
    assert bool(words) == (not endless.startswith((b"id", b"event"))), "those two only replace what was there"
