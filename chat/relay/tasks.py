"""Tasks that belong to the process and to nobody's request: held until they end, and waited for when it stops."""

import asyncio
import contextvars
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

GOODBYE = 1.0
"""Seconds that accompanying work has to end in when it is cancelled."""


class Tasks:
    def __init__(self) -> None:
        self._work: set[asyncio.Task[Any]] = set()
        self._attendance: set[asyncio.Task[Any]] = set()

    def finish(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Work that is finished before the process ends."""
        return _held(work, self._work)

    def accompany(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Work without an end of its own, or without a loss when it is given up."""
        return _held(work, self._attendance)

    async def finished(self, seconds: float) -> None:
        """Waits for the work, at most so long."""
        if self._work:
            await asyncio.wait(self._work, timeout=seconds)

    async def dismiss(self) -> None:
        """Ends what accompanies."""
        for task in self._attendance:
            task.cancel()
        if self._attendance:
            await asyncio.wait(self._attendance, timeout=GOODBYE)


def _held(work: Coroutine[Any, Any, T], tasks: set[asyncio.Task[Any]]) -> asyncio.Task[T]:
    """With a context of its own, or Django would give it a thread of its own."""
    task = asyncio.create_task(work, context=contextvars.Context())
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    return task
