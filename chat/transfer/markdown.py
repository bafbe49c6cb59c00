"""A conversation as Markdown, to be read: the shown path, who said what when, and how answers ended that are not whole.

What was said stands there as it was said: most of it is Markdown already.
"""

import re
from collections.abc import Sequence
from datetime import UTC

from django.utils.translation import gettext as _

from chat.models import Conversation, File, Generation, Message, attached

ESCAPED = re.compile(r"([\\`*_\[\]<>#|~])")


def markdown(conversation: Conversation) -> str:
    title = _escaped(" ".join(conversation.title.split())) or _("Untitled")
    path = _path(conversation)
    files = attached(path)
    return "\n\n".join([f"# {title}", *(_entry(message, files.get(message.pk, [])) for message in path)]) + "\n"


def _path(conversation: Conversation) -> list[Message]:
    """With their texts, which are read for these only."""
    path = [message.pk for message in conversation.path()]
    whole = Message.objects.select_related("generation").in_bulk(path)
    return [whole[key] for key in path if key in whole]


def _entry(message: Message, files: Sequence[File]) -> str:
    said = _closed(message.content.strip("\n"))
    return "\n\n".join(filter(None, [_heading(message), _attached(files), said, _ending(message)]))


def _heading(message: Message) -> str:
    names = {
        Message.Role.USER: _("You"),
        Message.Role.ASSISTANT: _("Assistant"),
        Message.Role.SYSTEM: _("Instructions"),
    }
    generation = getattr(message, "generation", None)
    when = f"{message.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    known = [names[Message.Role(message.role)], _escaped(generation.model) if generation else "", when]
    return "## " + " · ".join(filter(None, known))


def _attached(files: Sequence[File]) -> str:
    names = ", ".join(_escaped(file.name) for file in files)
    return _("Attached: {names}").format(names=names) if names else ""


def _ending(message: Message) -> str:
    """One line about an answer that is not whole."""
    generation = getattr(message, "generation", None)
    if generation is None:
        return ""
    if generation.status == Generation.Status.COMPLETE:
        return f"*{_('Cut at the token limit')}*" if generation.finish_reason == "length" else ""
    words = {
        Generation.Status.STREAMING: _("Still being written"),
        Generation.Status.CANCELLED: _("Stopped"),
        Generation.Status.TRUNCATED: _("The connection ended before the answer was complete"),
        Generation.Status.FAILED: _("Failed"),
        Generation.Status.INTERRUPTED: _("Interrupted"),
    }[Generation.Status(generation.status)]
    reason = " ".join(generation.error_text.split())
    return f"*{words}: {_escaped(reason)}*" if reason else f"*{words}*"


def _escaped(line: str) -> str:
    """On one line, and only words there: no emphasis, no link, no tag."""
    return ESCAPED.sub(r"\\\1", " ".join(line.split()))


_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^\n]*)")


def _closed(text: str) -> str:
    """An answer that was stopped within code would take in all that follows: https://spec.commonmark.org/#fenced-code-blocks"""
    open_fence = ""
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if not match:
            continue
        fence, info = match.groups()
        if not open_fence:
            open_fence = fence if "`" not in info or fence[0] == "~" else ""
        elif fence[0] == open_fence[0] and len(fence) >= len(open_fence) and not info.strip():
            open_fence = ""
    return f"{text}\n{open_fence}" if open_fence else text
