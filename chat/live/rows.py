"""What the live sockets read in the database, each function one query or a few for a database thread.

Everything is looked up through `for_user`: what is not the person's raises `Refused("not_found")`, as does what does
not exist. What they write is in storing.py and changes.py.
"""

from typing import Any, NamedTuple, cast
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core.exceptions import ObjectDoesNotExist
from django.db.models.functions import Now

from chat.live import protocol
from chat.live.protocol import Refused, Row, Summary
from chat.models import Conversation, File, Generation, Message, Options, Profile, attached


class Snapshot(NamedTuple):
    """A conversation with its messages, oldest first, and the generation under way, if there is one."""

    conversation: UUID
    summary: Summary
    rows: list[Row]
    streaming: UUID | None


def snapshot(user: Any, conversation: UUID) -> Snapshot:
    found = conversation_of(user, conversation)
    messages = found.messages.select_related("generation").order_by("created_at", "pk")
    files = attached(Message.objects.filter(conversation=found))
    rows = [row_of(message, files.get(message.pk, [])) for message in messages]
    return Snapshot(found.pk, _summary(found), rows, _streaming(rows))


def summary(user: Any, conversation: UUID) -> Summary:
    return _summary(conversation_of(user, conversation))


def exists(user: Any, conversation: UUID) -> bool:
    return Conversation.objects.for_user(user).filter(pk=conversation).exists()


def defaults(user: Any) -> Options:
    """What this person's new conversations ask of their model."""
    return Profile.of(user).options


def options_of(given: protocol.Options) -> Options:
    return Options(given.model, given.instructions, given.temperature, given.max_tokens)


def under_way(user: Any, command: protocol.Delete | protocol.Remove) -> list[UUID]:
    """The generations that have not ended in what is to be deleted."""
    if isinstance(command, protocol.Delete):
        found = conversation_of(user, command.conversation).generations.all()
    else:
        found = Generation.objects.filter(message__in=message_of(user, command.message).below())
    return list(found.streaming().values_list("pk", flat=True))


def still_welcome(user: Any, session_key: str | None, session_hash: str) -> bool:
    """Is this login still good? Not after logout, deactivation, deletion or a change of password."""
    fresh = get_user_model().objects.filter(pk=user.pk, is_active=True).first()
    return (
        fresh is not None
        and fresh.get_session_auth_hash() == session_hash
        and Session.objects.filter(pk=session_key, expire_date__gt=Now()).exists()
    )


# As models


def conversation_of(user: Any, key: UUID) -> Conversation:
    try:
        return Conversation.objects.for_user(user).recent().get(pk=key)
    except ObjectDoesNotExist as error:
        raise not_found("conversation") from error


def message_of(user: Any, key: UUID, *roles: Message.Role) -> Message:
    """One of the person's messages, by one of these roles if any are named."""
    mine = Message.objects.filter(conversation__in=Conversation.objects.for_user(user), role__in=roles or Message.Role)
    try:
        return mine.select_related("conversation", "parent", "generation").get(pk=key)
    except ObjectDoesNotExist as error:
        raise not_found("message") from error


def not_found(what: str) -> Refused:
    return Refused("not_found", f"There is no such {what}. It may have been deleted.")


# As the protocol has them


def row_of(message: Message, files: list[File]) -> Row:
    generation = getattr(message, "generation", None)
    streaming = generation is not None and generation.status == Generation.Status.STREAMING
    return Row(
        id=str(message.pk),
        parent=str(message.parent_id) if message.parent_id else None,
        role=message.role,
        content="" if streaming else message.content,
        reasoning="" if streaming else message.reasoning,
        client_id=str(message.client_id) if message.client_id else None,
        created=protocol.moment(message.created_at),
        files=[file.summary() for file in files],
        chosen=message.chosen,
        rating=message.rating,
        comment=message.comment,
        generation=_generation_part(generation) if generation else None,
    )


def _generation_part(generation: Generation) -> dict[str, Any]:
    streaming = generation.status == Generation.Status.STREAMING
    return {
        "id": str(generation.pk),
        "status": generation.status,
        "phase": "queued" if streaming else None,
        "finish_reason": generation.finish_reason,
        "error": protocol.error_part(generation.error_code, generation.error_text),
        "model": generation.model,
        "left_out": generation.left_out,
        "thinking_ms": generation.thinking_ms,
        "cursor": 0 if streaming else generation.cursor,
    }


def _streaming(rows: list[Row]) -> UUID | None:
    """From the rows themselves: by another query the answer might have ended meanwhile, and nobody would follow it."""
    for row in rows:
        if row["generation"] and row["generation"]["status"] == Generation.Status.STREAMING:
            return UUID(row["generation"]["id"])
    return None


def _summary(conversation: Conversation) -> Summary:
    return cast(Summary, conversation.details())
