"""What became of an answer, in words for the people who review it: its outcome, its end, and the facts about it."""

import json
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Case, F, TextChoices, Value, When

from chat.models import Conversation, Generation, Message


class Outcome(TextChoices):
    """A generation's status, with "cut at the token limit" told apart from "complete"."""

    COMPLETE = "complete", "Complete"
    LENGTH = "length", "Cut at the token limit"
    CANCELLED = "cancelled", "Stopped by the person"
    FAILED = "failed", "Failed"
    TRUNCATED = "truncated", "Truncated"
    INTERRUPTED = "interrupted", "Interrupted"
    STREAMING = "streaming", "Being written now"


OUTCOME = Case(
    When(status=Generation.Status.COMPLETE, finish_reason="length", then=Value(Outcome.LENGTH.value)),
    default=F("status"),
)
"""The same as `outcome`, for a query over generations."""

NO_ANSWER = "No answer yet"

RATINGS = {Message.Rating.GOOD: "Thumbs up", Message.Rating.BAD: "Thumbs down"}

_REASONS = {
    Outcome.FAILED: "No reason was given.",
    Outcome.TRUNCATED: "The connection ended before the answer was complete.",
    Outcome.INTERRUPTED: "Brook was stopped while this answer was being written.",
}
"""The ends that need a reason, and what to say where the generation kept none."""


class Fact(NamedTuple):
    name: str
    value: str


def outcome(generation: Generation) -> Outcome:
    if generation.status == Generation.Status.COMPLETE and generation.finish_reason == "length":
        return Outcome.LENGTH
    return Outcome(generation.status)


def ending(generation: Generation) -> str:
    """One line: how the answer ended, with the reason where it is not whole."""
    ended = outcome(generation)
    if ended not in _REASONS:
        return str(ended.label)
    return f"{ended.label}: {generation.error_text or _REASONS[ended]}"


def marks(conversation: Conversation) -> str:
    """What its owner did with it as a whole; empty if nothing."""
    found = [
        "Pinned" if conversation.pinned else "",
        "Archived" if conversation.archived else "",
        "Deleted by its owner" if conversation.deleted_at else "",
    ]
    return ", ".join(filter(None, found))


def facts(generation: Generation) -> list[Fact]:
    """What was measured and reported, in reading order; what is not known is left out."""
    found = [
        Fact("Finish reason", generation.finish_reason or ""),
        Fact("Model", generation.model),
        Fact("Model asked for", generation.requested_model),
        Fact("Provider", generation.provider),
        Fact("First words after", _seconds_between(generation.started_at, generation.first_delta_at)),
        Fact("Thinking", "" if generation.thinking_ms is None else seconds(generation.thinking_ms / 1000)),
        Fact("Duration", _seconds_between(generation.started_at, generation.finished_at)),
        Fact("Chunks", f"{generation.chunk_count:,}" if generation.chunk_count else ""),
        Fact("Longest gap", seconds(generation.longest_gap_ms / 1000) if generation.chunk_count else ""),
        Fact("Upstream closed after", "" if generation.closing_ms is None else f"{generation.closing_ms:,} ms"),
        Fact("Usage", _usage(generation.usage)),
        Fact("Oldest messages left out", str(generation.left_out or "")),
        Fact("Goes on from", "an answer that was cut" if generation.continues_id else ""),
        Fact("Error code", generation.error_code),
        Fact("Request", generation.upstream_request_id),
    ]
    return [fact for fact in found if fact.value]


def seconds(number: float) -> str:
    """A length of time: hundredths below ten seconds, whole seconds from a minute on."""
    if number < 10:
        return f"{number:.2f} s"
    if number < 60:
        return f"{number:.1f} s"
    minutes, rest = divmod(round(number), 60)
    return f"{minutes} min {rest} s"


def _seconds_between(start: datetime, end: datetime | None) -> str:
    return seconds((end - start).total_seconds()) if end else ""


def _usage(usage: Any) -> str:
    """As the upstream sent it: usually an object of counts, but it may be anything."""
    if not usage:
        return ""
    if not isinstance(usage, dict):
        return json.dumps(usage, ensure_ascii=False)
    return ", ".join(f"{_plain(value)} {name.replace('_', ' ')}" for name, value in usage.items() if value is not None)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
