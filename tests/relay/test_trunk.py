"""The line between processes, over a real Redis that is slow, dead, or forgets everything."""

import asyncio
import logging
import uuid
from contextlib import AsyncExitStack

import pytest
from channels.layers import get_channel_layer

from chat.relay import trunk
from chat.relay.text import Ending, Frame, Part
from chat.relay.trunk import LAYER, Cancel, Changed, End, Interest, Piece, Trunk
from tests.support.boards import layers, until_heard
from tests.support.polling import until
from tests.support.redis import Redis

KEY = uuid.uuid4()
MESSAGES = [
    Changed("host/1/abc", 7, KEY),
    Changed("host/1/abc", 7, None),
    Cancel(7, KEY),
    Interest("host/1/abc", KEY, 12, again=True),
    Piece(KEY, Frame(0, 6, (Part("reasoning", "hm 👋"), Part("content", "\n")), "writing")),
    Piece(KEY, Frame(6, 6, (), "saving")),
    End(KEY, Ending("failed", None, "lost", "It broke.", 6, 2)),
]
NEWS = MESSAGES[0]


@pytest.fixture(scope="module")
def redis():
    with Redis() as redis:
        yield redis


class Phone:
    """One end of the line; `heard` is what came out of it."""

    def __init__(self, name):
        self.name = name
        self.trunk = Trunk(name, self._hear)
        self.heard = asyncio.Queue()
        self.stumbles = 0
        self._running = asyncio.create_task(self.trunk.run())

    async def next(self, within=5.0):
        async with asyncio.timeout(within):
            return await self.heard.get()

    async def hang_up(self):
        self._running.cancel()
        await asyncio.wait({self._running}, timeout=5)
        assert self._running.done()
        await self.trunk.aclose()

    def _hear(self, message):
        if self.stumbles:
            self.stumbles -= 1
            raise ZeroDivisionError
        self.heard.put_nowait(message)


@pytest.fixture
async def connect(settings):
    """Makes an end of the line over a Redis, each with connections of its own."""
    async with AsyncExitStack() as stack:

        def connect(redis, name, prefix="brook-tests-"):
            settings.CHANNEL_LAYERS = layers(redis.url, prefix)
            phone = Phone(name)
            stack.push_async_callback(phone.hang_up)
            return phone

        yield connect


@pytest.fixture
async def two(connect, redis):
    phones = connect(redis, "host/1/one"), connect(redis, "host/2/two")
    await until_heard(redis.url, 2)
    return phones


# Over a Redis that works


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
async def test_a_message_arrives_as_it_was_sent(two, message):
    here, there = two
    await here.trunk.send(there.name, message)
    assert await there.next() == message
    await there.trunk.send_everybody(message)
    assert (await here.next(), await there.next()) == (message, message)


async def test_a_message_for_one_process_is_heard_by_no_other(two):
    here, there = two
    await here.trunk.send(there.name, MESSAGES[1])
    await here.trunk.send_everybody(NEWS)
    assert [await there.next(), await there.next()] == [MESSAGES[1], NEWS]
    assert await here.next() == NEWS


async def test_messages_arrive_in_the_order_in_which_they_were_sent(two):
    here, there = two
    sent = [Interest(here.name, KEY, number, again=False) for number in range(200)]
    for message in sent:
        await here.trunk.send(there.name, message)
    assert [await there.next() for _ in sent] == sent


async def test_a_message_to_itself_needs_no_redis(two, redis):
    here, _ = two
    redis.freeze()
    try:
        await here.trunk.send(here.name, NEWS)
        assert here.heard.get_nowait() == NEWS
    finally:
        redis.thaw()


async def test_what_another_version_says_is_refused_as_a_whole_and_the_next_is_heard(two, caplog):
    here, there = two
    for nonsense in (
        {"type": "changed", "by": "x", "owner": "seven", "conversation": str(KEY)},
        {"type": "greeting"},
        {"type": "piece", "generation": str(KEY), "frame": [0, 5]},
        {},
    ):
        await get_channel_layer(LAYER).group_send("process-two", nonsense)
    await here.trunk.send(there.name, NEWS)
    assert await there.next() == NEWS
    assert caplog.text.count("was not understood") == 4


async def test_two_installations_on_one_redis_do_not_hear_each_other(connect, redis):
    here, there, other = (
        connect(redis, "host/1/one"),
        connect(redis, "host/2/two"),
        connect(redis, "host/1/one", prefix="another-"),
    )
    await until_heard(redis.url, 3)
    await other.trunk.send_everybody(MESSAGES[1])
    assert await other.next() == MESSAGES[1]
    await here.trunk.send_everybody(NEWS)
    assert (await here.next(), await there.next()) == (NEWS, NEWS)
    assert other.heard.empty()


