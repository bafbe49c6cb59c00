"""How much may be on its way to a tab, and how many commands may come from one: the counting itself.

What it is worth on real sockets is in test_slow_tabs.py.
"""

import asyncio
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.live import protocol
from chat.live.window import COMMANDS_AT_ONCE, COMMANDS_PER_SECOND, LARGEST_FRAME, WINDOW, Pace, Window
from chat.relay.text import FRAME_CHARS, Frame, Part


async def has_room(window):
    """Would it let another frame go at once?"""
    waiting = asyncio.create_task(window.room())
    await asyncio.sleep(0)
    return waiting.done() or not waiting.cancel()


# The window


async def test_there_is_room_at_first():
    assert await has_room(Window())


@given(
    st.lists(st.sampled_from([1, 1000, LARGEST_FRAME // 2, LARGEST_FRAME]) | st.integers(1, LARGEST_FRAME) | st.none())
)
async def test_no_more_than_the_window_is_on_its_way_whatever_the_frames_and_the_acks(steps):
    """Numbers are frames, which are sent when there is room; None acknowledges the oldest."""
    window, under_way, cursor = Window(), [], 0
    for size in steps:
        if size is None:
            window.acknowledge(under_way.pop(0)[0] if under_way else cursor)
        elif await has_room(window):
            cursor += 1
            window.sent(cursor, size)
            under_way.append((cursor, size))
        assert sum(size for _, size in under_way) <= WINDOW
    window.acknowledge(cursor)
    assert await has_room(window)


async def test_room_is_waited_for_until_enough_is_acknowledged():
    window = Window()
    window.sent(10, WINDOW // 4)
    window.sent(20, WINDOW * 3 // 4)
    waiting = asyncio.create_task(window.room())
    for cursor in (9, 10):
        window.acknowledge(cursor)
        await asyncio.sleep(0)
        assert not waiting.done()
    window.acknowledge(20)
    async with asyncio.timeout(1):
        await waiting


async def test_an_ack_of_the_middle_of_a_frame_makes_no_room():
    window = Window()
    window.sent(10, WINDOW)
    window.acknowledge(9)
    assert not await has_room(window)
    window.acknowledge(10)
    assert await has_room(window)


async def test_an_ack_of_more_than_was_sent_makes_no_more_room_than_there_is():
    window = Window()
    window.acknowledge(10**9)
    window.sent(10**9 + 1, WINDOW)
    assert not await has_room(window)


async def test_an_infinite_window_always_has_room():
    window = Window(float("inf"))
    for cursor in range(100):
        window.sent(cursor, WINDOW)
    assert await has_room(window)


@pytest.mark.parametrize("character", ["\1", '"', "\\", "👋", "\u2028", "x"])
def test_no_frame_is_larger_than_the_largest(character):
    parts = (Part("reasoning", character * FRAME_CHARS),)
    frame = protocol.frame(UUID(int=2**128 - 1), Frame(10**15, 10**15 + FRAME_CHARS, parts, "connecting"))
    assert len(protocol.encode(frame).encode()) <= LARGEST_FRAME


# The pace


def allowed(pace, now, count=10 * COMMANDS_AT_ONCE):
    """How many of so many commands at once go through."""
    return sum(pace.allows(now) for _ in range(count))


def test_what_waited_for_a_reconnect_is_taken_at_once_and_no_more():
    assert allowed(Pace(0.0), 0.0) == COMMANDS_AT_ONCE


def test_a_steady_pace_is_taken_for_ever():
    pace = Pace(0.0)
    assert all(pace.allows(number / COMMANDS_PER_SECOND) for number in range(100_000))


def test_a_pace_that_is_a_little_too_fast_is_taken_for_a_moment_only():
    pace = Pace(0.0)
    taken = [pace.allows(number / (1.1 * COMMANDS_PER_SECOND)) for number in range(100_000)]
    assert not all(taken)
    assert taken.index(False) >= 5 * COMMANDS_AT_ONCE


def test_who_was_quiet_for_long_may_send_as_many_at_once_as_at_first_and_no_more():
    pace = Pace(0.0)
    allowed(pace, 0.0)
    assert allowed(pace, 10_000.0) <= COMMANDS_AT_ONCE
