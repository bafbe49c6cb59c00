"""Imported conversations as rows. Keys follow from who imports and from what the file calls a thing, so that the same
file once more finds what it has brought already.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.models import Conversation, File, Generation, Message, title_from
from chat.models.options import Options
from chat.transfer.arrival import Arrival
from chat.transfer.attachments import kind_of
from chat.transfer.chatgpt import PROVIDER
from chat.transfer.format import TITLE_CHARS, Attachment, Facts, Said
from chat.transfer.story import Story, in_order

NAMESPACE = UUID("6e1f0c7e-4c55-4b0e-9a2b-3d0f1b7a9c11")
"""Never to be changed: what was imported would be imported again."""

TOGETHER = 1_000
"""Rows in one piece: two tenths of a second, for which others may have to wait (docs/performance.md)."""

AT_ONCE = 500
"""Rows in one statement."""

CHARS = 4_000_000
"""Characters in one piece, with those of the message that goes beyond. Bytes of files count as well."""


def conversation_key(owner: Any, identifier: str) -> UUID:
    return uuid5(NAMESPACE, f"{owner.pk} {identifier}")


class Rows:
    """Takes stories, and writes them in pieces."""

    def __init__(self, owner: Any, arrival: Arrival) -> None:
        self._owner = owner
        self._arrival = arrival
        self._now = timezone.now()
        self._waiting: dict[type[models.Model], list[Any]] = {}
        self._chars = 0
        self.conversations = 0
        """That were written."""

    def add(self, story: Story) -> None:
        """A piece may end behind any of its messages, and each piece stands by itself."""
        conversation = _conversation(self._owner, story, self._now)
        self._put(conversation)
        known = {message.id for message in story.messages}
        files = _Files(self._owner, story)
        late: list[Generation] = []  # those that go on from an answer that may come after them
        for said, when in in_order(story.messages, self._now):
            message = _message(conversation, said, when)
            self._put(message)
            self._put_files(message, files.of(message, said))
            if said.role == "assistant":
                generation = _generation(message, said, known, self._now)
                if generation.continues_id:
                    late.append(generation)
                else:
                    self._put(generation)
            self._write_if_enough()
        for generation in late:
            self._put(generation)
            self._write_if_enough()

    def write(self) -> None:
        """What has waited so far."""
        waiting, self._waiting, self._chars = self._waiting, {}, 0
        if not waiting:
            return
        with self._arrival.piece() as hidden:
            conversations = waiting.get(Conversation, [])
            for conversation in conversations:
                conversation.deleted_at = hidden
            for kind in (Conversation, File, Message, Message.files.through, Generation):
                # A file may be there from before: those of deleted conversations stay for a day.
                rows = waiting.get(kind, [])
                kind._default_manager.bulk_create(rows, batch_size=AT_ONCE, ignore_conflicts=kind is File)
        self.conversations += len(conversations)

    def _write_if_enough(self) -> None:
        if sum(map(len, self._waiting.values())) >= TOGETHER or self._chars >= CHARS:
            self.write()

    def _put(self, row: models.Model) -> None:
        self._waiting.setdefault(type(row), []).append(row)
        self._chars += _chars(row)

    def _put_files(self, message: Message, files: Iterable[tuple[UUID, File | None]]) -> None:
        for key, new in files:
            if new is not None:
                self._put(new)
            self._put(Message.files.through(message_id=message.pk, file_id=key))


def _chars(row: models.Model) -> int:
    """Of what may be long in it."""
    match row:
        case Conversation():
            return len(row.system_prompt)
        case Message():
            return len(row.content) + len(row.reasoning)
        case Generation():
            return len(row.error_text) + len(row.runs or ())
        case File():
            return row.size
    return 0


class _Files:
    """Of a conversation: each is stored with the first message that has it, wherever in the file its data stands."""

    def __init__(self, owner: Any, story: Story) -> None:
        self._owner = owner
        self._whole: dict[str, Attachment] = {}
        for file in (file for said in story.messages for file in said.files if file.data is not None):
            self._whole.setdefault(file.id, file)

    def of(self, message: Message, said: Said) -> Iterator[tuple[UUID, File | None]]:
        """The key of each, and the row where it is to be stored with this message."""
        for identifier in dict.fromkeys(file.id for file in said.files):
            key = uuid5(message.conversation_id, f"file {identifier}")
            file = self._whole.pop(identifier, None)
            yield key, None if file is None else _file(key, self._owner, message, file)


def has_long_title(story: Story) -> bool:
    """Whether its title is stored shorter than it is."""
    return len(_line(story.head.title)) > TITLE_CHARS


def _conversation(owner: Any, story: Story, now: datetime) -> Conversation:
    head, asked = story.head, story.head.options
    options = Options(_clean(asked.model), _clean(asked.instructions), asked.temperature, asked.max_tokens)
    return Conversation(
        pk=conversation_key(owner, head.id),
        owner=owner,
        title=_title(story),
        titled_by=head.titled_by,
        pinned=head.pinned,
        archived=head.archived,
        created_at=min(head.created, now),
        updated_at=min(head.updated, now),
        **options.columns(),
    )


def _title(story: Story) -> str:
    """One line, as a title that is typed; without one, the first words."""
    if line := _line(story.head.title):
        return line[:TITLE_CHARS]
    first = next((said.content for said, _when in in_order(story.messages)), "")
    return title_from(_clean(first))


def _message(conversation: Conversation, said: Said, when: datetime) -> Message:
    return Message(
        pk=uuid5(conversation.pk, said.id),
        conversation_id=conversation.pk,
        parent_id=uuid5(conversation.pk, said.parent) if said.parent is not None else None,
        role=said.role,
        content=_clean(said.content),
        reasoning=_clean(said.reasoning),
        chosen=said.chosen,
        rating=said.rating,
        comment=_clean(said.comment),
        created_at=when,
    )


def _file(key: UUID, owner: Any, message: Message, file: Attachment) -> File:
    data = file.data or b""
    kind, media_type = kind_of(data)
    name = _line(file.name) or _line(file.id) or _("Unnamed")
    facts = {"kind": kind, "media_type": media_type, "size": len(data), "data": data}
    return File(pk=key, owner=owner, name=name, created_at=message.created_at, **facts)


def _generation(message: Message, said: Said, known: set[str], now: datetime) -> Generation:
    """Whatever was under way when the file was written has no process here: it is interrupted."""
    facts = said.generation or Facts(provider=PROVIDER)
    under_way = facts.status == "streaming"
    continues = facts.continues if facts.continues in known else None
    return Generation(
        pk=uuid5(message.pk, "generation"),
        message=message,
        conversation_id=message.conversation_id,
        status=Generation.Status.INTERRUPTED if under_way else facts.status,
        continues_id=uuid5(message.conversation_id, continues) if continues else None,
        finish_reason=None if facts.finish_reason is None else _clean(facts.finish_reason),
        error_code=_clean(facts.error.code) if facts.error else "",
        error_text=_clean(facts.error.message) if facts.error else "",
        provider=_clean(facts.provider),
        model=_clean(facts.model),
        requested_model=_clean(facts.requested_model),
        upstream_request_id=_clean(facts.request),
        started_at=min(facts.started or message.created_at, now),
        first_delta_at=facts.first_delta and min(facts.first_delta, now),
        finished_at=min(facts.finished or message.created_at, now),
        longest_gap_ms=facts.longest_gap_ms,
        thinking_ms=facts.thinking_ms,
        closing_ms=facts.closing_ms,
        chunk_count=facts.chunks,
        left_out=facts.left_out,
        usage=facts.usage and {_clean(name): count for name, count in facts.usage.items()},
        cursor=len(message.content) + len(message.reasoning),
        runs=facts.runs,
    )


def _line(text: str) -> str:
    return " ".join(_clean(text).split())


def _clean(text: str) -> str:
    """With U+FFFD for each NUL, which PostgreSQL does not take: what stands in a file does not vanish in silence.

    CommonMark says the same: https://spec.commonmark.org/0.31.2/#insecure-characters. Off the wire a NUL goes without a
    trace, for nobody types one, and models pad with them. Half surrogate pairs did not get through the decoder.
    """
    return text.replace("\0", "\ufffd")
