"""Scripts for the scripted upstream: lists of steps that say what it does with one request.

Steps before the head happen before the client sees a status line; a `Send` without a `Head`
before it sends the usual head of a stream by itself. When the steps are over the answer ends as
its head promised: with the last chunk, or, without a length, by closing.

    mira(["Hel", WaitFor(gate), "lo"])     a step may stand anywhere among the fragments
    mira(["Hel", Reset()])                 what would follow is never reached
    [WaitFor(gate), *mira(["Hello"])]      silent until the gate opens, then status and stream
    [Head(), Hang()]                       a status and no byte of the body
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.support.dialects import DONE, event, mira_chunk, vigthoria_chunk


class Gate:
    """Where a script waits until the test lets it pass. Opens once, from any thread."""

    def __init__(self) -> None:
        self._opened: Future[None] = Future()

    def open(self) -> None:
        with suppress(InvalidStateError):  # it is open already
            self._opened.set_result(None)

    async def passage(self) -> None:
        loop, here = asyncio.get_running_loop(), asyncio.Event()

        def release(_: object) -> None:
            with suppress(RuntimeError):  # that loop is closed: nobody waits any more
                loop.call_soon_threadsafe(here.set)

        self._opened.add_done_callback(release)
        await here.wait()


@dataclass(frozen=True)
class Head:
    """Status line and headers. The body is chunked, or `length` bytes, or ends with the socket."""

    status: int = 200
    content_type: str = "text/event-stream"
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    chunked: bool = True


@dataclass(frozen=True)
class Send:
    """A piece of the body, framed as the head says; it left this process when the step is over."""

    data: bytes


@dataclass(frozen=True)
class Raw:
    """Bytes for the socket as they are: half a chunk, a broken head, no HTTP at all."""

    data: bytes


@dataclass(frozen=True)
class Pause:
    seconds: float


@dataclass(frozen=True)
class WaitFor:
    gate: Gate


@dataclass(frozen=True)
class Hang:
    """Sends nothing more, until the client leaves."""


@dataclass(frozen=True)
class Close:
    """Closes the socket in order (FIN), whether or not the body is complete."""


@dataclass(frozen=True)
class Reset:
    """Breaks the connection (RST): the client gets a connection error."""


Step = Head | Send | Raw | Pause | WaitFor | Hang | Close | Reset


def mira(fragments: Iterable[str | Step], finish: str | None = "stop", done: bool = True) -> list[Step]:
    """Role, fragments, an empty delta with `finish` (None leaves it out), `[DONE]`."""
    return [
        Send(mira_chunk({"role": "assistant"})),
        *_spoken(fragments, lambda text: mira_chunk({"content": text})),
        *([Send(mira_chunk({}, finish))] if finish is not None else []),
        *([Send(DONE)] if done else []),
    ]


def vigthoria(fragments: Iterable[str | Step], done: bool = True) -> list[Step]:
    """Bare chunks, then `[DONE]`."""
    return [*_spoken(fragments, vigthoria_chunk), *([Send(DONE)] if done else [])]


def _spoken(fragments: Iterable[str | Step], chunk: Callable[[str], bytes]) -> Iterator[Step]:
    for fragment in fragments:
        yield Send(chunk(fragment)) if isinstance(fragment, str) else fragment


def error_event(message: str, **fields: Any) -> Send:
    """An error in mid-stream as Mira reports it, after HTTP 200."""
    return Send(event({"error": {"message": message, **fields}}))


def endless(text: str = "word ", every: float = 0.01) -> Callable[[object], Iterator[Step]]:
    """Mira without an end: the same fragment every so many seconds, until the client leaves."""

    def steps(_: object) -> Iterator[Step]:
        yield Send(mira_chunk({"role": "assistant"}))
        while True:
            yield Send(mira_chunk({"content": text}))
            yield Pause(every)

    return steps


def json_answer(status: int, body: object, headers: Mapping[str, str] | None = None) -> list[Step]:
    """One JSON document, for `/models` and for errors before the stream."""
    return _page(status, "application/json", json.dumps(body).encode(), headers or {})


def html_page(status: int, html: str) -> list[Step]:
    """What a proxy in the way answers."""
    return _page(status, "text/html; charset=utf-8", html.encode(), {})


def _page(status: int, content_type: str, body: bytes, headers: Mapping[str, str]) -> list[Step]:
    return [Head(status, content_type, headers, length=len(body)), Send(body)]


def never_answers() -> list[Step]:
    """Takes the request and says nothing: not even a status line."""
    return [Hang()]


def cut(data: bytes, sizes: int | Iterable[int] = 1, *, seed: int | None = None) -> list[Step]:
    """`data` as many steps: every byte alone, or as `pieces` cuts it."""
    return [Send(piece) for piece in pieces(data, sizes, seed=seed)]


def pieces(data: bytes, sizes: int | Iterable[int] = 1, *, seed: int | None = None) -> list[bytes]:
    """`data` cut into equal sizes, or into these sizes and a rest, or at random from a seed."""
    if seed is not None:
        dice = Random(seed)  # noqa: S311 - a repeatable cut, no secret
        sizes = (dice.randint(1, 24) for _ in data)
    elif isinstance(sizes, int):
        sizes = [sizes] * len(data)
    found: list[bytes] = []
    for size in sizes:
        found.append(data[:size])
        data = data[size:]
        if not data:
            break
    return [piece for piece in [*found, data] if piece]


def body_of(steps: Iterable[Step]) -> bytes:
    """The body that these steps send, in one piece."""
    return b"".join(step.data for step in steps if isinstance(step, Send))
