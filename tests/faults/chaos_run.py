"""One run of chaos.py: the plan is carried out while people act, then everything has to come right, and is judged."""

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import psycopg

from tests.faults.chaos_faults import AT_ONCE, Faults, Planned, plan
from tests.faults.chaos_people import LEAVER, People
from tests.faults.chaos_record import Record, keep
from tests.support.deadlines import heard_from, judged_cancels, judged_delays
from tests.support.evidence import Evidence, Fault, History, Note
from tests.support.fleet import Fleet
from tests.support.history import check, nothing_sticks, shown_is_stored
from tests.support.story import Storyteller
from tests.support.upstream_thread import ScriptedUpstreamThread

SERVERS = 2
QUIET = 25.0  # seconds in which everything has to come right after the last fault
LOOK = 0.5

Say = Callable[[str], None]


@dataclass
class Verdict:
    seed: int
    summary: str
    violations: list[str] = field(default_factory=list)
    kept: Path | None = None  # where the histories are, if something is wrong

    def __str__(self) -> str:
        if not self.violations:
            return f"{self.summary}\nAll promises held (seed {self.seed})."
        found = "\n".join(f"  {words}" for words in self.violations)
        return (
            f"{self.summary}\n{len(self.violations)} violations (seed {self.seed}), histories in {self.kept}:\n{found}"
        )


def run(seconds: float, seed: int, say: Say) -> Verdict:
    with ExitStack() as stack:
        return Run(stack, seconds, seed, say).verdict()


class Run:
    def __init__(self, stack: ExitStack, seconds: float, seed: int, say: Say) -> None:
        self._seconds, self._seed, self._say = seconds, seed, say
        self._upstream = stack.enter_context(ScriptedUpstreamThread())
        self._upstream.default = self._teller = Storyteller()
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        self._fleet = stack.enter_context(Fleet(self._upstream.url, directory, SERVERS, networks=True))
        self._record = stack.enter_context(Record(self._fleet))
        self._people = People(self._fleet, self._dice("people"), stack, seed)
        self._faults = Faults(self._fleet, self._people.pages, self._note)
        self._pool = stack.enter_context(ThreadPoolExecutor(AT_ONCE + 1))
        self._running: dict[str, Future[None]] = {}

    def verdict(self) -> Verdict:
        self._let_fail()
        for fault in self._running.values():
            fault.result()
        self._say("The faults are over.")
        healed = self._until_quiet()
        evidence = self._evidence()
        violations = [*self._faults.complaints, *check(evidence)]
        verdict = Verdict(self._seed, f"{healed}\n{summary(evidence)}", violations)
        if violations:
            verdict.kept = keep(evidence, self._fleet, violations, Path(tempfile.mkdtemp(prefix="brook-chaos-")))
        return verdict

    def _let_fail(self) -> None:
        planned = list(plan(self._dice("faults"), self._seconds, SERVERS, len(self._people.pages)))
        dice, began = self._dice("pauses"), time.monotonic()
        while (now := time.monotonic() - began) < self._seconds:
            while planned and planned[0].at <= now:
                self._begin(planned.pop(0))
            if now > self._seconds / 4 and not self._record.logouts:
                self._log_out()
            self._people.act(self._seconds - now)
            time.sleep(dice.uniform(0.02, 0.25))

    def _begin(self, fault: Planned) -> None:
        before = self._running.get(fault.aim)
        if before and not before.done():  # a busy computer starts a server slowly
            self._say(f"{fault}: left out, the one before is not over")
            return
        self._say(str(fault))
        self._running[fault.aim] = self._pool.submit(self._faults.carry_out, fault)

    def _log_out(self) -> None:
        key = self._people.persons[LEAVER].session.session_key
        try:
            self._record.query("DELETE FROM django_session WHERE session_key = %s", key)
        except psycopg.OperationalError:  # the database is away: in a moment
            return
        self._record.logouts[self._people.leaver.name] = time.monotonic()

    def _until_quiet(self) -> str:
        began = time.monotonic()
        while (took := time.monotonic() - began) < QUIET:
            evidence = self._evidence()
            if not [*shown_is_stored(evidence), *nothing_sticks(evidence)] and not _waiting(evidence):
                return f"Everything had come right {took:.1f} s after the last fault."
            time.sleep(LOOK)
        return f"Not everything had come right {QUIET:.0f} s after the last fault."

    def _evidence(self) -> Evidence:
        return self._record.evidence(self._people.pages, self._teller, self._upstream.streaming)

    def _note(self, what: str, who: str, began: float) -> None:
        self._record.faults.append(Fault(what, who, began, time.monotonic()))

    def _dice(self, what: str) -> Random:
        return Random(f"{self._seed} {what}")  # noqa: S311 - a repeatable choice, no secret


def _waiting(evidence: Evidence) -> bool:
    return any(
        history.picture.waiting
        for history in evidence.histories
        if history.picture and history.page not in evidence.logouts
    )


def summary(evidence: Evidence) -> str:
    """What was done and how much of it could be judged: a run in which nothing happens proves nothing."""
    statuses = Counter(generation.status for generation in evidence.generations.values())
    kinds = Counter(note.kind for history in evidence.histories for note in history.notes)
    cancels = sum(len(list(judged_cancels(history, evidence))) for history in evidence.histories)
    delays = sorted(delay for history in evidence.histories for delay, _ in judged_delays(history, evidence))
    slow = f"{delays[len(delays) * 99 // 100] * 1000:.0f} ms" if delays else "none"
    elsewhere = sum(1 for history in evidence.histories for _ in _deltas_from_elsewhere(history, evidence))
    killed = sum(life.killed for lives in evidence.servers.values() for life in lives)
    return (
        f"{len(evidence.generations)} answers ({', '.join(f'{status} {n}' for status, n in statuses.items())}), "
        f"{killed} servers killed, {kinds['lost']} connections lost or refused, {kinds['stored']} acknowledgements, "
        f"{kinds['refused']} refusals, {cancels} stops judged, {len(delays)} delays judged (99 % within {slow}), "
        f"{elsewhere} pieces of text by way of another server"
    )


def _deltas_from_elsewhere(history: History, evidence: Evidence) -> Iterator[Note]:
    for note, base in heard_from(history):
        if note.kind == "heard" and note.facts["type"] == "delta":
            generation = evidence.generations.get(note.facts["generation"])
            if generation and evidence.base(generation) != base:
                yield note
