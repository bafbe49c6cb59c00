import itertools
import threading
import time
from pathlib import Path

import pytest

from chat.localmodel import keeper
from chat.localmodel.supervisor import LocalModelError

ENOUGH_STARTS = 6


def test_a_crash_loop_is_slowed_down_up_to_a_limit(monkeypatch):
    starts, enough = [], threading.Event()

    def crash(weights):
        starts.append(time.monotonic())
        if len(starts) == ENOUGH_STARTS:
            enough.set()
        raise LocalModelError("It does not start.")

    monkeypatch.setattr(keeper, "Process", crash)
    monkeypatch.setattr(keeper, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(keeper, "LAST_PAUSE", 0.08)
    kept = keeper.Keeper(Path())
    assert enough.wait(5)
    kept.stop()
    pauses = [later - earlier for earlier, later in itertools.pairwise(starts)]
    assert all(pause >= least for pause, least in zip(pauses, [0.02, 0.04, 0.08, 0.08, 0.08], strict=True))


def test_between_two_starts_that_fail_callers_get_the_reason_at_once(monkeypatch):
    def crash(weights):
        raise LocalModelError("It does not start.")

    monkeypatch.setattr(keeper, "Process", crash)
    monkeypatch.setattr(keeper, "FIRST_PAUSE", 60)
    kept = keeper.Keeper(Path())
    for _ in range(2):
        with pytest.raises(LocalModelError, match="It does not start"):
            kept.endpoint().result(timeout=5)
    kept.stop()
