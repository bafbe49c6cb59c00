"""The life of answers in one conversation, whatever happens in whatever order, over a real database.

A process is modelled by what it knows: the text that it was given so far, how that ended, and writes that it has begun
and that land later, out of order, or never. Everything that touches the database is the code itself. What is promised
stands in docs/architecture.md, "Data".
"""

import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar
from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.db.models import F, QuerySet
from django.test import override_settings
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from chat import models
from chat.models import Busy, Conversation, Generation
from chat.relay import errors, spool, sweep
from chat.relay.generation import Facts
from chat.relay.spool import Answer
from chat.relay.text import Ending, Text

LEASE = timedelta(days=1)
"""Leases run out when a rule says so, not because this machine is slow."""

T = TypeVar("T")

SAID = st.lists(
    st.tuples(st.sampled_from(["content", "reasoning"]), st.text("aé世👋", min_size=1, max_size=4)), max_size=4
)
FATES = st.sampled_from(["lands", "hangs", "an older one lands", 1, 2, 3, 4])
"""Of a write; a number: it fails at this statement."""

ENDS = st.sampled_from(["complete", "cancelled", "truncated", "failed", "interrupted"])

is_running = precondition(lambda life: life.is_alive and life.outcome is None)
is_ending = precondition(lambda life: life.is_alive and life.outcome is not None and life.told is None)
is_streaming = precondition(lambda life: life.seen.status == "streaming")
has_ended = precondition(lambda life: life.seen.status != "streaming")


@contextmanager
def fails_at(write: int) -> Iterator[None]:
    """A database that takes so many writes of a transaction and is gone at the next."""
    update, count = QuerySet.update, 0

    def broken(self: QuerySet, **fields: object) -> int:
        nonlocal count
        count += 1
        if count >= write:
            raise OperationalError("the database is gone")
        return update(self, **fields)

    with patch.object(QuerySet, "update", broken):
        yield


