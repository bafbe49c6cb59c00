"""What a tab may say: docs/protocol.md, "Commands". Only their shapes; how they are read is in reading.py."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType


class _Command(Struct, tag_field="type", tag=str.lower, frozen=True):
    pass


class Options(Struct, frozen=True):
    """What a conversation asks of its model. Empty or None: as the upstream does by itself."""

    model: str = ""
    instructions: str = ""
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    max_tokens: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None


# What is shown


class Open(_Command, frozen=True):
    conversation: UUID | None
    generation: UUID | None = None
    cursor: int = 0


class Ack(_Command, frozen=True):
    generation: UUID
    cursor: int


class Ping(_Command, frozen=True):
    pass


class Models(_Command, frozen=True):
    pass


# What begins an answer, and what ends it


class Send(_Command, frozen=True):
    client_id: UUID
    conversation: UUID | None
    content: str
    parent: UUID | UnsetType | None = UNSET
    files: tuple[UUID, ...] = ()
    options: Options | None = None


class Edit(_Command, frozen=True):
    client_id: UUID
    message: UUID
    content: str


class Regenerate(_Command, frozen=True):
    client_id: UUID
    message: UUID
    model: str = ""


class Continue(_Command, frozen=True):
    client_id: UUID
    message: UUID


class Said(Struct, frozen=True):
    role: Literal["user", "assistant"]
    content: str


class Ask(_Command, frozen=True):
    client_id: UUID
    messages: tuple[Said, ...]
    options: Options = Options()
    left_out: Annotated[int, Meta(ge=0)] = 0
    """Messages before these, for which the command had no room."""


class Cancel(_Command, frozen=True):
    generation: UUID


# What changes messages


class Choose(_Command, frozen=True):
    message: UUID


class Rate(_Command, frozen=True):
    message: UUID
    rating: Literal[-1, 0, 1]
    comment: str = ""


class Remove(_Command, frozen=True):
    message: UUID


class Share(_Command, frozen=True):
    message: UUID


class Unshare(_Command, frozen=True):
    share: str


# What changes conversations


class Rename(_Command, frozen=True):
    conversation: UUID
    title: str


class Pin(_Command, frozen=True):
    conversation: UUID
    pinned: bool


class Archive(_Command, frozen=True):
    conversation: UUID
    archived: bool


class Configure(_Command, frozen=True):
    conversation: UUID
    options: Options


class Delete(_Command, frozen=True):
    conversation: UUID


class Restore(_Command, frozen=True):
    conversation: UUID


class Refresh(_Command, frozen=True):
    pass


Begin = Send | Edit | Regenerate | Continue
Change = Choose | Rate | Remove | Share | Unshare | Rename | Pin | Archive | Configure | Delete | Restore
Command = Open | Begin | Ask | Cancel | Change | Refresh | Models | Ack | Ping
