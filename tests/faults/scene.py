"""One server, one upstream, one question after the other: what the tests of bad upstreams have in common.

    with scene.asked(mira(["Hel", Close()])) as asked:
        assert asked.ended() == ("truncated", "truncated", "The connection …")  # and nothing is left over
        assert asked.text == "Hel"

Whatever the upstream did, the conversation can go on and no connection to it is open: `ended` looks for that itself.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from django.conf import settings as django_settings

from tests.support.polling import wait_until
from tests.support.served import ServedDatabase, served_database
from tests.support.server import ServedBrook
from tests.support.tabs import Tab
from tests.support.upstream import Plan
from tests.support.upstream_thread import ScriptedUpstreamThread


class Scene(NamedTuple):
    brook: ServedBrook
    upstream: ScriptedUpstreamThread
    database: ServedDatabase

    @contextmanager
    def asked(self, script: Plan) -> Iterator["Asked"]:
        """A new person's question, which the upstream answers with this script."""
        self.upstream.play(script)
        with self.entered() as tab:
            yield Asked(self, tab)

    @contextmanager
    def entered(self) -> Iterator[Tab]:
        """The tab of a new person."""
        person = self.database.person("alice")
        with Tab(self.brook.open_socket(person.cookie, max_size=None)) as tab:
            assert tab.next()["type"] == "welcome"
            yield tab


class Asked:
    """One question, from its send to what is left of it."""

    def __init__(self, scene: Scene, tab: Tab) -> None:
        self._scene, self.tab = scene, tab
        self._row = tab.begin("Hi")
        self.key: str = self._row["generation"]["id"]
        self.request = scene.upstream.next_request()

    def ended(self, within: float = 5.0) -> tuple[str, str, str]:
        """Status, code and words of the end, when the database says the same as the tab; and nothing is left over."""
        deadline = time.monotonic() + within
        while self.key not in self.tab.finished:
            if self.tab.next(max(0.0, deadline - time.monotonic()))["type"] == "delta":
                self.tab.ack(self.key)
        end, stored = self.tab.finished[self.key], self._scene.database.generation(self.key)
        assert (stored.status, self._scene.database.text(self.key)) == (end["status"], self.text)
        error = end["error"] or {"code": "", "message": ""}
        self._check_what_is_left(kept=end["status"] == "complete")
        return end["status"], error["code"], error["message"]

    @property
    def text(self) -> str:
        return self.tab.text[self.key]

    def _check_what_is_left(self, kept: bool) -> None:
        """No connection, but for one that is kept for the next question; and this conversation goes on."""
        scene, conversation = self._scene, self._scene.database.generation(self.key).conversation_id
        wait_until(lambda: connections(scene.upstream.url) <= kept, 2, "a connection is left over")
        self.tab.ask("And now?", str(conversation), self._row["id"])
        row = self.tab.until("message", lambda event: event["message"]["role"] == "assistant")["message"]
        assert self.tab.until_finished(row["generation"]["id"])["status"] == "complete"
        scene.upstream.next_request().answered()


def connections(url: str) -> int:
    """How many sockets to this address some process still holds, in whatever state they are."""
    port = f":{httpx.URL(url).port:04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    return sum(line[2].endswith(port) and line[9] != "0" for line in lines)


def serving(stack: ExitStack, data_dir: Path, blocker: Any, program: list[str] | None = None) -> Scene:
    """A server on a fresh DATA_DIR, ended when the stack is; `program` is what runs manage.py."""
    upstream = stack.enter_context(ScriptedUpstreamThread())
    variables = {"UPSTREAM_MODELS": "scripted", "SECRET_KEY": django_settings.SECRET_KEY}
    brook = stack.enter_context(ServedBrook(data_dir, program, UPSTREAM_URL=upstream.url, **variables))
    stack.enter_context(blocker.unblock())
    return Scene(brook, upstream, stack.enter_context(served_database(data_dir)))
