"""What is in one message of ChatGPT's export: its text, what was thought, and how much is no text. Pure."""

import re
from typing import Any, NamedTuple

import msgspec

ENDS = {"stop": "stop", "max_tokens": "length"}
"""The `finish_details` of ChatGPT, as other upstreams say it."""


class Author(msgspec.Struct):
    role: str


class Thought(msgspec.Struct):
    summary: str | None = None
    content: str | None = None


class Content(msgspec.Struct):
    content_type: str
    parts: list[Any] | None = None
    text: str | None = None
    language: str | None = None
    thoughts: list[Thought] | None = None


class Metadata(msgspec.Struct):
    """Of much that ChatGPT notes, what is read; it may be anything."""

    is_visually_hidden_from_conversation: Any = None
    model_slug: Any = None
    finish_details: Any = None


class Message(msgspec.Struct):
    author: Author
    content: Content
    create_time: float | None = None
    metadata: Metadata | None = None


class Reading(NamedTuple):
    text: str = ""
    thoughts: tuple[str, ...] = ()
    left_out: int = 0
    """Parts that are no text."""

    model: str = ""
    end: str | None = None
    """As `finish_reason`."""


def read(message: Message) -> Reading:
    """Nothing of what is hidden in ChatGPT itself."""
    metadata = message.metadata or Metadata()
    if metadata.is_visually_hidden_from_conversation:
        return Reading()
    match message.author.role:
        case "user" | "assistant":
            return _said(message.content, metadata)
        case "tool":
            return Reading(left_out=1 if _has_something(message.content) else 0)
    return Reading()  # of the system nothing is ever shown


def _said(content: Content, metadata: Metadata) -> Reading:
    facts: dict[str, Any] = {"model": _text(metadata.model_slug)[:200], "end": _end(metadata.finish_details)}
    match content.content_type:
        case "text" | "multimodal_text":
            parts = content.parts or []
            texts = [text for part in parts if (text := _text_of(part))]
            return Reading("\n\n".join(texts), left_out=sum(_is_no_text(part) for part in parts), **facts)
        case "code":
            return Reading(_fenced(content.text or "", content.language or ""), **facts)
        case "thoughts":
            return Reading(thoughts=tuple(_thought(thought) for thought in content.thoughts or []))
        case "reasoning_recap" | "user_editable_context" | "model_editable_context":
            return Reading()  # ChatGPT's own notes
    return Reading(left_out=1 if _has_something(content) else 0)


def _text_of(part: Any) -> str:
    """A part is a text, or an object: a picture, or what was heard in a recording."""
    return part if isinstance(part, str) else _text(part.get("text")) if isinstance(part, dict) else ""


def _is_no_text(part: Any) -> bool:
    return bool(part) and not isinstance(part, str) and not _text_of(part)


def _fenced(code: str, language: str) -> str:
    if not code.strip():
        return ""
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    name = language if re.fullmatch(r"[\w+#.-]{1,30}", language) and language != "unknown" else ""
    return f"{fence}{name}\n{code}\n{fence}"


def _thought(thought: Thought) -> str:
    return "\n\n".join(filter(None, [thought.summary, thought.content]))


def _end(details: Any) -> str | None:
    kind = details.get("type") if isinstance(details, dict) else None
    return ENDS.get(kind) if isinstance(kind, str) else None


def _has_something(content: Content) -> bool:
    return any(content.parts or []) or bool(content.text)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
