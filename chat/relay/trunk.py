"""The line between the processes that share one database: a few small messages over the channel layer in Redis.

Nothing depends on a message's arrival. A Stop is also in the database, a change is found by the sweep, and a frame that
is missing leaves a hole that its reader notices; so sending never waits longer than a second, and never raises.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from chat.relay.text import Ending, Frame

logger = logging.getLogger(__name__)

LAYER = "relay"
"""Not Channels' "default": with that, every socket would subscribe to a channel of its own in Redis."""

EVERYBODY = "everybody"

SECONDS = 1.0
"""How long a message may take to be handed to Redis; a Redis that hangs would hold each one up for 5 s."""

RETRY = 2.0
"""Seconds between two tries to subscribe. (A subscription that stands is renewed by redis-py after every loss.)"""

QUIET = 30.0
"""Seconds between two log lines about a Redis that does not answer."""


class _Message(msgspec.Struct, tag_field="type", tag=str.lower, frozen=True):
    pass


class Changed(_Message, frozen=True):
    """Something about a person's conversation is new, says process `by`; what, is in the database. None: of any."""

    by: str
    owner: int
    conversation: UUID | None


class Cancel(_Message, frozen=True):
    """Whoever runs this generation for this person ends it."""

    owner: int
    generation: UUID


class Interest(_Message, frozen=True):
    """`process` wants what is new in this generation from `cursor` on, for the next few seconds.

    `again`: not only what has not been sent yet, for something was lost.
    """

    process: str
    generation: UUID
    cursor: int
    again: bool


class Piece(_Message, frozen=True):
    generation: UUID
    frame: Frame


class End(_Message, frozen=True):
    generation: UUID
    ending: Ending


Message = Changed | Cancel | Interest | Piece | End


class Trunk:
    """This process's end of the line. Without Redis it reaches nobody else, and all the rest works as it is."""

    def __init__(self, process: str, hear: Callable[[Message], None]) -> None:
        """`hear` is called with every message for this process, also with those that it sends to everybody itself."""
        self._process = process
        self._hear = hear
        self._layer = get_channel_layer(LAYER)
        self._complained = 0.0

    @property
    def connects(self) -> bool:
        """Are there other processes, as far as the settings say?"""
        return self._layer is not None

    async def run(self) -> None:
        """Hears messages until it is cancelled."""
        while self._layer is not None:
            try:
                await self._listen(self._layer)
            except (RedisError, OSError) as error:
                self._complain(error)
            except Exception:  # nobody would listen any more
                logger.exception("A message between processes could not be heard, by a defect of ours")
            await self.aclose()  # what was half subscribed would be filled for ever, and never read
            await asyncio.sleep(RETRY)

    async def _listen(self, layer: Any) -> None:
        channel = await layer.new_channel()
        for group in (EVERYBODY, _group(self._process)):
            await layer.group_add(group, channel)
        while True:
            self._understand(await layer.receive(channel))

    async def send(self, process: str, message: Message) -> None:
        """Hands a message to one process; to this one without a detour."""
        if process == self._process:
            self._hear(message)
        else:
            await self._publish(_group(process), message)

    async def send_everybody(self, message: Message) -> None:
        await self._publish(EVERYBODY, message)

    async def aclose(self) -> None:
        """Lets go of all connections; whatever comes then makes new ones."""
        if self._layer is not None:
            # In a task of its own, because Channels' `flush` swallows a cancel, and must not be cut off half done.
            closing = asyncio.create_task(self._layer.flush())
            closing.add_done_callback(_complete)
            await asyncio.wait({closing}, timeout=SECONDS)

    async def _publish(self, group: str, message: Message) -> None:
        if self._layer is None:
            return
        try:
            async with asyncio.timeout(SECONDS):
                await self._layer.group_send(group, msgspec.to_builtins(message))
        except (RedisError, OSError, TimeoutError) as error:
            self._complain(error)

    def _understand(self, data: object) -> None:
        try:
            message: Message = msgspec.convert(data, Message)
        except msgspec.ValidationError as error:  # of another version of Brook: during a rolling restart
            logger.warning("A message between processes was not understood: %s", error)
            return
        self._hear(message)

    def _complain(self, error: Exception) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._complained + QUIET or not self._complained:
            self._complained = now
            reason = str(error) or type(error).__name__
            logger.warning("Redis does not answer; other processes hear by the database meanwhile. %s", reason)


def _complete(closing: "asyncio.Task[None]") -> None:
    """Connections that are lost already cannot be closed in order, and need not."""
    if not closing.cancelled():
        closing.exception()


def _group(process: str) -> str:
    """The name of a channel layer's group holds no slash; the last part of a process's name is unique by itself."""
    return f"process-{process.rsplit('/', 1)[-1]}"