class Life(RuleBasedStateMachine):
    owner: object = None

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.mkdtemp(prefix="brook-life-")
        self.settings = override_settings(DATA_DIR=self.directory)
        self.settings.enable()
        self.conversation = Conversation.objects.create(owner=self.owner, title="Life")
        self.over: dict[uuid.UUID, object] = {}
        self.suspects: set[uuid.UUID] = set()
        self.hanging: list[Callable[[], object]] = []
        self.kept: dict[uuid.UUID, int] = {}
        self.row: Generation | None = None
        self.begin()

    # A conversation takes one answer at a time

    @has_ended
    @rule()
    def begin(self) -> None:
        """The process that is asked; whatever the one before knew is of no use any more."""
        self.client_id = uuid.uuid4()
        parent = self.row and self.row.message
        self.row, is_new = self.conversation.ask(parent, "Why?", self.client_id, owner_process="here")
        assert is_new
        self.is_alive = True
        self.text = Text()
        self.outcome: Ending | None = None
        self.told: Ending | None = None
        self.seen = self._row()

    def _takes_no_other(self) -> None:
        with pytest.raises(Busy):
            self.conversation.ask(self.row.message, "And?", uuid.uuid4(), owner_process="there")
        assert self.conversation.ask(None, "Why?", self.client_id, owner_process="there") == (self.row, False)
        assert self.conversation.messages.filter(role="user").latest("created_at").pk == self.row.message.parent_id

    # The process that writes it

    @is_running
    @rule(beats=st.lists(st.tuples(SAID, FATES), min_size=1, max_size=6))
    def write(self, beats: list[tuple[list[tuple[str, str]], str | int]]) -> None:
        for said, fate in beats:
            if self.outcome is None:
                self._hear(said)
                self._checkpoint(fate)
                self.it_holds()

    @is_running
    @rule(said=SAID, status=ENDS)
    def finish(self, said: list[tuple[str, str]], status: str) -> None:
        """By the upstream, a limit, a clock, Stop, or the end of the process."""
        if self.seen.status == "streaming":
            self._takes_no_other()
        self._hear(said)
        self.outcome = Ending(status, cursor=self.text.end)

    @is_ending
    @rule(fate=FATES)
    def end(self, fate: str | int) -> None:
        self.told = self._meet(fate, partial(spool.store, self._answer()))

    @is_ending
    @rule()
    def end_is_kept_in_a_file(self) -> None:
        assert spool.keep(self._answer())
        self.kept[self.row.pk] = self.text.end
        self.told = self.outcome._replace(status="failed", error_code=errors.SPOOLED[0])

    @precondition(lambda life: life.hanging)
    @rule()
    def hanging_write_lands(self) -> None:
        """It was given up, and has gone on in its thread; the oldest first."""
        self.hanging.pop(0)()

    def _checkpoint(self, fate: str | int) -> None:
        content, reasoning, runs = self._known()
        goes_on = self._meet(fate, partial(self.row.checkpoint, content, reasoning, runs=runs))
        if goes_on is not None:
            assert goes_on == (self.seen.status == "streaming" and not self.seen.cancel_requested_at)
        if goes_on is False:
            self.outcome = Ending("cancelled", cursor=self.text.end)

    def _hear(self, said: list[tuple[str, str]]) -> None:
        for kind, words in said:
            self.text.append(kind, words)

    def _meet(self, fate: str | int, write: Callable[[], T]) -> T | None:
        """What the write returns; None if it hangs, or fails, and then it has changed nothing."""
        if fate == "lands":
            return write()
        if fate == "an older one lands":
            if self.hanging:
                self.hanging.pop(0)()
            return None
        if fate == "hangs":
            self.hanging.append(write)
            return None
        try:
            with fails_at(fate):
                return write()
        except OperationalError:
            assert _columns(self._row()) == _columns(self.seen), "half a write"
            return None

    # What happens to it

    @is_streaming
    @precondition(lambda life: life.is_alive)
    @rule()
    def process_dies(self) -> None:
        """One that freezes is one of which nothing happens for a while."""
        self.is_alive = False
        self._takes_no_other()

    @is_streaming
    @precondition(lambda life: not life.seen.cancel_requested_at)
    @rule()
    def stop_is_pressed_elsewhere(self) -> None:
        assert Generation.objects.filter(pk=self.row.pk).request_cancel() == 1

    @is_streaming
    @rule(runs_out=st.booleans(), looks=st.integers(1, 2))
    def others_look_for_expired_leases(self, runs_out: bool, looks: int) -> None:
        if runs_out:
            Generation.objects.streaming().update(lease_expires_at=F("started_at") - LEASE)
        for _ in range(looks):
            expired = sweep._expired([])
            lost = sweep._interrupt(self.suspects & expired)
            assert len(lost) == len(self.suspects & expired)
            self.suspects = expired

    @precondition(lambda life: life._files("json"))
    @rule(write=st.sampled_from([1, 2, 3, 4, 99]))
    def spool_is_replayed(self, write: int) -> None:
        waiting = self._files("json")
        with fails_at(write):
            try:
                spool.replay()
            except OperationalError:
                assert self._files("json") == waiting
            else:
                assert not self._files("json")

    # What holds whatever happens

    @invariant()
    def it_holds(self) -> None:
        before, self.seen = self.seen, self._row()
        self._stored_text_is_a_beginning_of_what_was_written(self.seen)
        if before.pk == self.seen.pk:
            assert self.seen.cursor >= before.cursor, "stored text got shorter"
            if before.status != "streaming":
                assert _columns(self.seen) == _columns(before), "something changed after the end"
        if before.status != "streaming":
            self.over[before.pk] = _columns(before)
        if self.told and self.told.error_code != errors.SPOOLED[0]:
            assert self.told == spool.stored_ending(self.seen), "what was told is not what is stored"

    def _stored_text_is_a_beginning_of_what_was_written(self, row: Generation) -> None:
        content, reasoning = row.message.content, row.message.reasoning
        assert row.cursor == len(content) + len(reasoning)
        if row.cursor:
            assert Text.of(content, reasoning, row.runs).read(0) == self.text.read(0, row.cursor)

    def teardown(self) -> None:
        """When the faults stop nothing is left that streams or waits, and no older answer has changed."""
        try:
            spool.replay()
            self.others_look_for_expired_leases(runs_out=True, looks=2)
            assert not self._files("json")
            assert self._row().status != "streaming"
            for row in Generation.objects.select_related("message").filter(pk__in=self.over):
                assert _columns(row) == self.over[row.pk]
            for row in Generation.objects.filter(pk__in=self.kept):
                assert row.cursor == self.kept[row.pk] or str(row.pk) in self._files("late"), "text was lost"
        finally:
            self.settings.disable()
            shutil.rmtree(self.directory)

    # What the rules are made of

    def _known(self) -> tuple[str, str, list[int]]:
        return self.text.whole("content"), self.text.whole("reasoning"), self.text.runs.copy()

    def _answer(self) -> Answer:
        content, reasoning, runs = self._known()
        return Answer(self.row.pk, self.outcome, content, reasoning, runs, Facts())

    def _row(self) -> Generation:
        return Generation.objects.select_related("message").get(pk=self.row.pk)

    def _files(self, kind: str) -> set[str]:
        return {path.stem for path in (Path(self.directory) / "spool").glob(f"*.{kind}")}


def _columns(row: Generation) -> object:
    """All that is stored of an answer."""
    found = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return {**found, "content": row.message.content, "reasoning": row.message.reasoning}


@pytest.mark.timeout(240)  # a few seconds; but a failure is first told as shortly as can be
@pytest.mark.django_db
def test_whatever_happens_in_whatever_order_an_answer_keeps_its_promises(alice, monkeypatch):
    monkeypatch.setattr(models, "LEASE", LEASE)

    class AlicesLife(Life):
        owner = alice

    few = settings(
        max_examples=60,
        stateful_step_count=15,
        deadline=None,
        derandomize=True,
        phases=(Phase.generate, Phase.shrink),  # to explain, too, would trace every line of Django
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    run_state_machine_as_test(AlicesLife, settings=few)
