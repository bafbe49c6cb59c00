"""What the live sockets ask of the database, each function one query or transaction for a database thread.

Everything is looked up through `for_user`: what is not the person's raises `Refused("not_found")`, as does what does
not exist.
"""

from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models.functions import Now

from chat.live import protocol
from chat.live.protocol import Refused, Row, Summary
from chat.models import Busy, Conversation, Generation, Message


class Snapshot(NamedTuple):
    """A conversation with its messages, oldest first, and the generation under way, if there is one."""

    conversation: UUID
    summary: Summary
    rows: list[Row]
    streaming: UUID | None


class Begun(NamedTuple):
    """A stored send: the generation that is to run, unless the same send had been stored before."""

    generation: Generation
    is_new: bool
    branched: bool = False
    """It stands beside messages that its tab had not seen."""


def snapshot(user: Any, conversation: UUID) -> Snapshot:
    found = _conversation(user, conversation)
    messages = found.messages.select_related("generation").order_by("created_at", "pk")
    rows = [row_of(message) for message in messages]
    return Snapshot(found.pk, _summary(found), rows, _streaming(rows))


def summary(user: Any, conversation: UUID) -> Summary:
    return _summary(_conversation(user, conversation))


def store(user: Any, command: protocol.Begin, process: str) -> Begun:
    """Stores what is to be answered, and the generation that will answer it, for this process to run."""
    try:
        match command:
            case protocol.Send():
                return send(user, command, process)
            case protocol.Edit():
                return edit(user, command, process)
            case protocol.Regenerate():
                return regenerate(user, command, process)
    except IntegrityError as error:  # PostgreSQL lets others delete the conversation meanwhile, and tells at the commit
        raise _not_found("conversation") from error


@transaction.atomic
def send(user: Any, command: protocol.Send, process: str) -> Begun:
    """A refused send leaves nothing behind, not even the conversation that it would have begun."""
    if command.conversation is None:
        conversation = Conversation.objects.begun_with(user, command.client_id, command.content)
    else:
        conversation = _conversation(user, command.conversation)
    parent = _message(conversation, command.parent) if command.parent else None
    beside = conversation.messages.filter(parent=parent).exclude(client_id=command.client_id).exists()
    begun = _begin(conversation.ask, parent, command.content, command.client_id, owner_process=process)
    return begun._replace(branched=beside)


@transaction.atomic
def edit(user: Any, command: protocol.Edit, process: str) -> Begun:
    message = _own_message(user, command.message, Message.Role.USER)
    ask = message.conversation.ask
    return _begin(ask, message.parent, command.content, command.client_id, owner_process=process)


@transaction.atomic
def regenerate(user: Any, command: protocol.Regenerate, process: str) -> Begun:
    message = _own_message(user, command.message, Message.Role.ASSISTANT)
    return _begin(message.conversation.answer_again, message, command.client_id, owner_process=process)


def rename(user: Any, command: protocol.Rename) -> None:
    if not Conversation.objects.for_user(user).filter(pk=command.conversation).update(title=command.title):
        raise _not_found("conversation")


def under_way(user: Any, conversation: UUID) -> list[UUID]:
    """The generations of a conversation that have not ended."""
    found = _conversation(user, conversation)
    return list(found.generations.streaming().values_list("pk", flat=True))


def delete(user: Any, conversation: UUID) -> None:
    try:
        _delete(user, conversation)
    except DatabaseError:  # PostgreSQL lets others send into it meanwhile, and finds that it does not fit together
        _delete(user, conversation)


def _delete(user: Any, conversation: UUID) -> None:
    Conversation.objects.for_user(user).filter(pk=conversation).delete()


def exists(user: Any, conversation: UUID) -> bool:
    return Conversation.objects.for_user(user).filter(pk=conversation).exists()


def request_cancel(user: Any, generation: UUID) -> None:
    """Leaves word for the process that owns the generation."""
    mine = Generation.objects.for_user(user).filter(pk=generation)
    if not mine.request_cancel() and not mine.exists():
        raise _not_found("answer")


def still_welcome(user: Any, session_key: str | None, session_hash: str) -> bool:
    """Is this login still good? Not after logout, deactivation, deletion or a change of password."""
    fresh = get_user_model().objects.filter(pk=user.pk, is_active=True).first()
    return (
        fresh is not None
        and fresh.get_session_auth_hash() == session_hash
        and Session.objects.filter(pk=session_key, expire_date__gt=Now()).exists()
    )


def _streaming(rows: list[Row]) -> UUID | None:
    """From the rows themselves: by another query the answer might have ended meanwhile, and nobody would follow it."""
    for row in rows:
        if row["generation"] and row["generation"]["status"] == Generation.Status.STREAMING:
            return UUID(row["generation"]["id"])
    return None


def row_of(message: Message) -> Row:
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
        "cursor": 0 if streaming else generation.cursor,
    }


def _begin(verb: Any, *args: Any, **kwargs: Any) -> Begun:
    try:
        return Begun(*verb(*args, **kwargs))
    except Busy as error:
        raise Refused("busy", "An answer is still being written here. Wait for it, or stop it first.") from error
    except IntegrityError as error:
        raise Refused("reused", "This was sent under the name of something that was sent before.") from error


def _conversation(user: Any, key: UUID) -> Conversation:
    try:
        return Conversation.objects.for_user(user).recent().get(pk=key)
    except ObjectDoesNotExist as error:
        raise _not_found("conversation") from error


def _message(conversation: Conversation, key: UUID) -> Message:
    try:
        return conversation.messages.get(pk=key)
    except ObjectDoesNotExist as error:
        raise _not_found("message") from error


def _own_message(user: Any, key: UUID, role: Message.Role) -> Message:
    mine = Message.objects.filter(conversation__in=Conversation.objects.for_user(user), role=role)
    try:
        return mine.select_related("conversation", "parent").get(pk=key)
    except ObjectDoesNotExist as error:
        raise _not_found("message") from error


def _summary(conversation: Any) -> Summary:
    return Summary(
        id=str(conversation.pk),
        title=conversation.title,
        updated=protocol.moment(conversation.updated_at),
        generating=conversation.generating,
    )


def _not_found(what: str) -> Refused:
    return Refused("not_found", f"There is no such {what}. It may have been deleted.")
