"""A real Redis of the tests' own: on a free port of the loopback, with nothing on disk, gone at the end.

Its program comes from Debian's package `redis-server`.
"""

import shutil
import signal
import socket
import subprocess
import tempfile
from types import TracebackType

from tests.support.polling import wait_until
from tests.support.server import clean_environment, free_port

SECONDS = 10.0


class Redis:
    """Starts on entering. What it is told to forget it has forgotten: every start is empty, at the same address."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("redis-server")
        assert program, "Redis is not installed: tools/system-packages redis-server"
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(
            [program, *options],
            env=clean_environment(),
            cwd=tempfile.gettempdir(),  # it writes nothing there
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        try:
            wait_until(self.answers, SECONDS, "Redis does not answer")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """SIGKILL, as when its machine fails. Does nothing when it has stopped."""
        if self._process:
            self._process.kill()  # reaches a frozen process too
            self._process.wait(SECONDS)
            self._process = None

    def restart(self) -> None:
        """Comes back without anything that it knew: no key, no subscriber."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """It keeps its connections and answers nobody; new ones are taken by the kernel, and get no word either."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def answers(self, within: float = 0.2) -> bool:
        """Whether it says PONG."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), within) as connection:
                connection.settimeout(within)
                connection.sendall(b"PING\r\n")
                return connection.recv(16) == b"+PONG\r\n"
        except OSError:
            return False

    def _signal(self, number: int) -> None:
        assert self._process, "Redis does not run"
        self._process.send_signal(number)

    def __enter__(self) -> "Redis":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
