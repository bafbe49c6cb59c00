"""The browser protocol: commands parsed and checked, events built. Pure; docs/protocol.md is its description.

Malformed input raises `Refused`, whose code and words go back to the tab as an `error` event. Nothing here knows
whether an identifier exists or belongs to anybody.
"""

import json
import unicodedata
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

import msgspec

from chat.relay.text import Ending, Frame

VERSION = 1

TITLE_CHARS = 200

# Close codes
UNAUTHORISED = 4401
SILENT = 4408
TOO_MANY = 4429
RESTARTING = 1012
"""Service restart: https://www.iana.org/assignments/websocket/websocket.xml#close-code-number"""


class Refused(Exception):
    """A command is not carried out; `str(error)` is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


# Commands


class _Command(msgspec.Struct, tag_field="type", tag=str.lower, frozen=True):
    pass


class Open(_Command, frozen=True):
    conversation: UUID | None
    generation: UUID | None = None
    cursor: int = 0


class Send(_Command, frozen=True):
    client_id: UUID
    conversation: UUID | None
    parent: UUID | None
    content: str


class Edit(_Command, frozen=True):
    client_id: UUID
    message: UUID
    content: str


class Regenerate(_Command, frozen=True):
    client_id: UUID
    message: UUID


class Cancel(_Command, frozen=True):
    generation: UUID


class Rename(_Command, frozen=True):
    conversation: UUID
    title: str


class Delete(_Command, frozen=True):
    conversation: UUID


class Ack(_Command, frozen=True):
    generation: UUID
    cursor: int


class Ping(_Command, frozen=True):
    pass


Begin = Send | Edit | Regenerate
Command = Open | Begin | Cancel | Rename | Delete | Ack | Ping


_decode = msgspec.json.Decoder(Command).decode
_known = frozenset(kind.__name__.lower() for kind in Command.__args__)


def parse(frame: str, message_chars: int) -> Command:
    """The command in one text frame. Raises `Refused` when it is none, or its message is empty or too long."""
    try:
        command: Command = _decode(frame)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _refusal(frame, error) from error
    if isinstance(command, Send | Edit):
        command = msgspec.structs.replace(command, content=command.content.replace("\0", ""))
        _check_content(command.content, message_chars)
    if isinstance(command, Rename):
        command = msgspec.structs.replace(command, title=_line(command.title))
    return command


def names_in(frame: str) -> tuple[str | None, str | None]:
    """The type and client_id of a frame, as far as they can be read: an `error` event names what it answers.

    Read by `json`, which takes half a surrogate pair in the content where msgspec refuses the whole frame.
    """
    try:
        envelope = json.loads(frame)
    except (ValueError, RecursionError):
        return None, None
    found = [envelope.get(name) if isinstance(envelope, dict) else None for name in ("type", "client_id")]
    kind, client_id = (_clean(name) if isinstance(name, str) else None for name in found)
    return kind, client_id


def _clean(name: str) -> str:
    """What may be sent back: an event with half a surrogate pair could not be."""
    return name.encode("utf-8", "replace").decode()


def _refusal(frame: str, error: Exception) -> Refused:
    kind, _ = names_in(frame)
    if kind is not None and kind not in _known:
        return Refused("unknown_command", "This server does not know that command. Reloading the page may help.")
    return Refused("bad_command", f"That command could not be read: {error}.")


def _line(title: str) -> str:
    """A title as one line. Raises `Refused` when nothing of it can be seen, or it is too long."""
    line = " ".join(title.replace("\0", "").split())
    if _is_blank(line):
        raise Refused("empty", "A conversation needs a title.")
    if len(line) > TITLE_CHARS:
        raise Refused("too_large", f"The title has {len(line):,} characters; at most {TITLE_CHARS:,} can be kept.")
    return line


_INVISIBLE = frozenset(["Cc", "Cf", "Zs", "Zl", "Zp"])  # Unicode's controls, joiners and blanks


def _check_content(content: str, limit: int) -> None:
    if _is_blank(content):
        raise Refused("empty", "There is nothing to send: the message is empty.")
    if len(content) > limit:
        raise Refused("too_large", f"The message has {len(content):,} characters; at most {limit:,} can be sent.")


def _is_blank(text: str) -> bool:
    return all(unicodedata.category(character) in _INVISIBLE for character in text)


# Events


class Summary(TypedDict):
    id: str
    title: str
    updated: str
    generating: bool


class Row(TypedDict):
    id: str
    parent: str | None
    role: str
    content: str
    reasoning: str
    client_id: str | None
    created: str
    generation: dict[str, Any] | None


def welcome(model: str, provider: str, note: str, message_chars: int) -> dict[str, Any]:
    return {
        "type": "welcome",
        "protocol": VERSION,
        "model": {"name": model, "provider": provider, "note": note},
        "limits": {"message_chars": message_chars},
    }


def transcript(conversation: Summary | None, rows: list[Row]) -> dict[str, Any]:
    return {"type": "transcript", "conversation": conversation, "messages": rows}


def message(conversation: UUID, row: Row) -> dict[str, Any]:
    return {"type": "message", "conversation": str(conversation), "message": row}


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
    }


def error(refusal: Refused, command: str | None, client_id: str | None) -> dict[str, Any]:
    return {
        "type": "error",
        "code": refusal.code,
        "message": str(refusal),
        "command": command,
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


def pong() -> dict[str, Any]:
    return {"type": "pong"}


def error_part(code: str, text: str) -> dict[str, str] | None:
    return {"code": code, "message": text} if code else None


def moment(when: datetime) -> str:
    """ISO 8601 in UTC."""
    return when.isoformat()


def encode(event: dict[str, Any]) -> str:
    return msgspec.json.encode(event).decode()