async def test_after_a_defect_every_message_is_heard_again_once_and_none_is_piled_up(two, redis, monkeypatch, caplog):
    monkeypatch.setattr(trunk, "RETRY", 0.01)
    here, there = two
    for _ in range(3):
        there.stumbles = 1
        await here.trunk.send(there.name, NEWS)
        await until(lambda: not there.stumbles)
        await _until_hears(here, there)
    assert caplog.text.count("defect of ours") == 3
    assert len(there.trunk._layer.channels) == 1, "a channel that nobody reads is filled for ever"


async def _until_hears(here, there):
    """Until a message comes through; what was sent before it may come late, or never."""
    async with asyncio.timeout(10):
        while there.heard.empty():
            await here.trunk.send(there.name, NEWS)
            await asyncio.sleep(0.01)
    last = MESSAGES[1]
    await here.trunk.send(there.name, last)
    heard = [await there.next()]
    while heard[-1] != last:
        heard.append(await there.next())
    assert heard.count(last) == 1


# Over none, and over one that does not


async def test_without_redis_there_is_nobody_to_talk_to(settings):
    settings.CHANNEL_LAYERS = {}
    phone = Phone("host/1/one")
    assert not phone.trunk.connects
    await phone.trunk.send("host/2/two", NEWS)
    await phone.trunk.send_everybody(NEWS)
    await phone.trunk.send(phone.name, NEWS)
    assert phone.heard.get_nowait() == NEWS
    assert phone.heard.empty()
    async with asyncio.timeout(1):
        await phone._running
    await phone.hang_up()


async def test_a_redis_that_is_not_there_yet_is_waited_for(connect, monkeypatch):
    monkeypatch.setattr(trunk, "RETRY", 0.01)
    redis = Redis()
    here, there = connect(redis, "host/1/one"), connect(redis, "host/2/two")
    for _ in range(3):
        await here.trunk.send(there.name, NEWS)
    await asyncio.sleep(0.2)  # and is not asked for the first time only when it is there
    with redis:
        await until_heard(redis.url, 2)
        await here.trunk.send(there.name, MESSAGES[1])
        assert await there.next() == MESSAGES[1]
        assert len(there.trunk._layer.channels) == 1, "each try has left a channel"


async def test_after_a_restart_that_forgot_everything_messages_are_heard_again(connect):
    with Redis() as redis:
        here, there = connect(redis, "host/1/one"), connect(redis, "host/2/two")
        await until_heard(redis.url, 2)
        await asyncio.to_thread(redis.restart)
        await until_heard(redis.url, 2, within=10)
        await here.trunk.send(there.name, NEWS)
        assert await there.next() == NEWS


async def test_a_frozen_redis_holds_up_a_sender_for_a_second_and_is_complained_of_once(connect, caplog):
    with Redis() as redis:
        here, there = connect(redis, "host/1/one"), connect(redis, "host/2/two")
        await until_heard(redis.url, 2)
        redis.freeze()
        begun = asyncio.get_running_loop().time()
        await asyncio.gather(*(here.trunk.send(there.name, NEWS) for _ in range(20)))
        assert asyncio.get_running_loop().time() - begun < 3 * trunk.SECONDS, "one waits for the other"
        assert caplog.text.count("Redis does not answer") == 1
        redis.thaw()
        await _until_hears(here, there)


async def test_a_line_over_a_frozen_redis_is_hung_up_within_seconds(connect, redis):
    phone = connect(redis, "host/1/one")
    await until_heard(redis.url, 1)
    redis.freeze()
    try:
        async with asyncio.timeout(4):
            await phone.hang_up()
    finally:
        redis.thaw()


async def test_it_can_be_hung_up_at_every_instant_of_its_tries_to_connect(settings, monkeypatch):
    monkeypatch.setattr(trunk, "RETRY", 0.0)
    settings.CHANNEL_LAYERS = layers(Redis().url)
    phone = Phone("host/1/one")
    for steps in range(100):
        trying = asyncio.create_task(phone.trunk.run())
        for _ in range(steps):
            await asyncio.sleep(0)
        trying.cancel()
        await asyncio.wait({trying}, timeout=2)
        assert trying.cancelled(), f"it goes on after a cancel {steps} steps from its beginning"
    await phone.hang_up()


async def test_a_dead_redis_is_complained_of_once_in_a_while(connect, monkeypatch, caplog):
    monkeypatch.setattr(trunk, "RETRY", 0.01)
    caplog.set_level(logging.WARNING)
    phone = connect(Redis(), "host/1/one")
    await until(lambda: "Redis does not answer" in caplog.text)
    for _ in range(5):
        await phone.trunk.send_everybody(NEWS)
    assert caplog.text.count("Redis does not answer") == 1
    monkeypatch.setattr(trunk, "QUIET", 0.0)
    await phone.trunk.send_everybody(NEWS)
    assert caplog.text.count("Redis does not answer") >= 2
