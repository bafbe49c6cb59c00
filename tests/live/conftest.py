"""The live room on a real server: Daphne in a process of its own, a scripted upstream on real TCP.

What only shows inside the process (a locked database, a shortened clock, a moment between two awaits) is tested there:
the last fixtures below, and inside.py.
"""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.backends.db import SessionStore
from django.test import AsyncClient
from websockets.sync.client import ClientConnection

from chat.live import following, stream
from chat.live.window import LARGEST_FRAME, Window
from chat.models import Generation
from chat.relay.switchboard import Switchboard
from tests.live.http_tab import HttpTab
from tests.live.inside import InsideTab, logged_in, opened
from tests.support.boards import switchboard
from tests.support.polling import wait_until
from tests.support.scripts import mira
from tests.support.served import Person, ServedDatabase, served_database
from tests.support.server import ServedBrook
from tests.support.tabs import Tab
from tests.support.upstream_thread import RequestAcross, ScriptedUpstreamThread

_words = itertools.count(1)


@dataclass
class Served:
    """A server with its upstream and its database; `alice` and `bob` are new in each test."""

    brook: ServedBrook
    upstream: ScriptedUpstreamThread
    database: ServedDatabase

    def __post_init__(self) -> None:
        self.alice, self.bob = (self.database.person(name) for name in ("alice", "bob"))
        self._before = len(self.brook.output.text)

    @property
    def wrote(self) -> str:
        """What the server has written since this test began."""
        return self.brook.output.text[self._before :]

    def connect(self, person: Person | None = None, **options: Any) -> ClientConnection:
        return self.brook.open_socket((person or self.alice).cookie, max_size=None, **options)

    def request(self, question: str, within: float = 5.0) -> RequestAcross:
        """The upstream's request whose prompt ends with this question."""
        found: list[RequestAcross] = []

        def asked() -> list[RequestAcross]:
            found[:] = [r for r in self.upstream.requests if r.body["messages"][-1]["content"] == question]
            return found

        wait_until(asked, within, f"nobody asked {question!r}")
        assert len(found) == 1, f"{question!r} was asked {len(found)} times"
        return found[0]

    def until_stored(self, generation: str, status: str, within: float = 5.0) -> Generation:
        wait_until(
            lambda: self.database.generation(generation).status == status, within, otherwise=f"{status} is not stored"
        )
        return self.database.generation(generation)

    def until_text_of(self, generation: str, length: int, within: float = 30.0) -> None:
        """Waits until so many characters of an answer are stored, whether or not it has ended."""
        wait_until(lambda: self.database.cursor(generation) == length, within, f"no {length} characters")

    def conversation(self, generation: str) -> str:
        return str(self.database.generation(generation).conversation_id)

    def next_test(self) -> "Served":
        """The same server; whatever a test left under way at the upstream is broken off."""
        upstream = self.upstream
        upstream.forget()
        upstream.default = mira(["Hello"])
        if upstream.streaming:
            upstream.stop()
            upstream.start()
        wait_until(lambda: not upstream.streaming)
        return Served(self.brook, upstream, self.database)


def serving(stack: ExitStack, data_dir: Path, blocker: Any) -> Served:
    """A server on a fresh DATA_DIR, ended when the stack is."""
    upstream = stack.enter_context(ScriptedUpstreamThread())
    brook = ServedBrook(
        data_dir,
        UPSTREAM_URL=upstream.url,
        UPSTREAM_MODELS="scripted",
        SECRET_KEY=django_settings.SECRET_KEY,
    )
    stack.enter_context(brook)
    stack.enter_context(blocker.unblock())
    return Served(brook, upstream, stack.enter_context(served_database(data_dir)))


@pytest.fixture(scope="package")
def shared(tmp_path_factory, django_db_blocker) -> Iterator[Served]:
    with ExitStack() as stack:
        yield serving(stack, tmp_path_factory.mktemp("served"), django_db_blocker)


@pytest.fixture
def served(shared) -> Served:
    """The one server of all these tests."""
    return shared.next_test()


@pytest.fixture
def own(tmp_path, django_db_blocker) -> Iterator[Served]:
    """A server that a test may end."""
    with ExitStack() as stack:
        yield serving(stack, tmp_path, django_db_blocker)


@pytest.fixture
def tabs(served) -> Iterator[Callable[..., Tab]]:
    """Opens tabs, alice's unless said otherwise, that are past their welcome; closes them all."""
    with ExitStack() as stack:

        def open_tab(person: Person = served.alice, **options: Any) -> Tab:
            tab = stack.enter_context(Tab(served.connect(person), **options))
            assert tab.next()["type"] == "welcome"
            return tab

        yield open_tab


@pytest.fixture
def http_tabs(served) -> Iterator[Callable[..., HttpTab]]:
    """The same without WebSockets; each opens a conversation at once, or none."""
    with ExitStack() as stack:

        def open_tab(conversation: str | None = None, person: Person = served.alice, **options: Any) -> HttpTab:
            tab = stack.enter_context(HttpTab(served.brook, person.cookie, conversation, **options))
            assert tab.next()["type"] == "welcome"
            return tab

        yield open_tab


@pytest.fixture
def question() -> str:
    """Words that no other test asks."""
    return f"Question number {next(_words)}"


# Inside the process: see inside.py


@pytest.fixture
async def board(upstream) -> AsyncIterator[Switchboard]:
    async with switchboard() as board:
        yield board


@pytest.fixture
def board_of_streams(board, monkeypatch) -> None:
    """What comes over plain HTTP uses the board, too."""
    monkeypatch.setattr(stream, "switchboard", board)


@pytest.fixture
async def client(alice, board_of_streams) -> AsyncClient:
    """Alice's, for plain HTTP."""
    client = AsyncClient()
    await client.aforce_login(alice)
    return client


@pytest.fixture
def session(alice) -> SessionStore:
    return logged_in(alice)


@pytest.fixture
async def tab(board, alice, session) -> AsyncIterator[InsideTab]:
    tab = await opened(board, alice, session)
    yield tab
    await tab.leave()


@pytest.fixture
def narrow(monkeypatch):
    """One frame, and no other before it is acknowledged."""
    monkeypatch.setattr(following, "Window", lambda _: Window(LARGEST_FRAME))
