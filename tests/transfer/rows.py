"""Conversations to take along: every kind of row that a person can have."""

import uuid
from datetime import UTC, datetime, timedelta

from chat.models import Conversation, File, Generation, Message

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def converse(owner, title="Rivers", **fields):
    return Conversation.objects.create(owner=owner, title=title, created_at=NOON, updated_at=NOON, **fields)


def say(conversation, content, parent=None, role=Message.Role.USER, minute=0, **fields):
    return conversation.messages.create(
        role=role, content=content, parent=parent, created_at=NOON + timedelta(minutes=minute), **fields
    )


def answer(conversation, content, parent, minute=1, status=Generation.Status.COMPLETE, reasoning="", **facts):
    message = say(conversation, content, parent, Message.Role.ASSISTANT, minute, reasoning=reasoning)
    began = {"started_at": message.created_at, "finished_at": message.created_at + timedelta(seconds=3)}
    length = len(content) + len(reasoning)
    conversation.generations.create(message=message, status=status, cursor=length, **{**began, **facts})
    return message


def attach(message, name, data, kind=File.Kind.TEXT, media_type="text/plain"):
    file = File.objects.create(
        owner=message.conversation.owner, name=name, kind=kind, media_type=media_type, size=len(data), data=data
    )
    message.files.add(file)
    return file


def lively(owner):
    """A conversation with versions, files, ratings, reasoning, and answers that ended in every way."""
    conversation = converse(
        owner,
        "Élan vital 江河",
        titled_by=Conversation.Titled.PERSON,
        pinned=True,
        model="mira",
        system_prompt="Be brief.",
        parameters={"temperature": 0.5, "max_tokens": 100},
    )
    first = say(conversation, "Why do rivers meander?")
    notes = attach(first, "notes.txt", "Ufer & Außenseite\n".encode())
    attach(first, "map.png", PNG, File.Kind.IMAGE, "image/png")
    good = answer(
        conversation,
        "Because water **erodes**.",
        first,
        reasoning="Think of banks.",
        model="mira-7",
        provider="ours",
        finish_reason="stop",
        usage={"prompt_tokens": 7, "completion_tokens": 5},
        thinking_ms=1200,
        chunk_count=4,
        longest_gap_ms=80,
        runs=[15, 25],
        upstream_request_id="req-1",
        first_delta_at=NOON + timedelta(minutes=1, seconds=1),
    )
    good.rate(Message.Rating.GOOD, "Short.")
    other = answer(conversation, "Half an", first, 2, Generation.Status.CANCELLED, closing_ms=12)
    answer(conversation, "Half an answer", first, 3, continues=other, requested_model="vega", finish_reason="length")
    edited = say(conversation, "Why do rivers bend?", minute=4)
    edited.files.add(notes)
    answer(conversation, "", edited, 5, Generation.Status.FAILED, error_code="upstream", error_text="No such model.")
    answer(conversation, "Cut of", edited, 6, Generation.Status.TRUNCATED)
    answer(conversation, "```python\nprint(", edited, 7, Generation.Status.INTERRUPTED, left_out=3)
    good.choose()
    first.choose()
    return conversation


def facts_of(conversation):
    """Everything of a conversation that is taken along, without keys: messages by their place in the tree."""
    columns = ["title", "titled_by", "pinned", "archived", "model", "system_prompt", "parameters"]
    head = {name: getattr(conversation, name) for name in [*columns, "created_at", "updated_at"]}
    rows = list(conversation.messages.order_by("created_at", "pk").select_related("generation"))
    number = {row.pk: place for place, row in enumerate(rows)}
    return head, [_row(row, number) for row in rows]


def _row(row, number):
    names = ["role", "content", "reasoning", "chosen", "rating", "comment", "created_at"]
    files = [
        (file.name, file.kind, file.media_type, file.size, bytes(file.data)) for file in row.files.order_by("name")
    ]
    found = {name: getattr(row, name) for name in names}
    return {**found, "parent": number.get(row.parent_id), "files": files, "generation": _generation(row, number)}


def _generation(row, number):
    generation = getattr(row, "generation", None)
    if generation is None:
        return None
    own = {"id", "message", "conversation", "owner_process", "lease_expires_at", "cancel_requested_at", "continues"}
    names = [field.name for field in Generation._meta.fields if field.name not in own]
    return {**{name: getattr(generation, name) for name in names}, "continues": number.get(generation.continues_id)}


def new_id():
    return uuid.uuid4()
