"""What docs/operations.md describes: nginx before two servers that share PostgreSQL, Redis and the printed variables.

    with Installation(upstream.url, tmp_path) as installation:
        installation.entrance.get("/", installation.cookie)             # through nginx, as alice
        one, two = installation.members                                 # two is of a newer version

`Fleet` is another one: with bad networks, and without a balancer.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType

import psycopg

from tests.support.nginx import Nginx, printed_environment
from tests.support.page import Page
from tests.support.postgres import Postgres
from tests.support.redis import Redis
from tests.support.server import ROOT, STARTING, ServedBrook, free_port
from tests.support.tabs import Tab

PRINTED = ("127.0.0.1:8001", "127.0.0.1:8002")


class Installation:
    members: list[ServedBrook]
    entrance: ServedBrook  # never started: what a person does with it goes through nginx
    database: str  # its URL
    cookie: str  # alice's

    def __init__(self, upstream_url: str, directory: Path) -> None:
        self.ports = [free_port(), free_port()]
        self.nginx = Nginx(self.servers)
        self._upstream_url, self._directory = upstream_url, directory
        self._stack = ExitStack()

    @property
    def servers(self) -> dict[str, int]:
        """Where the printed addresses really are."""
        return dict(zip(PRINTED, self.ports, strict=True))

    @contextmanager
    def tab(self) -> Iterator[Tab]:
        with Tab(self.entrance.open_socket(self.cookie)) as tab:
            tab.until("welcome")
            yield tab

    @contextmanager
    def page(self, conversation: str | None = None) -> Iterator[Page]:
        with Page([self.nginx.url], self.cookie, conversation=conversation) as page:
            page.until(lambda: page.picture.connected)
            yield page

    def owner(self) -> ServedBrook:
        """Who writes the newest answer."""
        query = "SELECT owner_process FROM chat_generation ORDER BY started_at DESC LIMIT 1"
        with psycopg.connect(self.database) as connection:
            (process,) = connection.execute(query).fetchone() or ("//",)
        (owner,) = (member for member in self.members if str(member.process.pid) == process.split("/")[1])
        return owner

    def __enter__(self) -> "Installation":
        with ExitStack() as stack:
            environment = self._environment(stack.enter_context(Postgres()), stack.enter_context(Redis()))
            stack.enter_context(self.nginx)
            programs = (None, _newer_version(self._directory / "newer"))
            self.members = [
                ServedBrook(self._directory / str(port), program, **environment, PORT=str(port))
                for port, program in zip(self.ports, programs, strict=True)
            ]
            self._start(stack)
            self.entrance = ServedBrook(self._directory / "none", PORT=str(self.nginx.port))
            self.cookie = self.entrance.make_account()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def _environment(self, postgres: Postgres, redis: Redis) -> dict[str, str]:
        environment = printed_environment()
        self.database = postgres.create("brook")
        environment["ORIGINS"] += f",{self.nginx.url}"  # the printed one is for TLS
        return environment | {
            "DATABASE_URL": self.database,
            "REDIS_URL": redis.url,
            "UPSTREAM_URL": self._upstream_url,
            "UPSTREAM_MODELS": "scripted",
        }

    def _start(self, stack: ExitStack) -> None:
        """All at once, as the manual allows."""
        for member in self.members:
            member.launch()
            stack.push(member.__exit__)
        for member in self.members:
            member.output.until("Brook is at http", STARTING)


def _newer_version(directory: Path) -> list[str]:
    """A checkout with a file more, newer.txt; what runs its manage.py."""
    for name in ("chat", "static", "templates"):
        shutil.copytree(ROOT / name, directory / name)
    shutil.copy(ROOT / "manage.py", directory)
    (directory / "node_modules").symlink_to(ROOT / "node_modules")
    (directory / "static" / "newer.txt").write_text("newer")
    return [sys.executable, str(directory / "manage.py")]
