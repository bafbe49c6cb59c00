"""The part of the checker that concerns time: G5 to G9, each with the slack that a busy computer needs.

A deadline holds where nothing else was wrong: an act on a page whose server is frozen, or whose network is bad, is not
judged, and what cannot go on while the database is away has so much longer. How much could be judged is `judged`.
"""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise

from tests.support.evidence import Evidence, History, Life, Note, StoredGeneration
from tests.support.story import Telling

CANCEL, CANCEL_WITHOUT_REDIS = 1.0, 5.0
LOST_TEXT = 1.0  # what kill -9 may cost
INTERRUPTED = 20.0  # until somebody says that the answer of a dead process is over
OUTLIVE = 2.0
DELAY = 0.25
LOGOUT = 30.0

SLACK = 1.0
"""Seconds for a computer on which servers start beside the test, and for the way between two clocks."""

FAR = 300.0  # seconds; nobody waits longer

RECOVERY = 5.0
"""Seconds after an outage of Redis or PostgreSQL in which connections to them come back."""


def late(evidence: Evidence) -> Iterator[str]:
    for history in evidence.histories:
        for cancel, telling in judged_cancels(history, evidence):
            yield from _cancelled_in_time(history, cancel, telling, evidence)
        for delay, note in judged_delays(history, evidence):
            if delay > DELAY + SLACK:
                yield f"G7: {history.page} waited {delay:.2f} s for text of {note.facts['generation']}"
        yield from _silent_after_logout(history, evidence)
    for generation in evidence.generations.values():
        yield from _outlives(generation, evidence)
        life = evidence.life(generation.pid)
        if life and life.killed and _was_under_way(generation, life):
            yield from _interrupted_in_time(generation, life, evidence)
            yield from _text_is_there(generation, life, evidence)


# G5


def judged_cancels(history: History, evidence: Evidence) -> Iterator[tuple[Note, Telling]]:
    """Stops that met nothing but what may be down: on both ways a healthy server."""
    for note, base in heard_from(history):
        if note.kind != "said" or note.facts["type"] != "cancel":
            continue
        generation = evidence.generations.get(note.facts["generation"])
        telling = generation and evidence.telling(generation)
        if generation and telling and not _hindered(note.at, base, generation, history, evidence):
            yield note, telling


def _hindered(at: float, base: str, generation: StoredGeneration, history: History, evidence: Evidence) -> bool:
    start, end = at - RECOVERY, at + _patience(at, evidence)
    bases = {base, evidence.base(generation)}
    away = evidence.faulty("redis", start, end) and evidence.faulty("postgres", start, end)
    return any(evidence.ailing(one, at - 1, end) for one in bases) or bool(
        away or evidence.faulty("page", at - 1, end, history.page)
    )


def _patience(at: float, evidence: Evidence) -> float:
    without = evidence.faulty("redis", at - RECOVERY, at + CANCEL)
    return CANCEL_WITHOUT_REDIS if without else CANCEL


def _cancelled_in_time(history: History, cancel: Note, telling: Telling, evidence: Evidence) -> Iterator[str]:
    deadline = cancel.at + _patience(cancel.at, evidence)
    if telling.over_at is None or telling.over_at > deadline + SLACK:
        took = "never" if telling.over_at is None else f"{telling.over_at - cancel.at:.1f} s later"
        yield f"G5: {history.page} stopped {cancel.facts['generation']}, and the upstream's socket was closed {took}"


# G6


def _was_under_way(generation: StoredGeneration, life: Life) -> bool:
    return generation.finished_at is None or generation.finished_at > life.ended + 0.5


def _interrupted_in_time(generation: StoredGeneration, life: Life, evidence: Evidence) -> Iterator[str]:
    if generation.status != "interrupted":
        yield f"G6: answer {generation.key} is {generation.status}, although its process was killed under it"
    deadline = life.ended + INTERRUPTED + SLACK + _without_help(life.ended, evidence)
    if generation.finished_at is None or generation.finished_at > deadline:
        took = "never" if generation.finished_at is None else f"after {generation.finished_at - life.ended:.1f} s"
        yield f"G6: the death of its process was told to answer {generation.key} {took}"


