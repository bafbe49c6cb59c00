"""Conversations in Brook's own format, piece by piece: at no time more than a few messages are in memory."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from chat.models import Conversation, File, Generation, Message, attached
from chat.transfer.format import (
    CODE_CHARS,
    COUNTS,
    LARGEST_COUNT,
    NAME,
    RUNS,
    TOKENS,
    VERSION,
    Asked,
    Attachment,
    Facts,
    Failure,
    Head,
    Said,
)

TOGETHER = 20
"""Messages that are read by one query."""


def document(conversations: Iterable[Conversation]) -> Iterator[bytes]:
    """A whole file. Each message stands on a line of its own, so that the number of a line says something."""
    exported = _moment(datetime.now(UTC))
    yield f'{{"format":"{NAME}","version":{VERSION},"exported":"{exported}","conversations":['.encode()
    for number, conversation in enumerate(conversations):
        yield b",\n" if number else b"\n"
        yield from _conversation(conversation)
    yield b"\n]}\n"


def everything(owner: Any) -> Iterator[Conversation]:
    """All conversations of a person, the oldest first, each read when it is its turn."""
    mine = Conversation.objects.for_user(owner)
    for key in list(mine.order_by("created_at", "pk").values_list("pk", flat=True)):
        yield from mine.filter(pk=key)  # none, if it was deleted meanwhile


def _conversation(conversation: Conversation) -> Iterator[bytes]:
    head = msgspec.json.encode(_head(conversation))
    yield head[:-1] + b',"messages":['
    seen: set[UUID] = set()
    for number, (message, files) in enumerate(_messages(conversation)):
        said = _said(message, [found for file in files if (found := _attachment(file, seen))])
        yield (b",\n" if number else b"\n") + msgspec.json.encode(said)
    yield b"]}"


def _messages(conversation: Conversation) -> Iterator[tuple[Message, list[File]]]:
    """Every message, all versions, the oldest first; with its files."""
    keys = list(conversation.messages.order_by("created_at", "pk").values_list("pk", flat=True))
    for at in range(0, len(keys), TOGETHER):
        rows = Message.objects.select_related("generation").in_bulk(keys[at : at + TOGETHER])
        files = attached(rows.values())
        yield from ((rows[key], files.get(key, [])) for key in keys[at : at + TOGETHER] if key in rows)


def _head(conversation: Conversation) -> Head:
    return Head(
        id=str(conversation.pk),
        title=conversation.title,
        created=conversation.created_at,
        updated=conversation.updated_at,
        titled_by=conversation.titled_by,  # type: ignore[arg-type]  # one of the choices
        pinned=conversation.pinned,
        archived=conversation.archived,
        options=_asked(conversation),
    )


def _asked(conversation: Conversation) -> Asked:
    asked = Asked(*conversation.options)
    asked.max_tokens = asked.max_tokens and min(asked.max_tokens, TOKENS)
    return asked


def _said(message: Message, files: list[Attachment]) -> Said:
    generation = getattr(message, "generation", None)
    return Said(
        id=str(message.pk),
        parent=_key(message.parent_id),
        role=message.role,  # type: ignore[arg-type]  # one of the choices
        created=message.created_at,
        content=message.content,
        reasoning=message.reasoning,
        chosen=message.chosen,
        rating=message.rating,  # type: ignore[arg-type]  # one of the choices
        comment=message.comment,
        files=files,
        generation=_facts(generation) if generation else None,
    )


def _attachment(file: File, seen: set[UUID]) -> Attachment | None:
    """None if it was removed meanwhile. An edited message has the files of the one it is a version of: those are not
    written once more.
    """
    if file.pk in seen:
        return Attachment(str(file.pk))
    # Asked for by itself: the row would keep it as long as the messages that were read with it.
    data = File.objects.filter(pk=file.pk).values_list("data", flat=True).first()
    if data is None:
        return None
    seen.add(file.pk)
    return Attachment(str(file.pk), file.name, bytes(data))


def _facts(generation: Generation) -> Facts:
    failure = Failure(generation.error_code, generation.error_text)
    return Facts(
        status=generation.status,  # type: ignore[arg-type]  # one of the choices
        finish_reason=generation.finish_reason,
        error=failure if failure.code or failure.message else None,
        provider=generation.provider,
        model=generation.model,
        requested_model=generation.requested_model,
        continues=_key(generation.continues_id),
        request=generation.upstream_request_id,
        started=generation.started_at,
        first_delta=generation.first_delta_at,
        finished=generation.finished_at,
        longest_gap_ms=generation.longest_gap_ms,
        thinking_ms=generation.thinking_ms,
        closing_ms=generation.closing_ms,
        chunks=generation.chunk_count,
        left_out=generation.left_out,
        usage=_counts(generation.usage),
        runs=generation.runs and generation.runs[:RUNS],
    )


def _counts(usage: Any) -> dict[str, int] | None:
    """As chat/relay/completions.py keeps them; rows of other making may hold anything."""
    if not isinstance(usage, dict):
        return None
    known = [
        (name, value)
        for name, value in usage.items()
        if len(name) <= CODE_CHARS and type(value) is int and 0 <= value <= LARGEST_COUNT
    ]
    return dict(known[:COUNTS])


def _key(key: UUID | None) -> str | None:
    return str(key) if key else None


def _moment(when: datetime) -> str:
    return when.isoformat().replace("+00:00", "Z")
