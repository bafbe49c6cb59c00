"""Brook's own file format, version 1, as types: what is written is what can be read. Pure; docs/transfer.md tells more.

ChatGPT's conversations are brought into the same shape before they are stored.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

NAME = "brook"
VERSION = 1

TITLE_CHARS = 200
INSTRUCTIONS_CHARS = 20_000
CONTENT_CHARS = 2_000_000
"""The longest answer that is kept: chat/relay/limits.py."""

RUNS = 10_000
"""As many as chat/relay/generation.py keeps."""

COUNTS = 50
"""Numbers in the usage of an answer."""

LARGEST_COUNT = 2**53

FILES = 100
"""With one message."""

TOKENS = 1_000_000
"""The longest answer that may be asked for: chat/live/protocol/commands.py."""

CODE_CHARS = 100

Moment = Annotated[datetime, Meta(tz=True)]
Identifier = Annotated[str, Meta(min_length=1, max_length=200)]
Name = Annotated[str, Meta(max_length=200)]
Code = Annotated[str, Meta(max_length=CODE_CHARS)]
Text = Annotated[str, Meta(max_length=CONTENT_CHARS)]
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class Attachment(msgspec.Struct, omit_defaults=True):
    """Of a file that is there more than once in a conversation, only the first has its data."""

    id: Identifier
    name: Name = ""
    data: bytes | None = None
    """In base64."""


class Failure(msgspec.Struct):
    code: Annotated[str, Meta(max_length=40)]
    message: Text


class Facts(msgspec.Struct, omit_defaults=True):
    """How an answer came to be: docs/architecture.md, "Data"."""

    status: Literal["complete", "cancelled", "truncated", "failed", "interrupted", "streaming"] = "complete"
    finish_reason: Code | None = None
    error: Failure | None = None
    provider: Name = ""
    model: Name = ""
    requested_model: Name = ""
    continues: Identifier | None = None
    request: Name = ""
    started: Moment | None = None
    first_delta: Moment | None = None
    finished: Moment | None = None
    longest_gap_ms: Count = 0
    thinking_ms: Count | None = None
    closing_ms: Count | None = None
    chunks: Count = 0
    left_out: Count = 0
    usage: Annotated[dict[Code, Annotated[int, Meta(ge=0, le=LARGEST_COUNT)]], Meta(max_length=COUNTS)] | None = None
    runs: Annotated[list[Count], Meta(max_length=RUNS)] | None = None


class Said(msgspec.Struct, omit_defaults=True):
    """One message. `parent` is the message before it, or null at the beginning."""

    id: Identifier
    parent: Identifier | None
    role: Literal["user", "assistant", "system"]
    created: Moment
    content: Text
    reasoning: Text = ""
    chosen: bool = False
    rating: Literal[-1, 0, 1] = 0
    comment: Annotated[str, Meta(max_length=4_000)] = ""
    files: Annotated[list[Attachment], Meta(max_length=FILES)] = []
    generation: Facts | None = None


class Asked(msgspec.Struct, omit_defaults=True):
    """What a conversation asks of its model."""

    model: Name = ""
    instructions: Annotated[str, Meta(max_length=INSTRUCTIONS_CHARS)] = ""
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    max_tokens: Annotated[int, Meta(ge=1, le=TOKENS)] | None = None


class Head(msgspec.Struct, omit_defaults=True):
    """A conversation without its messages."""

    id: Identifier
    title: str
    created: Moment
    updated: Moment
    titled_by: Literal["words", "model", "person"] = "person"
    pinned: bool = False
    archived: bool = False
    options: Asked = msgspec.field(default_factory=Asked)


class Talk(Head, omit_defaults=True, kw_only=True):
    """A conversation as it is read: each of its messages is checked by itself, so that its line can be named."""

    messages: list[msgspec.Raw]


class Document(msgspec.Struct):
    format: str
    version: int
    conversations: list[msgspec.Raw]