def _without_help(since: float, evidence: Evidence) -> float:
    """Seconds after this moment in which the database was away or nobody was there to look."""
    until = since + FAR
    away = [(began, ended + RECOVERY) for began, ended in evidence.faulty("postgres", since, until)]
    changes = {since, until, *(moment for span in away for moment in span), *_changes(evidence)}
    lost = 0.0
    for start, end in pairwise(sorted(moment for moment in changes if since <= moment <= until)):
        middle = (start + end) / 2
        alone = any(began <= middle <= ended for began, ended in away) or not _somebody_is_there(middle, evidence)
        if alone and start < since + INTERRUPTED + lost:
            lost += end - start
    return lost


def _changes(evidence: Evidence) -> Iterator[float]:
    for lives in evidence.servers.values():
        for life in lives:
            yield from (life.ready, life.ended, *(moment for span in life.frozen for moment in span))


def _somebody_is_there(moment: float, evidence: Evidence) -> bool:
    return any(
        life.ready <= moment <= life.ended and not any(began <= moment <= ended for began, ended in life.frozen)
        for lives in evidence.servers.values()
        for life in lives
    )


def _text_is_there(generation: StoredGeneration, life: Life, evidence: Evidence) -> Iterator[str]:
    telling = evidence.telling(generation)
    died = min([life.ended, *(began for began, ended in life.frozen if ended >= life.ended)])
    if telling is None or evidence.faulty("postgres", died - LOST_TEXT - RECOVERY, died):
        return
    if any(began <= died and ended >= died - LOST_TEXT - SLACK - 1 for began, ended in life.frozen if ended < died):
        return  # it had hardly woken up
    due = telling.written_by(died - LOST_TEXT - SLACK)
    if generation.cursor < due:
        yield (
            f"G6: answer {generation.key} holds {generation.cursor} code points; the upstream had written {due} when "
            f"{LOST_TEXT} s and {SLACK} s of slack were left until its process was killed"
        )


# G7


def judged_delays(history: History, evidence: Evidence) -> Iterator[tuple[float, Note]]:
    """How late text came that was written while a page followed on its own server, whatever else was wrong."""
    followed, since = "", 0.0
    for note, base in heard_from(history):
        if note.kind in ("connected", "said", "lost"):  # it may be asked for anew: then what is there comes first
            followed = ""
        if note.kind != "heard" or note.facts["type"] != "delta":
            continue
        if note.facts["generation"] != followed:
            followed, since = note.facts["generation"], note.at
        generation = evidence.generations.get(followed)
        telling = generation and evidence.telling(generation)
        if generation and telling and evidence.base(generation) == base:
            written = _written_at(telling, note.facts["start"])
            hindered = evidence.ailing(base, written - 1, note.at)
            if written > since and not (hindered or evidence.faulty("page", written - 1, note.at, history.page)):
                yield note.at - written, note


def heard_from(history: History) -> Iterator[tuple[Note, str]]:
    """Every note with the base of the server that the page was connected to, or was last."""
    base = ""
    for note in history.notes:
        base = note.facts["base"] if note.kind == "connected" else base
        yield note, base


def _written_at(telling: Telling, cursor: int) -> float:
    """When the upstream wrote what stands behind this cursor."""
    return telling.written[min(bisect_left(telling.written, cursor + 1, key=lambda w: w[1]), len(telling.written) - 1)][
        0
    ]


# G8


def _outlives(generation: StoredGeneration, evidence: Evidence) -> Iterator[str]:
    telling, life = evidence.telling(generation), evidence.life(generation.pid)
    if telling is None or generation.finished_at is None or life is None:
        return
    deadline = generation.finished_at + OUTLIVE
    away = [(began, ended + RECOVERY) for began, ended in evidence.faulty("postgres", 0, deadline)]
    for began, ended in sorted([*life.frozen, *away]):
        if began <= deadline and ended >= generation.finished_at:
            deadline = max(deadline, ended + OUTLIVE)
    over = telling.over_at
    if over is None or over > deadline + SLACK:
        took = "for ever" if over is None else f"for {over - generation.finished_at:.1f} s"
        yield f"G8: the upstream's connection outlived answer {generation.key} {took}"


# G9


def _silent_after_logout(history: History, evidence: Evidence) -> Iterator[str]:
    at = evidence.logouts.get(history.page)
    if at is None:
        return
    heard = [note.at for note in history.of("heard") if note.at > at + LOGOUT + SLACK]
    if heard:
        yield f"G9: {history.page} still heard something {heard[0] - at:.0f} s after its person was logged out"
    if history.picture and history.picture.connected and evidence.ended > at + LOGOUT + SLACK:
        yield f"G9: {history.page} is still connected {evidence.ended - at:.0f} s after its person was logged out"
