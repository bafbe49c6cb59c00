"""The faults of a chaos run: a plan that follows from the seed, and how each fault is done and undone."""

import time
from collections.abc import Callable, Iterator
from random import Random
from typing import NamedTuple

from tests.support.fleet import Fleet, Member
from tests.support.page import Page
from tests.support.toxic import ToxicProxy

FIRST = 4.0  # seconds in which nothing is wrong yet
AT_ONCE = 2  # faults
STARTS = 20  # tries to start a server, as whatever keeps it running would make

KINDS = {
    # name: target, shortest and longest duration in seconds, weight
    "kill": ("server", 0.5, 4.0, 3),
    "terminate": ("server", 0.0, 2.0, 2),
    "freeze": ("server", 3.0, 22.0, 3),  # the longest are longer than a lease and two looks of the sweep
    "redis_kill": ("redis", 1.0, 6.0, 3),
    "redis_freeze": ("redis", 2.0, 8.0, 2),
    "redis_restart": ("redis", 0.0, 0.0, 2),
    "redis_isolated": ("redis", 2.0, 8.0, 2),
    "postgres_restart": ("postgres", 0.5, 4.0, 2),
    "postgres_isolated": ("postgres", 2.0, 18.0, 2),
    "cut": ("door", 0.0, 0.0, 3),
    "reset": ("door", 0.0, 0.0, 3),
    "half_open": ("door", 2.0, 12.0, 3),
    "refuse": ("door", 2.0, 6.0, 1),
    "latency": ("door", 3.0, 8.0, 1),
    "slow": ("door", 3.0, 8.0, 1),
    "sliced": ("door", 3.0, 8.0, 1),
    "page_freeze": ("page", 2.0, 12.0, 2),
}


class Planned(NamedTuple):
    at: float  # seconds from the beginning
    seconds: float
    kind: str
    target: str
    number: int  # which of the servers or pages

    @property
    def aim(self) -> str:
        return self.target if self.target in ("redis", "postgres") else f"{self.target} {self.number + 1}"

    def __str__(self) -> str:
        return f"{self.at:6.1f} s  {self.kind.replace('_', ' ')}, {self.aim}, for {self.seconds:.1f} s"


def plan(dice: Random, seconds: float, servers: int, pages: int) -> Iterator[Planned]:
    """Faults until so many seconds are over, each target having one at a time, and all of them together few."""
    at, free = FIRST, {}
    while at < seconds:
        kind = dice.choices(list(KINDS), [weight for *_, weight in KINDS.values()])[0]
        target, shortest, longest, _ = KINDS[kind]
        number = dice.randrange({"page": pages}.get(target, servers))
        planned = Planned(at, min(dice.uniform(shortest, longest), seconds - at), kind, target, number)
        busy = [other for other, until in free.items() if until > at]
        if planned.aim not in busy and len(busy) < AT_ONCE:
            free[planned.aim] = at + planned.seconds + (5.0 if target == "server" else 1.0)
            yield planned
        at += dice.uniform(0.5, 4.5)


class Faults:
    """Does what is planned. `note(what, who, began)` is told of each fault when it is over."""

    def __init__(self, fleet: Fleet, pages: list[Page], note: Callable[[str, str, float], None]) -> None:
        self._fleet, self._pages, self._note = fleet, pages, note
        self.complaints: list[str] = []

    def carry_out(self, planned: Planned) -> None:
        """From its beginning to its end; blocks meanwhile."""
        began = time.monotonic()
        page, member = self._pages[planned.number % len(self._pages)], self._fleet.members[planned.number % 2]
        getattr(self, f"_{planned.kind}")(page if planned.target == "page" else member, planned.seconds)
        if planned.target != "server":  # a server's lives tell by themselves
            who = {"page": page.name, "door": member.base}.get(planned.target, "")
            self._note(planned.target, who, began)

    def _kill(self, member: Member, seconds: float) -> None:
        member.kill()
        time.sleep(seconds)
        self._start(member)

    def _terminate(self, member: Member, seconds: float) -> None:
        began = time.monotonic()
        if status := member.stop():
            took = time.monotonic() - began
            self.complaints.append(f"SIGTERM ended a server with status {status} after {took:.1f} s")
        time.sleep(seconds)
        self._start(member)

    def _start(self, member: Member) -> None:
        for _ in range(STARTS):
            try:
                return member.start()
            except AssertionError:  # while the database is away a server ends at once
                time.sleep(0.5)
        self.complaints.append(f"a server did not start: {member.output.text[-500:]}")

    def _freeze(self, member: Member, seconds: float) -> None:
        member.freeze()
        time.sleep(seconds)
        member.thaw()

    def _redis_kill(self, _: Member, seconds: float) -> None:
        self._fleet.redis.stop()
        time.sleep(seconds)
        self._fleet.redis.start()

    def _redis_freeze(self, _: Member, seconds: float) -> None:
        self._fleet.redis.freeze()
        time.sleep(seconds)
        self._fleet.redis.thaw()

    def _redis_restart(self, _: Member, seconds: float) -> None:
        self._fleet.redis.restart()

    def _redis_isolated(self, member: Member, seconds: float) -> None:
        self._isolate(member.to_redis, seconds)

    def _postgres_restart(self, _: Member, seconds: float) -> None:
        self._fleet.postgres.stop()
        time.sleep(seconds)
        self._fleet.postgres.start()

    def _postgres_isolated(self, member: Member, seconds: float) -> None:
        self._isolate(member.to_postgres, seconds)

    def _isolate(self, way: ToxicProxy, seconds: float) -> None:
        """One server's way there is dead, and nobody tells it."""
        way.half_open()
        time.sleep(seconds)
        way.heal()

    def _cut(self, member: Member, seconds: float) -> None:
        member.door.cut()

    def _reset(self, member: Member, seconds: float) -> None:
        member.door.reset()

    def _half_open(self, member: Member, seconds: float) -> None:
        self._while_bad(member, seconds, member.door.half_open)

    def _refuse(self, member: Member, seconds: float) -> None:
        self._while_bad(member, seconds, member.door.refuse)

    def _latency(self, member: Member, seconds: float) -> None:
        self._while_bad(member, seconds, lambda: member.door.latency(0.1 * seconds))

    def _slow(self, member: Member, seconds: float) -> None:
        self._while_bad(member, seconds, lambda: member.door.slow(2000 * seconds))

    def _sliced(self, member: Member, seconds: float) -> None:
        self._while_bad(member, seconds, lambda: member.door.sliced(round(seconds * 10)))

    def _while_bad(self, member: Member, seconds: float, spoil: Callable[[], None]) -> None:
        spoil()
        time.sleep(seconds)
        member.door.heal()

    def _page_freeze(self, page: Page, seconds: float) -> None:
        page.freeze()
        time.sleep(seconds)
        page.thaw()
