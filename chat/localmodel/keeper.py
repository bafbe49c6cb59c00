"""The thread that keeps the embedded model's process alive: starts it, waits for its end, starts it again.

A thread, because it must outlive any event loop, and because waiting for a process in asyncio needs a child watcher.
"""

import logging
import threading
import time
from concurrent.futures import Future
from pathlib import Path

from chat.localmodel.process import Endpoint, LocalModelError, Process

logger = logging.getLogger(__name__)

FIRST_PAUSE = 0.25
"""Seconds before a child that ended is started again; doubled each time,"""

LAST_PAUSE = 30.0
"""up to here, so that a crash loop costs one load, ~1 s of CPU, in half a minute;"""

STEADY_SECONDS = 60.0
"""and back to the first pause for a child that has lived this long."""


class Keeper:
    """Works from its creation until `stop()`. Every method may be called from any thread."""

    def __init__(self, weights: Path) -> None:
        self._weights = weights
        self._endpoint = _awaited()
        self._process: Process | None = None
        self._starting = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="localmodel", daemon=True)
        self._thread.start()

    def endpoint(self) -> Future[Endpoint]:
        """Where the model serves, once it does. While it is being started again, the answer is still to come.

        Holds `LocalModelError` from a start that failed until the next one is tried.
        """
        return self._endpoint

    def stop(self) -> None:
        """Ends the child and the thread; blocks until they are gone, at most 3 s."""
        with self._starting:
            self._stopping.set()
        if self._process is not None:
            self._process.end()
        self._thread.join()

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            started = time.monotonic()
            self._live_once()
            if time.monotonic() - started > STEADY_SECONDS:
                pause = FIRST_PAUSE
            self._stopping.wait(pause)
            pause = min(2 * pause, LAST_PAUSE)
        self._fail(LocalModelError("The embedded model has been stopped."))

    def _live_once(self) -> None:
        if self._endpoint.done():
            self._endpoint = _awaited()
        try:
            process = self._started()
            endpoint = process.wait_until_ready()
        except LocalModelError as error:
            self._fail(error)
        else:
            self._serve(process, endpoint)

    def _started(self) -> Process:
        # The lock: stop() must either see this process or keep it from being started.
        with self._starting:
            if self._stopping.is_set():
                raise LocalModelError("The embedded model has been stopped.")
            self._process = Process(self._weights)
            return self._process

    def _serve(self, process: Process, endpoint: Endpoint) -> None:
        logger.info("The embedded model serves at %s, process %d.", endpoint.url, process.pid)
        self._endpoint.set_result(endpoint)
        code = process.wait_until_gone()
        # At once, not after the pause: nobody may be sent to a port that now belongs to nobody, or to somebody else.
        self._endpoint = _awaited()
        if not self._stopping.is_set():
            logger.warning("The embedded model's process ended by itself (code %d). Starting it again.", code)
            process.end()

    def _fail(self, error: LocalModelError) -> None:
        if not self._stopping.is_set():
            logger.error("%s", error)
        if not self._endpoint.done():
            self._endpoint.set_exception(error)


def _awaited() -> Future[Endpoint]:
    """A future that a caller's being cancelled does not cancel for the others: it is marked as running."""
    future: Future[Endpoint] = Future()
    future.set_running_or_notify_cancel()
    return future
