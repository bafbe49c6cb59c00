"""What the server says: docs/protocol.md, "Events". Built from plain values; nothing here looks anything up."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

import msgspec

from chat.live.protocol.refusal import Refused
from chat.relay.listing import Model
from chat.relay.text import Ending, Frame

VERSION = 2

# Close codes
UNAUTHORISED = 4401
SILENT = 4408
TOO_MANY = 4429
RESTARTING = 1012
"""Service restart: https://www.iana.org/assignments/websocket/websocket.xml#close-code-number"""


class Limits(TypedDict):
    """What the page tells people before they try."""

    message_chars: int
    instructions_chars: int
    files: int
    file_bytes: int
    image_bytes: int


class Summary(TypedDict):
    """As an event and in a transcript; a list of conversations has no `options` and `shares`."""

    id: str
    title: str
    updated: str
    generating: bool
    pinned: bool
    archived: bool
    options: dict[str, Any]
    shares: list[dict[str, Any]]


class Row(TypedDict):
    id: str
    parent: str | None
    role: str
    content: str
    reasoning: str
    client_id: str | None
    created: str
    files: list[dict[str, Any]]
    chosen: bool
    rating: int
    comment: str
    generation: dict[str, Any] | None


def welcome(
    introduction: tuple[str, str, str], images: bool | None, limits: Limits, defaults: dict[str, Any]
) -> dict[str, Any]:
    """`introduction` is the model's name, its provider and a note; `images`: does it take pictures? None: who knows."""
    model, provider, note = introduction
    return {
        "type": "welcome",
        "protocol": VERSION,
        "model": {"name": model, "provider": provider, "note": note, "images": images},
        "limits": limits,
        "defaults": defaults,
    }


def transcript(conversation: Summary | None, rows: list[Row]) -> dict[str, Any]:
    return {"type": "transcript", "conversation": conversation, "messages": rows}


def message(conversation: UUID | None, row: Row) -> dict[str, Any]:
    """Without a conversation: the answer to `ask`."""
    return {"type": "message", "conversation": conversation and str(conversation), "message": row}


def temporary(generation: UUID, client_id: UUID, created: datetime) -> Row:
    """The row of an answer that is stored nowhere, before its first word."""
    return Row(
        id=str(generation),
        parent=str(client_id),
        role="assistant",
        content="",
        reasoning="",
        client_id=None,
        created=moment(created),
        files=[],
        chosen=False,
        rating=0,
        comment="",
        generation={
            "id": str(generation),
            "status": "streaming",
            "phase": "queued",
            "finish_reason": None,
            "error": None,
            "model": "",
            "left_out": 0,
            "thinking_ms": None,
            "cursor": 0,
        },
    )


def conversation(summary: Summary) -> dict[str, Any]:
    return {"type": "conversation", **summary}


def frame(generation: UUID, item: Frame) -> dict[str, Any]:
    """`delta` for a frame with text, `position` for one without."""
    if not item.parts:
        return {
            "type": "position",
            "generation": str(generation),
            "to": item.end,
            "status": "streaming",
            "phase": item.phase,
        }
    parts = [{"kind": part.kind, "text": part.text} for part in item.parts]
    return {"type": "delta", "generation": str(generation), "from": item.start, "to": item.end, "parts": parts}


def finished(generation: UUID, ending: Ending) -> dict[str, Any]:
    return {
        "type": "finished",
        "generation": str(generation),
        "to": ending.cursor,
        "status": ending.status,
        "finish_reason": ending.finish_reason,
        "error": error_part(ending.error_code, ending.error_text),
        "left_out": ending.left_out,
        "thinking_ms": ending.thinking_ms,
        "model": ending.model,
    }


def error(refusal: Refused, command: str | None, conversation: str | None, client_id: str | None) -> dict[str, Any]:
    return {
        "type": "error",
        "code": refusal.code,
        "message": str(refusal),
        "command": command,
        "conversation": conversation,
        "client_id": client_id,
    }


def notice(code: str, words: str, conversation: UUID, client_id: UUID) -> dict[str, Any]:
    """The command was carried out, and there is something to know about it."""
    return {
        "type": "notice",
        "code": code,
        "message": words,
        "conversation": str(conversation),
        "client_id": str(client_id),
    }


def deleted(conversation: UUID) -> dict[str, Any]:
    return {"type": "deleted", "conversation": str(conversation)}


def listing() -> dict[str, Any]:
    """The list of conversations is another one than before."""
    return {"type": "list"}


def models(offered: Iterable[Model], default: str, trouble: str) -> dict[str, Any]:
    listed = [model._asdict() for model in offered]
    return {"type": "models", "models": listed, "default": default, "trouble": trouble}


def pong() -> dict[str, Any]:
    return {"type": "pong"}


def error_part(code: str, text: str) -> dict[str, str] | None:
    return {"code": code, "message": text} if code else None


def moment(when: datetime) -> str:
    """ISO 8601 in UTC."""
    return when.isoformat()


def encode(event: dict[str, Any]) -> str:
    return msgspec.json.encode(event).decode()
