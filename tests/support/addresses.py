"""Addresses at which no upstream answers. The port stays ours meanwhile, so nobody can take it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def refuses() -> Iterator[str]:
    """A base URL whose port refuses connections: bound, but nothing listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield _url(bound)


@contextmanager
def never_connects() -> Iterator[str]:
    """A base URL to which connecting hangs: the queue of its listener is full (on Linux)."""
    with socket.socket() as listener, socket.socket() as first:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        first.connect(listener.getsockname())
        yield _url(listener)


def _url(bound: socket.socket) -> str:
    return f"http://127.0.0.1:{bound.getsockname()[1]}/v1"
