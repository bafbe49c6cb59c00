"""The growing text: what a cursor reads, of which kind, and that pieces read in any steps make the whole."""

from itertools import pairwise
from time import process_time

from hypothesis import given
from hypothesis import strategies as st

from chat.relay.text import FRAME_CHARS, Part, Text


def grown(*parts: Part) -> Text:
    text = Text()
    for kind, words in parts:
        text.append(kind, words)
    return text


HM, HEL, LO = Part("reasoning", "Hm"), Part("content", "Hel"), Part("content", "lo")


def test_a_new_text_is_empty():
    text = Text()
    assert (text.end, text.read(0), text.whole("content"), text.whole("reasoning")) == (0, (), "", "")


def test_a_cursor_counts_reasoning_and_content_together():
    text = grown(HM, HEL, LO)
    assert text.end == 7
    assert text.read(0) == (HM, Part("content", "Hello"))
    assert text.read(1) == (Part("reasoning", "m"), Part("content", "Hello"))
    assert text.read(2) == (Part("content", "Hello"),)
    assert text.read(4) == (Part("content", "llo"),)
    assert text.read(6) == (Part("content", "o"),)


def test_kinds_that_take_turns_stay_in_their_order():
    assert grown(HEL, HM, LO, HM).read(1) == (Part("content", "el"), HM, LO, HM)


def test_a_cursor_at_the_end_or_beyond_it_reads_nothing():
    text = grown(HEL)
    assert text.read(3) == text.read(4) == text.read(10**12) == ()


def test_a_negative_cursor_reads_from_the_beginning():
    assert grown(HEL).read(-5) == (HEL,)
    assert grown().read(-5) == ()


def test_appending_nothing_changes_nothing():
    text = grown(HEL, Part("reasoning", ""), LO)
    assert (text.end, text.read(0)) == (5, (Part("content", "Hello"),))


def test_a_cursor_counts_code_points_and_not_what_javascript_counts():
    text = grown(Part("content", "👋🏽"), Part("content", "e\u0301"))
    assert text.end == 4
    assert text.read(1) == (Part("content", "🏽e\u0301"),)


def test_the_whole_of_a_kind_is_its_parts_in_order():
    text = grown(HM, HEL, HM, LO)
    assert (text.whole("content"), text.whole("reasoning")) == ("Hello", "HmHm")


def test_what_was_read_does_not_change_when_the_text_grows():
    text = grown(HEL)
    before = text.read(0)
    text.append("content", "lo")
    assert before == (HEL,)


def test_a_read_takes_no_more_than_a_frame_holds():
    text = grown(Part("content", "x" * FRAME_CHARS), Part("reasoning", "y"))
    assert text.read(0) == (Part("content", "x" * FRAME_CHARS),)
    assert text.read(1) == (Part("content", "x" * (FRAME_CHARS - 1)), Part("reasoning", "y"))


def test_a_million_tiny_deltas_are_few_objects_and_quick():
    """Less than a second of work where this was measured; copying all text each time would take minutes."""
    text, begun = Text(), process_time()
    for number in range(1_000_000):
        text.append("content", "世" if number % 7 else "a")
    assert process_time() - begun < 10
    assert (text.end, text.runs) == (1_000_000, [0, 1_000_000])
    assert len(text._parts) < 500
    assert text.read(999_998) == (Part("content", text.whole("content")[-2:]),)


def test_reading_a_long_text_from_frame_to_frame_costs_no_more_at_its_end():
    text = Text()
    for number in range(100_000):
        text.append("content" if number % 2 else "reasoning", "word ")  # nothing to put together
    begun = process_time()
    cursor = 0
    while parts := text.read(cursor):
        cursor += sum(len(part.text) for part in parts)
    assert cursor == text.end
    assert process_time() - begun < 10


# What is stored: the two kinds, and the lengths of their runs


def test_runs_are_the_lengths_of_reasoning_and_content_in_turns():
    assert Text().runs == []
    assert grown(HM).runs == [2]
    assert grown(HEL).runs == [0, 3]
    assert grown(HM, HEL, LO, HM).runs == [2, 5, 2]


