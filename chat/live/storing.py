"""Stores what is to be answered, and the generation that will answer it: each function one transaction.

What is not the person's raises `Refused("not_found")`, as does what does not exist; a refused command leaves nothing
behind. What else changes is in changes.py.
"""

from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, transaction
from msgspec import UnsetType

from chat.live import protocol, rows
from chat.live.protocol import Refused
from chat.models import PICTURE_BYTES, Busy, Conversation, File, Generation, Message, attached
from chat.relay import errors

CUT = frozenset(Generation.Status) - {Generation.Status.STREAMING, Generation.Status.COMPLETE}
"""How an answer ends that can be gone on with. So can one that is complete, when it ended at the token limit."""


class Begun(NamedTuple):
    """A stored send: the generation that is to run, unless the same send had been stored before."""

    generation: Generation
    is_new: bool
    branched: bool = False
    """It stands beside messages that its tab had not seen."""


def store(user: Any, command: protocol.Begin, process: str) -> Begun:
    """Stores what is to be answered, and the generation that will answer it, for this process to run."""
    try:
        return _store(user, command, process)
    except (Conversation.DoesNotExist, IntegrityError) as error:  # deleted meanwhile; or just now, before the commit
        raise rows.not_found("conversation") from error


@transaction.atomic
def _store(user: Any, command: protocol.Begin, process: str) -> Begun:
    match command:
        case protocol.Send():
            return _send(user, command, process)
        case protocol.Edit():
            return _edit(user, command, process)
        case protocol.Regenerate():
            return _regenerate(user, command, process)
        case protocol.Continue():
            return _go_on(user, command, process)


def _send(user: Any, command: protocol.Send, process: str) -> Begun:
    files = _files(user, command.files)
    conversation = _place(user, command, files)
    parent = _parent(conversation, command.parent)
    beside = conversation.messages.filter(parent=parent).exclude(client_id=command.client_id).exists()
    ask = conversation.ask
    begun = _begin(ask, parent, command.content, command.client_id, owner_process=process, files=files)
    return begun._replace(branched=beside)


def _edit(user: Any, command: protocol.Edit, process: str) -> Begun:
    message = rows.message_of(user, command.message, Message.Role.USER)
    files = _files(user, tuple(file.pk for file in attached([message]).get(message.pk, [])))
    ask = message.conversation.ask
    return _begin(ask, message.parent, command.content, command.client_id, owner_process=process, files=files)


def _regenerate(user: Any, command: protocol.Regenerate, process: str) -> Begun:
    message = rows.message_of(user, command.message, Message.Role.ASSISTANT)
    again = message.conversation.answer_again
    return _begin(again, message, command.client_id, owner_process=process, model=command.model)


def _go_on(user: Any, command: protocol.Continue, process: str) -> Begun:
    message = rows.message_of(user, command.message, Message.Role.ASSISTANT)
    if not _can_go_on(message):
        raise Refused("not_cut", "There is nothing to go on with: this answer is whole, or has no text.")
    return _begin(message.conversation.go_on, message, command.client_id, owner_process=process)


def _can_go_on(message: Message) -> bool:
    generation = getattr(message, "generation", None)  # what was brought in from elsewhere may have none
    if generation is None or not message.content.strip():
        return False
    return generation.status in CUT or (generation.status == "complete" and generation.finish_reason == "length")


def _place(user: Any, command: protocol.Send, files: list[File]) -> Conversation:
    """The conversation into which something is sent; a new one, when none is named."""
    if command.conversation is not None:
        return rows.conversation_of(user, command.conversation)
    options = rows.options_of(command.options) if command.options else rows.defaults(user)
    title = command.content or files[0].name
    conversation = Conversation.objects.begun_with(user, command.client_id, title, options)
    if conversation.deleted_at:  # the same send comes again, after it was deleted
        raise rows.not_found("conversation")
    return conversation


def _parent(conversation: Conversation, key: UUID | UnsetType | None) -> Message | None:
    """Where it does not say what it follows, that is the end: its page did not have the conversation yet."""
    if isinstance(key, UnsetType):
        return next(reversed(conversation.path()), None)
    if key is None:
        return None
    try:
        return conversation.messages.get(pk=key)
    except ObjectDoesNotExist as error:
        raise rows.not_found("message") from error


def _files(user: Any, keys: tuple[UUID, ...]) -> list[File]:
    """In the order in which they were named; none of them is removed meanwhile."""
    found = File.objects.for_user(user).light().select_for_update(no_key=True).in_bulk(keys)
    if len(found) < len(keys):
        raise Refused("no_such_file", "A file of this message is not there any more. Please attach it again.")
    if sum(file.size for file in found.values() if file.kind == File.Kind.IMAGE) > PICTURE_BYTES:
        error = errors.pictures_too_large(PICTURE_BYTES)
        raise Refused(error.code, str(error))
    return [found[key] for key in keys]


def _begin(verb: Any, *args: Any, **kwargs: Any) -> Begun:
    try:
        return Begun(*verb(*args, **kwargs))
    except Busy as error:
        raise Refused("busy", "An answer is still being written here. Wait for it, or stop it first.") from error
    except IntegrityError as error:
        raise Refused("reused", "This was sent under the name of something that was sent before.") from error
