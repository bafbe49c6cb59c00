"""Conversations as they come to be: through the verbs of the models, with a time that goes on."""

import itertools
import uuid
from datetime import timedelta

from django.utils import timezone

from chat.models import Conversation, File, Generation, Message, Share

START = timezone.now().replace(microsecond=0) - timedelta(days=1)
_seconds = itertools.count()

# A way for an answer to end (its verb, the facts) and the words for it.
ENDS = {
    "complete": ("complete", {"finish_reason": "stop"}, "Complete"),
    "length": ("complete", {"finish_reason": "length"}, "Cut at the token limit"),
    "cancelled": ("cancel", {}, "Stopped by the person"),
    "failed": ("fail", {"error_text": "The key was refused."}, "Failed: The key was refused."),
    "truncated": ("truncate", {"error_text": "It broke off."}, "Truncated: It broke off."),
    "interrupted": ("interrupt", {"error_text": "Brook stopped."}, "Interrupted: Brook stopped."),
    "streaming": ("checkpoint", {}, "Being written now"),
}


def conversation(owner, title="Rivers", **fields):
    return Conversation.objects.create(owner=owner, title=title, **fields)


def asked(talk, text, parent=None):
    """The assistant's message, still empty and being written."""
    generation, _ = talk.ask(parent, text, uuid.uuid4(), owner_process="here")
    return _dated(generation, generation.message.parent, generation.message)


def answered_again(talk, message, text, end="complete", **facts):
    generation, _ = talk.answer_again(message, uuid.uuid4(), owner_process="here")
    return ended(_dated(generation, generation.message), text, end, **facts)


def answered(talk, text, answer="Because.", parent=None, end="complete", **facts):
    """A whole exchange; the assistant's message."""
    return ended(asked(talk, text, parent), answer, end, **facts)


def ended(message, text, end="complete", reasoning="", **facts):
    verb, usual, _ = ENDS[end]
    assert getattr(message.generation, verb)(text, reasoning, **(usual | facts))
    return Message.objects.select_related("generation", "parent").get(pk=message.pk)


def attached(message, name="river.png", kind="image", data=b"\x89PNG\r\n\x1a\n rest"):
    media_type = "image/png" if kind == "image" else "text/plain"
    owner = message.conversation.owner
    file = File.objects.create(owner=owner, name=name, kind=kind, media_type=media_type, size=len(data), data=data)
    message.files.add(file)
    return file


def shared(message):
    return Share.objects.create(conversation=message.conversation, leaf=message)


def chain(talk, length, parent=None):
    """Messages each under the one before, without generations: quick, for deep trees."""
    rows = []
    for number in range(length):
        role = Message.Role.ASSISTANT if number % 2 else Message.Role.USER
        moment = START + timedelta(seconds=next(_seconds))
        parent = Message(conversation=talk, parent=parent, role=role, content=f"word {number}", created_at=moment)
        rows.append(parent)
    Message.objects.bulk_create(rows)
    return rows


def _dated(generation, *messages):
    """Gives each of these rows a second of its own, later than all before, whatever the clock's step is."""
    for message in messages:
        moment = START + timedelta(seconds=next(_seconds))
        Message.objects.filter(pk=message.pk).update(created_at=moment)
        Generation.objects.filter(message=message).update(started_at=moment)
    return Message.objects.select_related("generation").get(pk=generation.message_id)
