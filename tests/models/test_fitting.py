"""What goes along in a prompt, by sizes alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.models import fitting
from chat.models.fitting import PICTURE_BYTES, Size, fit

SYSTEM, ASKED, ANSWERED = (Size(role, 10) for role in ("system", "user", "assistant"))
ALL = [SYSTEM, ASKED, ANSWERED, ASKED]


@pytest.mark.parametrize(
    ("chars", "kept"),
    [
        (1000, [0, 1, 2, 3]),
        (40, [0, 1, 2, 3]),
        (39, [0, 3]),  # the answer alone would fit, but not its question
        (20, [0, 3]),
        (19, [0, 3]),
        (0, [0, 3]),
    ],
)
def test_the_oldest_messages_are_left_out_first_and_never_the_system_prompt_or_the_question(chars, kept):
    assert fit(ALL, chars) == kept


def test_a_question_may_stay_without_what_came_before_it():
    assert fit([ASKED, ANSWERED, ASKED, ANSWERED, ASKED], 30) == [2, 3, 4]


def test_a_conversation_that_begins_with_an_answer_stays_whole_when_it_fits():
    assert fit([ANSWERED, ASKED], 20) == [0, 1]
    assert fit([ANSWERED, ASKED, ANSWERED, ASKED], 30) == [1, 2, 3]


@pytest.mark.parametrize("chars", [0, 20, 49])
def test_as_many_of_the_last_ones_stay_as_are_told(chars):
    assert fit([SYSTEM, ASKED, ANSWERED, ASKED, ANSWERED, ASKED], chars, last=3) == [0, 3, 4, 5]


def test_what_stays_may_begin_with_an_answer_and_be_more_than_there_is():
    assert fit([ASKED, ANSWERED, ASKED], 0, last=2) == [1, 2]
    assert fit([ASKED, ANSWERED], 0, last=3) == [0, 1]


def test_of_no_messages_none_are_left_and_one_stays():
    assert fit([], 10) == []
    assert fit([SYSTEM], 0) == [0]
    assert fit([ASKED], 0) == [0]


# Pictures


def pictured(size):
    return Size("user", 10, size)


def test_pictures_have_a_room_of_their_own():
    half = pictured(PICTURE_BYTES // 2)
    assert fit([half, half, half], 1000) == [1, 2]
    assert fit([half, pictured(PICTURE_BYTES // 2 + 1), half], 1000) == [2]
    assert fit([ASKED, half, half], 1000) == [0, 1, 2]


def test_nothing_older_goes_along_than_a_picture_that_does_not_fit():
    assert fit([ASKED, pictured(PICTURE_BYTES + 1), ASKED], 1000) == [2]


def test_what_stays_takes_its_room_first_and_leaves_none_when_it_is_too_large():
    large = pictured(PICTURE_BYTES + 1)
    assert fit([ASKED, pictured(1), large], 1000) == [2]
    assert fit([pictured(0), large], 1000) == [0, 1], "what has no picture needs none of that room"


def test_the_pictures_of_a_prompt_are_within_what_vendors_take_in_base64():
    assert PICTURE_BYTES * 4 / 3 < 32e6


SIZES = st.lists(
    st.builds(Size, st.sampled_from(["user", "assistant", "system"]), st.integers(0, 9), st.sampled_from([0, 0, 1, 4])),
    max_size=12,
)


@settings(derandomize=True, database=None)
@given(sizes=SIZES, chars=st.integers(0, 60))
def test_what_fits_is_the_system_messages_and_an_end_of_the_others_within_the_size(sizes, chars):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fitting, "PICTURE_BYTES", 8)
        kept = fit(sizes, chars)
    system = [at for at, size in enumerate(sizes) if size.role == "system"]
    others = [at for at, size in enumerate(sizes) if size.role != "system"]
    rest = kept[len(system) :]
    assert kept[: len(system)] == system
    assert rest == others[len(others) - len(rest) :]
    assert rest or not others
    assert len(rest) <= 1 or sum(sizes[at].chars for at in kept) <= chars
    assert len(rest) <= 1 or sum(sizes[at].picture_bytes for at in kept) <= 8 or not sizes[rest[-2]].picture_bytes
    assert len(rest) in (len(others), 1) or sizes[rest[0]].role != "assistant"
