"""One run of the embedded model's process: start it, wait until it serves, end it. Not its being kept alive.

Plain blocking calls with `subprocess.Popen`, made from a thread: asyncio's own subprocesses need a child watcher, which
an event loop that Twisted runs does not always have.
"""

import os
import secrets
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from chat.localmodel.child import KEY_VARIABLE
from chat.localmodel.wheels import MODEL

START_SECONDS = 60.0
"""Loading takes 0.3 s from a warm disk and 2 s from a cold one; a loaded or slow machine gets time."""

CLOSE_SECONDS = 1.0
"""For the child to see the end of its stdin. It normally takes 10 ms."""

TERMINATE_SECONDS = 1.0
"""For SIGTERM, before SIGKILL, which needs no time: the whole end stays under 3 s."""

ROOT = Path(__file__).resolve().parents[2]
"""Where `python -m` finds this package."""


class LocalModelError(Exception):
    """The embedded model cannot be had. Its text is one sentence for people."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the embedded model serves."""

    url: str
    """The base address, ending in /v1."""

    api_key: str = field(repr=False)
    """Made anew for each start, so that no other local user's program can use the model."""

    model: str


class Process:
    """A child process and the way to reach it. Every method may be called from any thread."""

    def __init__(self, model: Path) -> None:
        """Starts the child and returns at once. Raises `LocalModelError` if the system refuses to."""
        self._key = secrets.token_urlsafe(32)
        self._popen = _start(model, self._key)
        self._ending = threading.Lock()

    @property
    def pid(self) -> int:
        return self._popen.pid

    def wait_until_ready(self) -> Endpoint:
        """Blocks until it serves. Raises `LocalModelError` if it ends before, or does not within `START_SECONDS`."""
        timer = threading.Timer(START_SECONDS, self._popen.kill)
        timer.daemon = True
        timer.start()
        word, _, rest = self._first_line().partition(" ")
        timer.cancel()
        if word == "ready":
            return Endpoint(f"{rest}/v1", self._key, MODEL)
        self.end()
        raise LocalModelError(
            f"The embedded model did not start: {rest.rstrip('.') or 'its process ended without a word'}."
        )

    def wait_until_gone(self) -> int:
        """Blocks until the process has ended; its exit code."""
        return self._popen.wait()

    def end(self) -> None:
        """Closes stdin, then terminates, then kills, and waits for each; at most 3 s. Repeating it does nothing."""
        with self._ending:
            with suppress(OSError):  # its reader may be gone already
                cast("IO[str]", self._popen.stdin).close()
            for seconds, harder in ((CLOSE_SECONDS, self._popen.terminate), (TERMINATE_SECONDS, self._popen.kill)):
                if not self._gone_within(seconds):
                    harder()
            self._popen.wait()

    def _first_line(self) -> str:
        """All that the child ever says; empty if it ended before. By whoever starts it, so that nobody else reads."""
        with cast("IO[str]", self._popen.stdout) as stdout:
            return stdout.readline().strip()

    def _gone_within(self, seconds: float) -> bool:
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


def _start(model: Path, key: str) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(  # noqa: S603 - our own module and a path that we found ourselves
            [sys.executable, "-m", "chat.localmodel.child", "--model", str(model)],
            cwd=ROOT,
            env=os.environ | {KEY_VARIABLE: key},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
    except OSError as error:
        raise LocalModelError(f"The embedded model's process cannot be started: {error}.") from error
