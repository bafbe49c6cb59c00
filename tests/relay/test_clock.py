"""Each clock alone: what starts it, what winds it up again, and what it says when it rings."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from chat.relay.clock import Clock
from chat.relay.errors import UpstreamError
from chat.relay.limits import Limits

LONG = 60.0
SHORT = 0.05


def clock(**short: float) -> Clock:
    """A clock on which only the named limits are near."""
    far = {"first_byte": LONG, "silence": LONG, "no_data": LONG, "total": LONG, "after_finish": LONG}
    return Clock(Limits(**{**far, **short}))


@asynccontextmanager
async def measured(seconds: float = SHORT) -> AsyncIterator[None]:
    """What happens inside takes this long: not less, and not much more even on a busy machine."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    yield
    assert seconds * 0.9 <= loop.time() - started < seconds + 1


async def rings(during: Callable[[], AbstractAsyncContextManager[None]]) -> UpstreamError:
    """The error with which a wait that nothing else would end is ended."""
    with pytest.raises(UpstreamError) as caught:
        async with during():
            await asyncio.Event().wait()
    return caught.value


async def test_nothing_rings_for_what_comes_in_time():
    one = clock()
    async with one.until_head():
        pass
    one.bytes_came()
    async with one.until_read():
        pass
    one.data_came()
    one.finished()
    async with one.until_read():
        pass


async def test_a_head_that_does_not_come():
    async with measured():
        error = await rings(clock(first_byte=SHORT).until_head)
    assert error.code == "first_byte_timeout"
    assert str(error) == "The model's server did not begin to answer within 0.05 seconds, so the answer was given up."


async def test_a_first_byte_that_does_not_come_after_the_head():
    one = clock(first_byte=SHORT)
    async with one.until_head():
        pass
    async with measured():
        assert (await rings(one.until_read)).code == "first_byte_timeout"


async def test_after_the_first_byte_its_clock_is_off():
    one = clock(first_byte=SHORT / 5, silence=SHORT)
    one.bytes_came()
    async with measured():
        assert (await rings(one.until_read)).code == "silence_timeout"


async def test_silence_counts_from_the_last_bytes():
    one = clock(silence=SHORT)
    one.bytes_came()
    await rings(one.until_read)
    one.bytes_came()
    async with measured():
        assert (await rings(one.until_read)).code == "silence_timeout"


async def test_bytes_without_data_do_not_stop_the_clock_for_data():
    one = clock(silence=SHORT, no_data=2 * SHORT)
    async with measured(2 * SHORT):
        one.bytes_came()
        await rings(one.until_read)
        one.bytes_came()
        assert (await rings(one.until_read)).code == "no_data_timeout"


async def test_data_winds_up_the_clock_for_data():
    one = clock(no_data=SHORT)
    one.bytes_came()
    await rings(one.until_read)
    one.data_came()
    async with measured():
        assert (await rings(one.until_read)).code == "no_data_timeout"


async def test_the_total_is_counted_from_the_start_whatever_comes():
    one = clock(total=2 * SHORT, silence=SHORT)
    async with measured(2 * SHORT):
        one.bytes_came()
        await rings(one.until_read)
        one.bytes_came()
        one.data_came()
        error = await rings(one.until_read)
    assert error.code == "total_timeout"


async def test_the_total_is_counted_before_the_first_byte_too():
    assert (await rings(clock(total=SHORT).until_read)).code == "total_timeout"


async def test_the_grace_after_a_finish_reason_ends_without_an_error():
    one = clock(after_finish=SHORT)
    one.finished()
    async with measured():
        with pytest.raises(TimeoutError):
            async with one.until_read():
                await asyncio.Event().wait()


async def test_the_grace_is_counted_from_the_first_finish_reason():
    one = clock(after_finish=SHORT)
    one.finished()
    with pytest.raises(TimeoutError):
        async with one.until_read():
            await asyncio.Event().wait()
    one.finished()
    async with measured(0):
        with pytest.raises(TimeoutError):
            async with one.until_read():
                await asyncio.Event().wait()


async def test_text_behind_a_finish_reason_takes_its_grace_back_and_that_of_all_that_follow():
    one = clock(after_finish=SHORT, silence=2 * SHORT)
    one.bytes_came()
    one.text_came()
    one.finished()
    assert one.is_finishing
    one.text_came()
    one.finished()
    assert not one.is_finishing
    async with measured(2 * SHORT):
        assert (await rings(one.until_read)).code == "silence_timeout"


async def reads_without_waiting(one: Clock) -> None:
    while True:
        async with one.until_read():
            one.bytes_came()
            one.data_came()


async def test_a_read_that_never_waits_does_not_outrun_the_total():
    one = clock(total=SHORT)
    with pytest.raises(UpstreamError) as caught:
        await reads_without_waiting(one)
    assert caught.value.code == "total_timeout"


async def test_a_read_that_never_waits_does_not_outrun_the_grace_after_a_finish_reason():
    one = clock(after_finish=SHORT)
    one.finished()
    with pytest.raises(TimeoutError):
        await reads_without_waiting(one)


async def test_bytes_that_are_there_are_read_although_it_was_silent_for_long():
    """We may have been the slow ones."""
    one = clock(silence=SHORT, first_byte=SHORT, no_data=SHORT)
    one.bytes_came()
    await rings(one.until_read)
    async with one.until_read():
        pass


async def test_errors_of_what_is_waited_for_pass_unchanged():
    with pytest.raises(KeyError):
        async with clock().until_read():
            raise KeyError


async def test_a_cancel_passes_as_a_cancel():
    waiting = asyncio.Event()

    async def read() -> None:
        async with clock().until_read():
            waiting.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(read())
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
