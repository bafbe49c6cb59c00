"""What this process does for the others on the same database, and they for it: frames, Stop, and news of changes.

A tab whose generation runs here never comes by: it follows that one directly. Only for a generation that runs elsewhere
there is a mirror here (mirror.py), and there a supplier that sends it frames while it shows interest.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import aclosing, contextmanager
from functools import partial
from typing import Any
from uuid import UUID

from chat.relay.generation import LiveGeneration
from chat.relay.mirror import Mirror
from chat.relay.text import Ending
from chat.relay.trunk import Cancel, Changed, End, Interest, Message, Piece, Trunk

FRAME_BEAT = 1 / 30
"""Seconds between two frames to another process, as to a tab: each costs Redis and two processes half a millisecond."""

INTEREST = 5.0
"""Seconds for which a word of interest holds; it is renewed every second."""

Spawn = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]


class Neighbours:
    def __init__(
        self,
        process: str,
        live: Mapping[UUID, LiveGeneration],
        spawn: Spawn,
        *,
        on_changed: Callable[[int, UUID | None], None],
        on_cancel: Callable[[UUID, int], bool],
    ) -> None:
        """`live` is what runs here; `on_changed(owner, conversation)`, `on_cancel(generation, owner)`: from others."""
        self.trunk = Trunk(process, self._hear)
        self._process = process
        self._live = live
        self._spawn = spawn
        self._on_changed = on_changed
        self._on_cancel = on_cancel
        self._mirrors: dict[UUID, Mirror] = {}
        self._suppliers: dict[tuple[str, UUID], _Supplier] = {}

    def tell_changed(self, owner_id: int, conversation: UUID | None) -> None:
        if self.trunk.connects:
            self._spawn(self.trunk.send_everybody(Changed(self._process, owner_id, conversation)))

    def tell_cancel(self, generation: UUID, owner_id: int) -> None:
        if self.trunk.connects:
            self._spawn(self.trunk.send_everybody(Cancel(owner_id, generation)))

    @contextmanager
    def mirror(self, key: UUID) -> Iterator[Mirror]:
        """A copy of a generation that does not run here; all who read it at the same time share one."""
        mirror = self._mirrors.get(key)
        if mirror is None:
            mirror = self._mirrors[key] = Mirror(key)
            mirror.task = self._spawn(mirror.keep_up(lambda *about: self._ask(key, *about)))
        mirror.readers += 1
        try:
            yield mirror
        finally:
            mirror.readers -= 1
            if not mirror.readers:
                del self._mirrors[key]
                mirror.task.cancel()

    async def _ask(self, key: UUID, owner: str, cursor: int, again: bool) -> None:
        await self.trunk.send(owner, Interest(self._process, key, cursor, again))

    def _hear(self, message: Message) -> None:
        match message:
            case Changed(by, owner, conversation):
                if by != self._process:
                    self._on_changed(owner, conversation)
            case Cancel(owner, generation):
                self._on_cancel(generation, owner)
            case Interest():
                self._supply(message)
            case Piece(generation, frame):
                if mirror := self._mirrors.get(generation):
                    mirror.take(frame)
            case End(generation, ending):
                if mirror := self._mirrors.get(generation):
                    mirror.end(ending)

    def _supply(self, interest: Interest) -> None:
        """Begins to send frames to the process that asks, or goes on with it."""
        live = self._live.get(interest.generation)
        if live is None:
            return
        key = (interest.process, interest.generation)
        supplier = self._suppliers.get(key)
        if supplier and interest.again:
            supplier.task.cancel()
            supplier = None
        if supplier is None:
            supplier = self._suppliers[key] = _Supplier(self.trunk, interest.process, live)
            supplier.task = self._spawn(supplier.run(interest.cursor))
            supplier.task.add_done_callback(partial(self._supplied, key, supplier))
        supplier.renew()

    def _supplied(self, key: tuple[str, UUID], supplier: "_Supplier", _: "asyncio.Task[None]") -> None:
        if self._suppliers.get(key) is supplier:
            del self._suppliers[key]


class _Supplier:
    """Sends one generation's frames to one process while that is interested."""

    task: "asyncio.Task[None]"

    def __init__(self, trunk: Trunk, process: str, live: LiveGeneration) -> None:
        self._trunk = trunk
        self._process = process
        self._live = live
        self._until = 0.0

    def renew(self) -> None:
        self._until = asyncio.get_running_loop().time() + INTEREST

    async def run(self, cursor: int) -> None:
        key = self._live.id
        async with aclosing(self._live.follow(cursor)) as items:
            async for item in items:
                if asyncio.get_running_loop().time() > self._until:
                    return
                if isinstance(item, Ending):
                    await self._trunk.send(self._process, End(key, item))
                    return
                await self._trunk.send(self._process, Piece(key, item))
                await asyncio.sleep(0 if item.is_full else FRAME_BEAT)
