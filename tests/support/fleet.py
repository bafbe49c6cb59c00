"""Several servers over one PostgreSQL and one Redis, as behind a balancer: what people reach them by can be made bad.

    with Fleet(upstream.url, tmp_path, networks=True) as fleet:
        alice = fleet.database.person("alice")
        one, two = fleet.members
        one.freeze()                            # SIGSTOP: alive for the kernel, silent for everybody else
        two.to_redis.half_open()                # the way between this member and Redis
        two.door.cut()                          # the way between pages and this member
        fleet.postgres.stop()

Members share the secret, the database and Redis, and nothing else, as on several machines.
"""

import secrets
import signal
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from django.conf import settings

from tests.support.evidence import FOR_EVER, Life
from tests.support.postgres import Postgres
from tests.support.redis import Redis
from tests.support.served import ServedDatabase, served_database
from tests.support.server import STARTING, STOPPING, ServedBrook, free_port
from tests.support.toxic import ToxicProxy


class Member(ServedBrook):
    """One server. `base` is where pages reach it; `lives` tells of each of its processes."""

    door: ToxicProxy
    to_postgres: ToxicProxy
    to_redis: ToxicProxy

    def __init__(self, data_dir: Path, **variables: str) -> None:
        super().__init__(data_dir, **variables)
        self.base = self.url
        self.lives: list[Life] = []
        self.log = ""

    @property
    def is_frozen(self) -> bool:
        return bool(self.lives) and any(end == FOR_EVER for _, end in self.lives[-1].frozen)

    def launch(self) -> None:
        super().launch()
        self.lives.append(Life(self.process.pid, time.monotonic()))

    def until_ready(self) -> None:
        self.output.until("Brook is at http", STARTING)
        self.lives[-1].ready = time.monotonic()

    def start(self, within: float = STARTING) -> None:
        super().start(within)
        self.until_ready()

    def freeze(self) -> None:
        self.send_signal(signal.SIGSTOP)
        self.lives[-1].frozen.append((time.monotonic(), FOR_EVER))

    def thaw(self) -> None:
        """Does nothing to one that is not frozen."""
        if self.is_frozen:
            self._end_frost()
            self.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.lives[-1].killed = True
        super().kill()  # reaches a frozen process too
        self._end_life()

    def wait(self, within: float = STOPPING) -> int:
        status = super().wait(within)
        self._end_life()
        return status

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.thaw()
        super().__exit__(kind, error, trace)
        if self.lives[-1].ended == FOR_EVER:
            self._end_life()

    def _end_life(self) -> None:
        if self.is_frozen:
            self._end_frost()
        self.lives[-1].ended = time.monotonic()
        self.log += self.output.text

    def _end_frost(self) -> None:
        began, _ = self.lives[-1].frozen.pop()
        self.lives[-1].frozen.append((began, time.monotonic()))


class Fleet:
    """Starts on entering, its members at once. With `networks`, every way to and from a member is a bad network."""

    def __init__(
        self,
        upstream_url: str,
        directory: Path,
        size: int = 2,
        *,
        networks: bool = False,
        redis: bool = True,
        postgres: Postgres | None = None,
    ) -> None:
        """`postgres` is one that runs already and goes on; without it there is one of the fleet's own."""
        self.postgres = postgres or Postgres()
        self.redis = Redis()
        self.members: list[Member] = []
        self.database: ServedDatabase
        self._services = [*([] if postgres else [self.postgres]), *([self.redis] if redis else [])]
        self._directory, self._networks, self._with_redis = directory, networks, redis
        self._ports = [free_port() for _ in range(size)]
        self._common = {
            "UPSTREAM_URL": upstream_url,
            "UPSTREAM_MODELS": "scripted",
            "SECRET_KEY": settings.SECRET_KEY,  # the sessions of `database.person` are signed with it
        }
        self._stack = ExitStack()

    @property
    def bases(self) -> list[str]:
        """Where pages reach the members."""
        return [member.base for member in self.members]

    @property
    def database_url(self) -> str:
        """Straight to PostgreSQL, through no proxy."""
        return self._common["DATABASE_URL"]

    @property
    def lives(self) -> list[Life]:
        return [life for member in self.members for life in member.lives]

    def __enter__(self) -> "Fleet":
        with ExitStack() as stack:
            for service in self._services:
                stack.enter_context(service)
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def _start(self, stack: ExitStack) -> None:
        database = self.postgres.create(f"fleet{secrets.token_hex(4)}")
        doors = [stack.enter_context(ToxicProxy(port)) for port in self._ports] if self._networks else []
        reached = [*self._ports, *(door.port for door in doors)]
        self._common["DATABASE_URL"] = database
        self._common["ORIGINS"] = ",".join(f"http://127.0.0.1:{port}" for port in reached)
        self.members = [self._member(stack, number) for number in range(len(self._ports))]
        for member, door in zip(self.members, doors, strict=False):
            member.door, member.base = door, f"http://127.0.0.1:{door.port}"
        for member in self.members:
            stack.push(member.__exit__)
            member.launch()
        for member in self.members:
            member.until_ready()
        self.database = stack.enter_context(served_database(database))

    def _member(self, stack: ExitStack, number: int) -> Member:
        variables = {**self._common, "PORT": str(self._ports[number])}
        if self._with_redis:
            variables["REDIS_URL"] = self.redis.url
        member = Member(self._directory / f"member{number}", **variables)
        if self._networks:
            member.to_postgres = stack.enter_context(ToxicProxy(self.postgres.port))
            member.to_redis = stack.enter_context(ToxicProxy(self.redis.port))
            for name, way in (("DATABASE_URL", member.to_postgres), ("REDIS_URL", member.to_redis)):
                direct, around = f":{way.target[1]}/", f":{way.port}/"
                member.environment[name] = member.environment.get(name, "").replace(direct, around)
        return member
