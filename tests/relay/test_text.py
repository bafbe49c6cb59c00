"""The growing text: what a cursor reads, of which kind, and that pieces read in any steps make the whole."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chat.relay.text import Part, Text


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
