"""What is said in the tests of the rows, and what the database has of it."""

import uuid

from chat.models import File, Generation, Message


def ask(conversation, text, parent=None, client_id=None, files=()):
    generation, _ = conversation.ask(parent, text, client_id or uuid.uuid4(), owner_process="here", files=files)
    return generation


def answered(conversation, text, answer="Because.", parent=None, files=()):
    """A whole exchange; the assistant's message."""
    generation = ask(conversation, text, parent, files=files)
    assert generation.complete(answer, "")
    return Message.objects.get(pk=generation.message_id)


def stored(generation):
    """Status, content and reasoning as the database has them."""
    row = Generation.objects.select_related("message").get(pk=generation.pk)
    return row.status, row.message.content, row.message.reasoning


def text_file(owner, name="notes.txt", data="Line one"):
    data = data.encode()
    return File.objects.create(owner=owner, name=name, kind="text", media_type="text/plain", size=len(data), data=data)


def image_file(owner, name="cat.png", data=b"\x89PNG"):
    return File.objects.create(owner=owner, name=name, kind="image", media_type="image/png", size=len(data), data=data)
