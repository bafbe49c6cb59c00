"""Commands carried out on the rows themselves, without a tab and without an upstream."""

import uuid

import pytest

from chat.live import protocol, storing
from chat.live.protocol import Refused
from chat.models import Conversation, File, Generation, Message, Profile, Share


def send(user, content="Why?", conversation=None, parent=None, client_id=None, **fields):
    command = protocol.Send(client_id or uuid.uuid4(), conversation, content, parent, **fields)
    return storing.store(user, command, "here")


def answered(user, content="Why?", answer="Because.", **place):
    """A whole exchange; the generation that has ended."""
    generation = send(user, content, **place).generation
    assert generation.complete(answer, "", finish_reason="stop", model="scripted")
    return generation


def text_file(owner, name="notes.txt"):
    return File.objects.create(owner=owner, name=name, kind="text", media_type="text/plain", size=3, data=b"one")


def refused(function, *args, **kwargs):
    """Code and words, and nothing has changed."""
    before = everything()
    with pytest.raises(Refused) as refusal:
        function(*args, **kwargs)
    assert everything() == before, "a refused command changes nothing"
    return refusal.value.code, str(refusal.value)


def everything():
    """All rows with all their columns, and which files hang on which messages."""
    models = [Conversation, Message, Generation, Share, File, Profile, Message.files.through]
    return [list(model.objects.order_by("pk").values()) for model in models]
