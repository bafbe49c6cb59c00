"""Writes what a command changes in messages and conversations; each function returns the conversation it has changed.

What is not the person's raises `Refused("not_found")`, as does what does not exist. Repeating a command changes nothing
more. What begins an answer is in storing.py.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import DatabaseError

from chat.live import protocol, rows
from chat.models import Conversation, Generation, Message, Share


def carry_out(user: Any, command: protocol.Change) -> UUID:
    return _VERBS[type(command)](user, command)


def request_cancel(user: Any, generation: UUID) -> None:
    """Leaves word for the process that owns the generation."""
    mine = Generation.objects.for_user(user).filter(pk=generation)
    if not mine.request_cancel() and not mine.exists():
        raise rows.not_found("answer")


# Messages


def _choose(user: Any, command: protocol.Choose) -> UUID:
    message = rows.message_of(user, command.message)
    message.choose()
    return message.conversation_id


def _rate(user: Any, command: protocol.Rate) -> UUID:
    message = rows.message_of(user, command.message, Message.Role.ASSISTANT)
    message.rate(command.rating, command.comment)
    return message.conversation_id


def _remove(user: Any, command: protocol.Remove) -> UUID:
    message = rows.message_of(user, command.message)
    try:
        message.remove()
    except DatabaseError:  # PostgreSQL lets others send below it meanwhile, and finds that it does not fit together
        message.remove()
    return message.conversation_id


def _share(user: Any, command: protocol.Share) -> UUID:
    return Share.of(rows.message_of(user, command.message)).conversation_id


def _unshare(user: Any, command: protocol.Unshare) -> UUID:
    share = Share.objects.for_user(user).filter(pk=command.share).first()
    if share is None:
        raise rows.not_found("link")
    share.delete()
    return share.conversation_id


# Conversations


def _rename(user: Any, command: protocol.Rename) -> UUID:
    return _conversation(user, command, lambda found: found.rename(command.title))


def _pin(user: Any, command: protocol.Pin) -> UUID:
    return _conversation(user, command, lambda found: found.pin(command.pinned))


def _archive(user: Any, command: protocol.Archive) -> UUID:
    return _conversation(user, command, lambda found: found.archive(command.archived))


def _configure(user: Any, command: protocol.Configure) -> UUID:
    return _conversation(user, command, lambda found: found.configure(rows.options_of(command.options)))


def _delete(user: Any, command: protocol.Delete) -> UUID:
    return _conversation(user, command, Conversation.discard)


def _restore(user: Any, command: protocol.Restore) -> UUID:
    """What is there already is left as it is."""
    deleted = Conversation.objects.deleted_by(user).filter(pk=command.conversation).first()
    if deleted:
        deleted.restore()
    return rows.conversation_of(user, command.conversation).pk


def _conversation(
    user: Any,
    command: protocol.Rename | protocol.Pin | protocol.Archive | protocol.Configure | protocol.Delete,
    change: Callable[[Conversation], None],
) -> UUID:
    found = rows.conversation_of(user, command.conversation)
    change(found)
    return found.pk


_VERBS: dict[type[protocol.Change], Callable[[Any, Any], UUID]] = {
    protocol.Choose: _choose,
    protocol.Rate: _rate,
    protocol.Remove: _remove,
    protocol.Share: _share,
    protocol.Unshare: _unshare,
    protocol.Rename: _rename,
    protocol.Pin: _pin,
    protocol.Archive: _archive,
    protocol.Configure: _configure,
    protocol.Delete: _delete,
    protocol.Restore: _restore,
}
