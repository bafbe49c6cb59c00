"""Bytes to events, on the specification's own examples and at every limit. Hostile bytes: test_fuzz_sse.py.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

import pytest

from chat.relay.errors import UpstreamError
from chat.relay.limits import Limits
from chat.relay.sse import Decoder, Event
from tests.support.scripts import pieces

SMALL = Limits(line_bytes=12, event_bytes=16)


def decoded(*parts: bytes, limits: Limits = Limits()) -> list[Event]:  # noqa: B008  a frozen value
    decoder = Decoder(limits)
    return [event for part in parts for event in decoder.decode(part)]


def data_of(stream: bytes) -> list[str]:
    return [event.data for event in decoded(stream)]


def outcome(parts: list[bytes], limits: Limits) -> tuple[list[Event], str]:
    """The events, and the words of the error that ended them."""
    decoder, events = Decoder(limits), []
    try:
        for part in parts:
            for event in decoder.decode(part):
                events.append(event)
    except UpstreamError as error:
        return events, str(error)
    return events, ""


# The examples of the specification.


def test_the_stock_quotes_are_one_event_of_three_lines():
    assert decoded(b"data: YHOO\ndata: +2\ndata: 10\n\n") == [Event("YHOO\n+2\n10")]


def test_the_stream_of_four_blocks_keeps_and_then_resets_the_id():
    stream = b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n"
    assert decoded(stream + b"\n") == [
        Event("first event", last_event_id="1"),
        Event("second event", last_event_id=""),
        Event(" third event", last_event_id=""),
    ]


def test_the_third_event_is_dropped_when_the_final_blank_line_is_missing():
    stream = b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n"
    assert [event.data for event in decoded(stream)] == ["first event", "second event"]


def test_data_lines_without_a_value_are_empty_events_and_a_last_one_without_a_blank_line_is_none():
    assert data_of(b"data\n\ndata\ndata\n\ndata:") == ["", "\n"]


def test_one_space_behind_the_colon_does_not_count():
    assert decoded(b"data:test\n\ndata: test\n\n") == [Event("test"), Event("test")]


# Fields.


def test_only_the_first_space_is_taken_off():
    assert data_of(b"data:  two\n\ndata:\ttab\n\n") == [" two", "\ttab"]


def test_the_value_may_hold_colons():
    assert data_of(b"data: a: b:c\n\n") == ["a: b:c"]


def test_a_comment_is_nothing_and_does_not_end_an_event():
    assert data_of(b":\n\n: ping\n\ndata: a\n: ping\n:data: no\ndata: b\n\n") == ["a\nb"]


def test_field_names_are_exact():
    assert data_of(b" data: a\nDATA: b\ndata : c\ndatas: d\n\n") == []


def test_unknown_fields_and_retry_are_skipped():
    assert data_of(b"retry: 3000\nfoo: bar\nfoo\ndata: a\n\n") == ["a"]


def test_the_event_field_names_the_type_of_one_event():
    stream = b"event: error\ndata: a\n\ndata: b\n\nevent\ndata: c\n\nevent: x\nevent: y\ndata: d\n\n"
    assert [event.type for event in decoded(stream)] == ["error", "message", "message", "y"]


def test_an_event_without_data_is_not_dispatched_and_its_type_is_forgotten():
    assert decoded(b"event: error\n\ndata: a\n\n") == [Event("a")]


def test_an_id_stays_for_the_events_that_follow():
    stream = b"id: 1\n\ndata: a\n\ndata: b\n\nid: 2\ndata: c\n\nid\ndata: d\n\n"
    assert [event.last_event_id for event in decoded(stream)] == ["1", "1", "2", ""]


def test_an_id_without_data_dispatches_nothing():
    assert decoded(b"id: 1\n\n\n\n") == []


def test_an_id_with_a_nul_is_ignored():
    assert decoded(b"id: 1\nid: 2\x003\ndata: a\n\n") == [Event("a", last_event_id="1")]


# The byte order mark.


def test_one_byte_order_mark_at_the_start_is_dropped():
    assert data_of(b"\xef\xbb\xbfdata: a\n\n") == ["a"]


def test_a_second_byte_order_mark_belongs_to_the_field_name():
    assert data_of(b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n") == []


def test_a_byte_order_mark_further_down_belongs_to_the_field_name():
    assert data_of(b"\n\xef\xbb\xbfdata: a\n\ndata: b\n\n") == ["b"]


def test_a_byte_order_mark_inside_data_is_a_character():
    assert data_of(b"data: \xef\xbb\xbfa\n\n") == ["\ufeffa"]


def test_a_byte_order_mark_alone_makes_the_first_line_blank():
    assert data_of(b"\xef\xbb\xbf\ndata: a\n\n") == ["a"]


# Ends of lines.


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"], ids=["LF", "CR", "CRLF"])
def test_each_of_the_three_line_ends_works(end):
    assert data_of(b"data: a\ndata: b\n\ndata: c\n\n".replace(b"\n", end)) == ["a\nb", "c"]


def test_line_ends_may_be_mixed():
    assert data_of(b"data: a\r\ndata: b\rdata: c\n\r\ndata: d\r\r\n") == ["a\nb\nc", "d"]


def test_lf_cr_is_two_line_ends():
    assert data_of(b"data: a\n\rdata: b\n\r") == ["a", "b"]


def test_a_cut_between_cr_and_lf_adds_no_blank_line():
    assert decoded(b"data: a\r", b"\ndata: b\r", b"\n\r", b"\n") == [Event("a\nb")]


def test_an_event_that_ends_in_cr_does_not_wait_for_an_lf():
    assert decoded(b"data: a\r\r") == [Event("a")]


def test_an_empty_read_between_cr_and_lf_changes_nothing():
    assert decoded(b"data: a\r", b"", b"\ndata: b\n\n") == [Event("a\nb")]


def test_a_lf_that_is_no_part_of_a_crlf_is_a_line_end_of_its_own():
    assert decoded(b"data: a\r", b"\n", b"\n") == [Event("a")]


@pytest.mark.parametrize("character", "\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e")
def test_what_other_tools_take_for_a_line_end_is_text(character):
    stream = f"data: a{character}b\n\n".encode()
    assert len(stream.decode().splitlines()) == 3, "it is one of those characters"
    assert data_of(stream) == [f"a{character}b"]


# Characters.


def test_characters_may_be_cut_anywhere():
    stream = "data: Grüß 世界 👋🏽\n\n".encode()
    assert decoded(*pieces(stream)) == [Event("Grüß 世界 👋🏽")]


def test_bytes_that_are_no_utf8_are_replaced():
    assert decoded(b"event: \xff\nid: \xfe\ndata: caf\xe9!\n\n") == [Event("caf\ufffd!", "\ufffd", "\ufffd")]


def test_nul_is_a_character_of_data():
    assert data_of(b"data: a\0b\n\n") == ["a\0b"]


# The end.


@pytest.mark.parametrize("rest", [b"data: b", b"data: b\n", b"data: b\r\n", b"data: b\ndata", b"dat"])
def test_what_the_end_cuts_off_is_no_event(rest):
    assert data_of(b"data: a\n\n" + rest) == ["a"]


@pytest.mark.parametrize(
    ("stream", "left"),
    [
        (b"", ""),
        (b"data: a\n\n", ""),
        (b"data: a", "a"),
        (b"data:a\n", "a"),
        (b"data: a\r\ndata: b", "a\nb"),
        (b"data: a\nid: 7", "a"),
        (b"data: a\n: data: b", "a"),
        (b"data: a\n\nevent: data: b", ""),
        (b"data: caf\xc3", "caf\ufffd"),
    ],
)
def test_the_data_that_the_end_cuts_off_can_be_asked_for(stream, left):
    for parts in ([stream], pieces(stream)):
        decoder = Decoder()
        for part in parts:
            list(decoder.decode(part))
        assert decoder.cut_off() == left


# Limits.


@pytest.mark.parametrize("line", [b"data: 678901", b":-comment---", b"id: 56789012", b"no-field----"])
def test_a_line_may_be_as_long_as_the_limit_and_not_a_byte_longer(line):
    assert len(line) == SMALL.line_bytes
    for cut in (1, 5, 100):
        events, error = outcome(pieces(line + b"\n\ndata: a\n\n", cut), SMALL)
        assert (events[-1].data, error) == ("a", "")
        events, error = outcome(pieces(line + b"!\n\n", cut), SMALL)
        assert (events, error) == ([], "The model's server sent a line of more than 12 bytes.")


def test_a_line_without_an_end_is_given_up_before_it_ends():
    assert outcome([b"x" * 12], SMALL) == ([], "")
    assert "a line of more than 12 bytes" in outcome([b"x" * 13], SMALL)[1]
    assert "a line of more than 12 bytes" in outcome([b"x"] * 13, SMALL)[1]


def test_an_event_may_be_as_long_as_the_limit_and_not_a_byte_longer():
    fits = b"data: 234\ndata: 678\ndata: 012\ndata: 45"  # with the end of each line 4 + 4 + 4 + 3 bytes of data
    for cut in (1, 7, 100):
        assert outcome(pieces(fits + b"\n\n", cut), SMALL) == ([Event("234\n678\n012\n45")], "")
        assert outcome(pieces(fits + b"6\n\n", cut), SMALL) == ([Event("234\n678\n012\n456")], "")
        assert outcome(pieces(fits + b"67\n\n", cut), SMALL) == (
            [],
            "The model's server sent an event of more than 16 bytes.",
        )


def test_empty_data_lines_count_too():
    assert outcome([b"data\n" * 16 + b"\n"], SMALL) == ([Event("\n" * 15)], "")
    assert "an event of more than 16 bytes" in outcome([b"data\n" * 17], SMALL)[1]


def test_the_size_of_an_event_begins_again_with_the_next():
    assert outcome([b"data: 678901\n\n" * 10], SMALL) == ([Event("678901")] * 10, "")


def test_the_events_before_a_limit_are_kept_although_they_came_in_the_same_read():
    assert outcome([b"data: a\n\ndata: b\n\n" + b"x" * 13], SMALL)[0] == [Event("a"), Event("b")]


def test_the_limits_on_a_real_stream_let_a_long_line_pass():
    long = b"x" * (Limits().line_bytes - len(b"data: "))
    assert decoded(b"data: " + long + b"\n\n")[0].data == long.decode()
    with pytest.raises(UpstreamError) as caught:
        decoded(b"data: " + long + b"x\n\n")
    assert caught.value.code == "too_much"
