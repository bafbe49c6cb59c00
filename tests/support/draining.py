"""A `DrainingServer` with an application that a real Brook never has, in a process of its own.

server = Draining(PROGRAM, "quick", 5.0)        # sys.argv[1] is the port, then come the arguments
server.output.until("ready", 10)
with server.connect("/page") as connection:     # has asked for it
    ...
server.stop()
assert server.wait() == 0
"""

import signal
import socket
import subprocess
import sys

from tests.support.server import ROOT, Output, clean_environment, free_port


class Draining:
    """`program` is Python; what it writes is in `output`, and it may read lines."""

    def __init__(self, program: str, *arguments: object) -> None:
        self.port = free_port()
        self.output = Output()
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, str(self.port), *map(str, arguments)],
            env=clean_environment(DJANGO_SETTINGS_MODULE="chat.settings"),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout
        self.output.read(self.process.stdout)

    def connect(self, path: str = "", headers: str = "", receive_buffer: int = 0) -> socket.socket:
        """A connection, which has asked for `path` if there is one; `headers` are whole lines."""
        connection = socket.socket()
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(5)
        try:
            connection.connect(("127.0.0.1", self.port))
        except OSError:
            connection.close()
            raise
        if path:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode())
        return connection

    def say(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def wait(self, within: float = 10.0) -> int:
        status = self.process.wait(within)
        self.output.until_end()
        return status

    def discard(self) -> None:
        """Whatever it does."""
        self.process.kill()
        self.process.wait(5)
        assert self.process.stdin
        self.process.stdin.close()
