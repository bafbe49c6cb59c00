"""What this process has open just now: files, sockets, child processes. On Linux, from /proc; elsewhere it finds none.

Two looks are compared by what cannot change meanwhile: a socket whose other end leaves is still the same socket.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROC = Path("/proc")


@dataclass(frozen=True)
class OpenFile:
    number: int
    target: str  # a path, or what the system calls it: socket:[12345], pipe:[12345], anon_inode:[eventpoll]
    local: Any = field(default=None, compare=False)  # addresses, of sockets
    peer: Any = field(default=None, compare=False)
    listens: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        if not self.local:
            return f"the file {self.target} ({self.number})"
        return f"the socket {self.local} {'that listens' if self.listens else f'to {self.peer}'} ({self.number})"


@dataclass(frozen=True)
class Child:
    """Also one that has ended, as long as nobody has waited for it."""

    number: int
    command: str = field(compare=False)

    def __str__(self) -> str:
        return f"the process {self.number}: {self.command or 'ended, and not waited for'}"


Belonging = OpenFile | Child


def belongings() -> set[Belonging]:
    return {*_files(), *_children()}


def _files() -> Iterator[OpenFile]:
    directory = PROC / "self" / "fd"
    for entry in directory.iterdir() if directory.exists() else ():
        with suppress(OSError):  # the one through which the directory is read, and what is closed meanwhile
            number, target = int(entry.name), str(entry.readlink())
            yield _socket(number, target) if target.startswith("socket:") else OpenFile(number, target)


def _socket(number: int, target: str) -> OpenFile:
    with socket.socket(fileno=os.dup(number)) as copy:
        peer = None
        with suppress(OSError):  # it listens, or its other end is gone
            peer = copy.getpeername()
        listens = bool(copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
        return OpenFile(number, target, copy.getsockname(), peer, listens)


def _children() -> Iterator[Child]:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:  # there is none, as nearly always
        return
    for directory in PROC.glob("[0-9]*"):
        with suppress(OSError):  # it has just ended
            if _parent(directory) == os.getpid():
                command = (directory / "cmdline").read_text().replace("\0", " ").strip()
                yield Child(int(directory.name), command)


def _parent(directory: Path) -> int:
    after_its_name = (directory / "stat").read_text().rpartition(")")[2]
    return int(after_its_name.split()[1])
