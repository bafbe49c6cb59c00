"""Following a text that grows: from any cursor, at any pace, each follower hears all of it once, and then the end."""

import asyncio
from contextlib import suppress
from random import Random

import pytest

from chat.relay import growing
from chat.relay.growing import Growing
from chat.relay.text import FRAME_CHARS, Ending, Frame, Part
from tests.support.following import all_of, text_of, until_text

ENDING = Ending("complete", "stop")


class Grown(Growing):
    """A text that a test writes."""

    def write(self, text, kind="content"):
        self.text.append(kind, text)
        self.phase = "writing"
        self.wake()

    def finish(self):
        self.publish(ENDING._replace(cursor=self.text.end))


@pytest.fixture
def grown():
    return Grown()


async def test_a_follower_from_the_start_hears_everything_then_the_end(grown):
    follower = asyncio.create_task(all_of(grown.follow(0)))
    grown.write("Hel")
    await asyncio.sleep(0)
    grown.write("lo")
    grown.finish()
    frames, ending = await follower
    assert text_of(frames) == "Hello"
    assert ending == Ending("complete", "stop", cursor=5)


@pytest.mark.parametrize("cursor", range(8))
async def test_a_follower_from_any_cursor_hears_exactly_the_rest(grown, cursor):
    grown.write("hm, ", "reasoning")
    grown.write("yes")
    grown.write("!", "reasoning")
    grown.finish()
    frames, ending = await all_of(grown.follow(cursor))
    assert text_of(frames) == "hm, yes!"[cursor:]
    assert frames[0].start == cursor
    assert ending.cursor == frames[-1].end == 8


async def test_a_follower_beyond_the_end_hears_nothing_twice_and_the_ending(grown):
    grown.write("Hello")
    grown.finish()
    assert await all_of(grown.follow(99)) == ([Frame(99, 99, (), "writing")], ENDING._replace(cursor=5))


async def test_a_follower_beyond_the_end_is_passed_over_until_the_text_is_there(grown):
    grown.write("Hel")
    follower = asyncio.create_task(all_of(grown.follow(5)))
    for letter in "lo, you":
        grown.write(letter)
        await asyncio.sleep(0)
    grown.finish()
    assert text_of((await follower)[0]) == ", you"


async def test_a_late_follower_gets_all_text_as_one_frame(grown):
    for letter in "Hello":
        grown.write(letter)
    grown.finish()
    frames, _ = await all_of(grown.follow(0))
    assert frames == [Frame(0, 5, (Part("content", "Hello"),), "writing")]


async def test_a_slow_follower_gets_one_large_frame_for_all_it_missed(grown):
    follower, quick = grown.follow(0), grown.follow(0)
    grown.write("first")
    await until_text(follower, "first")
    rest = ""
    for number in range(100):
        grown.write(f" {number}")
        rest += f" {number}"
    await until_text(quick, "first" + rest)
    assert len(await until_text(follower, rest)) == 1


async def test_text_that_no_frame_holds_comes_in_full_frames_one_after_another(grown):
    grown.write("x" * (2 * FRAME_CHARS), "reasoning")
    grown.write("y" * 3)
    grown.finish()
    frames, _ = await all_of(grown.follow(0))
    assert [(frame.start, frame.end, frame.is_full) for frame in frames] == [
        (0, FRAME_CHARS, True),
        (FRAME_CHARS, 2 * FRAME_CHARS, True),
        (2 * FRAME_CHARS, 2 * FRAME_CHARS + 3, False),
    ]
    assert text_of(frames) == "x" * (2 * FRAME_CHARS) + "yyy"


async def test_text_that_just_fills_a_frame_is_followed_by_the_end(grown):
    grown.write("x" * FRAME_CHARS)
    grown.finish()
    frames, ending = await all_of(grown.follow(0))
    assert [frame.end for frame in frames] == [FRAME_CHARS] == [ending.cursor]


async def test_two_followers_hear_the_same_each_at_its_own_pace(grown):
    first, second = grown.follow(0), grown.follow(0)
    grown.write("Hel")
    await until_text(first, "Hel")
    grown.write("lo")
    await until_text(first, "lo")
    assert text_of(await until_text(second, "Hello")) == "Hello"
    grown.finish()
    assert (await all_of(first))[1] == (await all_of(second))[1]


async def test_a_follower_that_leaves_takes_nobody_along(grown):
    leaver = asyncio.create_task(all_of(grown.follow(0)))
    stayer = grown.follow(0)
    grown.write("Hel")
    await until_text(stayer, "Hel")
    leaver.cancel()
    with suppress(asyncio.CancelledError):
        await leaver
    grown.write("lo")
    await until_text(stayer, "lo")


async def test_reasoning_and_content_come_in_the_order_in_which_they_were_written(grown):
    parts = [Part("reasoning", "a"), Part("content", "b"), Part("reasoning", "c"), Part("content", "d")]
    for kind, text in parts:
        grown.write(text, kind)
    grown.finish()
    frames, _ = await all_of(grown.follow(0))
    assert [part for frame in frames for part in frame.parts] == parts


@pytest.mark.parametrize("seed", range(20))
async def test_a_snapshot_at_any_cursor_and_the_frames_after_it_are_the_text(grown, seed):
    """Ten followers come in at random moments, each from a cursor that the text had reached by then."""
    dice = Random(seed)  # noqa: S311 - repeatable, no secret
    followers, whole = [], ""
    for number in range(30):
        text, kind = dice.choice([(f"{number}世 ", "content"), (f"👋{number} ", "reasoning"), ("", "content")])
        grown.write(text, kind)
        whole += text
        for _ in range(dice.randrange(4)):
            await asyncio.sleep(0)
        if number % 3 == 0:
            cursor = dice.randint(0, grown.text.end)
            followers.append((whole[:cursor], asyncio.create_task(all_of(grown.follow(cursor)))))
    grown.finish()
    for snapshot, follower in followers:
        frames, ending = await follower
        assert snapshot + text_of(frames) == whole
        assert ending.cursor == len(whole)


async def test_a_quiet_text_tells_where_it_stands(grown, monkeypatch):
    monkeypatch.setattr(growing, "HEARTBEAT", 0.01)
    grown.write("Hello")
    follower = grown.follow(0)
    await until_text(follower, "Hello")
    async with asyncio.timeout(2):
        assert [await anext(follower) for _ in range(3)] == [Frame(5, 5, (), "writing")] * 3


async def test_each_new_phase_is_told_without_text(grown):
    follower = grown.follow(0)
    for phase in ("queued", "connecting", "thinking"):
        grown.phase = phase
        grown.wake()
        assert await anext(follower) == Frame(0, 0, (), phase)
    grown.write("Hi")
    assert (await anext(follower)).phase == "writing"


async def test_a_change_is_waited_for_no_longer_than_told(grown):
    assert not await grown.changed(0.01)
    waiting = asyncio.create_task(grown.changed(5))
    await asyncio.sleep(0)
    grown.wake()
    assert await waiting
