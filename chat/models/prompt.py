"""What is sent upstream for one generation, put together from the rows.

What goes along is chosen by sizes; only that is read, and a file once, however many messages name it.
"""

import base64
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.db.models.functions import Length

from chat.models.file import File
from chat.models.fitting import PICTURE_BYTES, PICTURE_CHARS, Size, fit
from chat.models.message import Message, attached
from chat.relay import errors

if TYPE_CHECKING:
    from chat.models.generation import Generation

GO_ON = "Your answer was cut off. Go on exactly where it stops, without repeating anything of it."
"""Asked by a user's message and not by a half answer at the end: there are servers that refuse the latter."""

FENCES = re.compile("`{3,}")


class Prompt(NamedTuple):
    """The messages for one generation, oldest first, and what the conversation asks for."""

    messages: list[dict[str, Any]]
    model: str
    """Empty: the provider's first model."""

    parameters: dict[str, Any]
    left_out: int = 0
    """Oldest messages that did not fit."""

    def fitted(self, chars: int) -> "Prompt":
        """As much of it as fits into `chars` characters; for one that has no files."""
        kept = fit([Size(said["role"], len(said["content"])) for said in self.messages], chars)
        left_out = self.left_out + len(self.messages) - len(kept)
        return self._replace(messages=[self.messages[at] for at in kept], left_out=left_out)


def prompt_of(generation: "Generation", chars: int) -> Prompt:
    """The path down to the message that it answers; behind it, the half answer that it continues.

    As much of it as fits into `chars` characters. Raises `UpstreamError` when the newest pictures are too large.
    """
    conversation, message = generation.conversation, generation.message
    goes_on = generation.continues_id is not None
    path = _path(message.parent) if message.parent else []
    if goes_on:
        path.append(_Light(message.pk, Size(message.role, len(message.content)), []))
    # Of a continuation the question, the half answer and the request to go on make no sense without each other.
    room = chars - len(conversation.system_prompt) - len(GO_ON) * goes_on
    kept = [path[at] for at in fit([light.size for light in path], room, 1 + goes_on)]
    if sum(light.size.picture_bytes for light in kept) > PICTURE_BYTES:
        raise errors.pictures_too_large(PICTURE_BYTES)
    messages = _said(kept)
    if goes_on:
        messages.append({"role": Message.Role.USER.value, "content": GO_ON})
    if conversation.system_prompt:
        messages.insert(0, {"role": Message.Role.SYSTEM.value, "content": conversation.system_prompt})
    model = generation.requested_model or conversation.model
    return Prompt(messages, model, conversation.parameters, len(path) - len(kept))


class _Light(NamedTuple):
    """A message that something could be said with, without what it says."""

    key: UUID
    size: Size
    files: Sequence[File]


def _path(leaf: Message) -> list[_Light]:
    path = leaf.path(Message.objects.annotate(chars=Length("content")).only("role"))
    files = attached(Message.objects.filter(conversation=leaf.conversation_id))
    light = [_light(row, row.chars, files.get(row.pk, [])) for row in path]  # type: ignore[attr-defined]  # annotated
    return [row for row in light if row.size.chars]


def _light(message: Message, chars: int, files: Sequence[File]) -> _Light:
    pictures = [file for file in files if file.kind == File.Kind.IMAGE]
    texts = [file for file in files if file.kind == File.Kind.TEXT]
    chars += sum(len(_quotation(file.name, "", "```")) + file.size for file in texts) + PICTURE_CHARS * len(pictures)
    return _Light(message.pk, Size(message.role, chars, sum(file.size for file in pictures)), files)


def _said(path: Sequence[_Light]) -> list[dict[str, Any]]:
    """As the OpenAI API takes it: a string each, or parts where there are pictures."""
    rows = Message.objects.only("role", "content").in_bulk([light.key for light in path])
    parts = _parts({file.pk for light in path for file in light.files})
    return [
        _message(rows[light.key], [parts[file.pk] for file in light.files])
        for light in path
        if light.key in rows  # else it was removed just now
    ]


def _message(message: Message, parts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """One message with the parts that its files are."""
    texts = [part["text"] for part in parts if part["type"] == "text"]
    text = "\n\n".join(filter(None, [*texts, message.content]))
    pictures = [part for part in parts if part["type"] != "text"]
    if not pictures:
        return {"role": message.role, "content": text}
    words = [{"type": "text", "text": text}] if text else []  # there are servers that refuse an empty part
    return {"role": message.role, "content": [*words, *pictures]}


def _parts(keys: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    return {key: _part(file) for key, file in File.objects.in_bulk(list(keys)).items()}


def _part(file: File) -> dict[str, Any]:
    if file.kind == File.Kind.TEXT:
        return {"type": "text", "text": _quoted(file)}
    data = base64.b64encode(file.data).decode("ascii")
    return {"type": "image_url", "image_url": {"url": f"data:{file.media_type};base64,{data}"}}


def _quoted(file: File) -> str:
    """A text file between fences longer than any within it, so that it cannot end its own quotation."""
    text = bytes(file.data).decode("utf-8", "replace")
    longest = max((len(found[0]) for found in FENCES.finditer(text)), default=2)
    return _quotation(file.name, text, "`" * (longest + 1))


def _quotation(name: str, text: str, fence: str) -> str:
    return f"File {name!r}:\n{fence}\n{text}\n{fence}"
