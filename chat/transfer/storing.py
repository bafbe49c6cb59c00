"""Imported conversations as rows. Keys follow from who imports and from what the file calls a thing, so that the same
file once more finds what it has brought already.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.models import Conversation, File, Generation, Message, title_from
from chat.models.options import Options
from chat.transfer.attachments import kind_of
from chat.transfer.chatgpt import PROVIDER
from chat.transfer.format import TITLE_CHARS, Attachment, Facts, Said
from chat.transfer.story import Story, in_order

NAMESPACE = UUID("6e1f0c7e-4c55-4b0e-9a2b-3d0f1b7a9c11")
"""Never to be changed: what was imported would be imported again."""

TOGETHER = 500
"""Rows that are stored by one statement or so."""


def conversation_key(owner: Any, identifier: str) -> UUID:
    return uuid5(NAMESPACE, f"{owner.pk} {identifier}")


class Rows:
    """Takes stories, and writes them in large pieces. The transaction is the caller's."""

    def __init__(self, owner: Any) -> None:
        self._owner = owner
        self._now = timezone.now()
        self._waiting: dict[type[models.Model], list[Any]] = {}

    def add(self, story: Story) -> None:
        conversation = _conversation(self._owner, story, self._now)
        self._put(conversation)
        known = {message.id for message in story.messages}
        for said, when in in_order(story.messages, self._now):
            message = _message(conversation, said, when)
            self._put(message)
            self._put_files(message, said)
            if said.role == "assistant":
                self._put(_generation(message, said, known, self._now))
            if sum(map(len, self._waiting.values())) >= TOGETHER:
                self.write()

    def write(self) -> None:
        """What has waited so far."""
        for kind in (Conversation, File, Message, Message.files.through, Generation):
            rows = self._waiting.pop(kind, [])
            # A file may be there from before: those of deleted conversations stay for a day.
            kind._default_manager.bulk_create(rows, batch_size=TOGETHER, ignore_conflicts=kind is File)

    def _put(self, row: models.Model) -> None:
        self._waiting.setdefault(type(row), []).append(row)

    def _put_files(self, message: Message, said: Said) -> None:
        keys = {_file_key(message, file): file for file in said.files}
        for key, file in keys.items():
            if file.data is not None:
                self._put(_file(key, self._owner, message, file, file.data))
            self._put(Message.files.through(message_id=message.pk, file_id=key))


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


def _file_key(message: Message, file: Attachment) -> UUID:
    return uuid5(message.conversation_id, f"file {file.id}")


def _file(key: UUID, owner: Any, message: Message, file: Attachment, data: bytes) -> File:
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