def test_a_text_that_was_stored_without_runs_has_its_reasoning_first():
    assert Text.of("Hello", "Hm").read(0) == (HM, Part("content", "Hello"))
    assert Text.of("Hello", "").read(0) == (Part("content", "Hello"),)
    assert Text.of("", "").read(0) == ()


def test_a_stored_text_goes_on_as_the_one_that_it_was_made_of():
    text, copy = grown(HM, HEL), Text.of("Hel", "Hm", [2, 3])
    for each in (text, copy):
        each.append("content", "lo")
        each.append("reasoning", "Hm")
    assert copy.read(0) == text.read(0)
    assert copy.runs == text.runs


def test_a_long_text_of_many_runs_is_put_together_quickly():
    """Ten milliseconds where this was measured; where each run copies what is left, some seconds."""
    begun = process_time()
    text = Text.of("x" * 1_000_000, "y" * 1_000_000, [1] * 9_999 + [2_000_000])
    assert process_time() - begun < 1
    assert text.end == 5000 + 1_000_000


PARTS = st.lists(st.builds(Part, st.sampled_from(["content", "reasoning"]), st.text("aé世👋", max_size=4)), max_size=12)


@given(parts=PARTS, cursor=st.integers(-2, 50))
def test_a_reader_sees_each_code_point_of_the_rest_once_and_neighbours_joined(parts, cursor):
    each = [(kind, character) for kind, words in parts for character in words]
    seen = grown(*parts).read(cursor)
    assert [(kind, character) for kind, words in seen for character in words] == each[max(cursor, 0) :]
    assert all(words for _, words in seen)
    assert all(one.kind != next_one.kind for one, next_one in pairwise(seen))


@given(parts=PARTS, reads=st.lists(st.booleans(), min_size=12, max_size=12))
def test_whenever_a_follower_reads_its_pieces_make_the_stored_text(parts, reads):
    text, cursor, seen = Text(), 0, []
    for (kind, words), reads_now in zip(parts, reads, strict=False):
        text.append(kind, words)
        if reads_now:
            seen += text.read(cursor)
            cursor = text.end
    seen += text.read(cursor)
    for kind in ("content", "reasoning"):
        assert "".join(part.text for part in seen if part.kind == kind) == text.whole(kind)


@given(parts=PARTS, cursor=st.integers(0, 50), most=st.integers(1, 20))
def test_a_read_of_at_most_so_much_is_the_beginning_of_the_rest(parts, cursor, most):
    each = [(kind, character) for kind, words in parts for character in words]
    seen = grown(*parts).read(cursor, most)
    assert [(kind, character) for kind, words in seen for character in words] == each[cursor : cursor + most]


@given(parts=PARTS)
def test_what_is_stored_of_a_text_reads_the_same_from_every_cursor(parts):
    text = grown(*parts)
    copy = Text.of(text.whole("content"), text.whole("reasoning"), text.runs)
    assert [copy.read(cursor) for cursor in range(copy.end + 2)] == [text.read(at) for at in range(text.end + 2)]
    assert copy.runs == text.runs


@given(parts=PARTS, kept=st.integers(0, 12))
def test_a_text_whose_runs_were_cut_short_is_a_beginning_of_it(parts, kept):
    text = grown(*parts)
    copy = Text.of(text.whole("content"), text.whole("reasoning"), text.runs[:kept])
    assert copy.end == sum(text.runs[:kept])
    assert copy.read(0) == (text.read(0, copy.end) if copy.end else ())


@given(parts=PARTS, kept=st.integers(0, 12))
def test_a_text_to_go_on_from_is_whole_and_begins_as_others_read_it(parts, kept):
    """Others: the mirrors, which read the same from the database."""
    text = grown(*parts)
    stored = (text.whole("content"), text.whole("reasoning"), text.runs[:kept])
    resumed, mirrored = Text.resumed(*stored), Text.of(*stored)
    assert (resumed.whole("content"), resumed.whole("reasoning"), resumed.end) == (*stored[:2], text.end)
    assert mirrored.read(0) == (resumed.read(0, mirrored.end) if mirrored.end else ())
    assert kept < len(text.runs) or resumed.runs == text.runs


def test_a_text_to_go_on_from_that_was_stored_without_runs_has_its_reasoning_first():
    assert Text.resumed("Hello", "Hm", None).read(0) == (HM, Part("content", "Hello"))
