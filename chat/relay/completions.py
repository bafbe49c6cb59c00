"""The OpenAI-style chat completion: request body out, event data in, chunks or `UpstreamError` back. Pure.

Two dialects are read exactly. *Mira*: a role chunk, content chunks, an empty chunk with `finish_reason`, `[DONE]`;
errors in mid-stream are an event with `error`. *Vigthoria*: bare `{"choices":[{"delta":{"content":"…"}}]}` chunks, then
`[DONE]`. Everything else that servers are known to send is read as kindly as it can be without guessing; what cannot be
read at all is an error, never skipped, because it might have been part of the answer.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from chat.relay import errors
from chat.relay.errors import UpstreamError
from chat.relay.sse import Event

_RESERVED = ("model", "messages", "stream")

Message = Mapping[str, Any]
"""A role, and a content: a string, or a list of parts where there are pictures."""


class Chunk(msgspec.Struct, frozen=True, gc=False):
    """What one event added. `done` is `[DONE]`; all else is empty when the chunk said nothing of it."""

    content: str = ""
    reasoning: str = ""
    finish_reason: str | None = None
    done: bool = False
    id: str = ""
    model: str = ""
    usage: dict[str, int] | None = None


def request_body(model: str, messages: Sequence[Message], parameters: Mapping[str, Any] | None = None) -> bytes:
    """The JSON body of a streaming request. `parameters` (temperature, …) go along; they cannot replace the rest."""
    chosen = {name: value for name, value in (parameters or {}).items() if name not in _RESERVED}
    return msgspec.json.encode({"model": model, "messages": messages, "stream": True, **chosen})


class Reader:
    """Reads the events of one answer. Holds only what may stand half in one chunk: split surrogate pairs."""

    def __init__(self) -> None:
        self._content = _Text()
        self._reasoning = _Text()

    def read(self, event: Event) -> Chunk:
        """Raises `UpstreamError` for an error event and for data that is no chunk."""
        data = event.data.strip()
        if data == "[DONE]":
            return Chunk(done=True)
        if event.type == "error":
            raise errors.reported(_error_words(_loosely(data)))
        if not data:  # a keep-alive: nothing was left out
            return Chunk()
        return self._chunk(_parse(data))

    def read_body(self, body: bytes) -> Chunk:
        """Reads an answer that came whole, as one JSON object, from a server that does not stream."""
        wire = _parse(body.decode("utf-8", "replace").strip())
        chunk = self._chunk(wire)
        if not wire.choices:
            raise errors.garbled("JSON without an answer in it")
        return chunk

    def flush(self) -> Chunk:
        """What the end of the stream leaves over: halves of surrogate pairs, as U+FFFD."""
        return Chunk(content=self._content.flush(), reasoning=self._reasoning.flush())

    def _chunk(self, wire: "_Wire") -> Chunk:
        if wire.error or wire.object == "error" or (wire.error is not None and not wire.choices):
            raise errors.reported(_error_words(wire.error or wire.message))
        choice = (wire.choices[0] if wire.choices else None) or _NO_CHOICE
        delta = choice.delta or choice.message or _NO_DELTA
        return Chunk(
            content=self._content.clean(_text_of(delta.content) or _text_of(delta.refusal)),
            reasoning=self._reasoning.clean(_reasoning_of(delta)),
            finish_reason=_word(choice.finish_reason) or None,
            id=_word(wire.id),
            model=_word(wire.model),
            usage=_counts(wire.usage),
        )


class _Delta(msgspec.Struct):
    content: Any = None
    refusal: Any = None  # the model's words too, and instead of the others
    reasoning_content: Any = None
    reasoning: Any = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    message: _Delta | None = None  # a server that does not stream
    finish_reason: Any = None


class _Wire(msgspec.Struct):
    """The fields that matter, loosely typed where servers differ; every other field is skipped unread."""

    choices: list[_Choice | None] | None = None
    id: Any = None
    model: Any = None
    usage: Any = None
    error: Any = None
    object: Any = None
    message: Any = None


_NO_CHOICE = _Choice()
_NO_DELTA = _Delta()
_decode = msgspec.json.Decoder(_Wire).decode


def _parse(data: str) -> _Wire:
    try:
        return _decode(data)
    except msgspec.ValidationError as error:
        raise errors.garbled(f"JSON of another shape ({error})") from error
    except (msgspec.DecodeError, RecursionError):
        return _parse_slowly(data)


def _parse_slowly(data: str) -> _Wire:
    """For the one thing that json reads and msgspec does not: half a surrogate pair, escaped."""
    try:
        return msgspec.convert(json.loads(data), _Wire)
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        if data.startswith("<"):
            raise errors.not_a_stream("a web page") from error
        raise errors.garbled("text that is no JSON") from error


def _loosely(data: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return data


def _error_words(error: Any, depth: int = 4) -> str:
    """The readable part of what servers put under `error`: a string, or an object or list with a message somewhere."""
    if isinstance(error, str):
        return _clean(error)
    if isinstance(error, list) and depth:
        return "; ".join(filter(None, (_error_words(item, depth - 1) for item in error[:3])))
    if not isinstance(error, dict) or not depth:
        return ""
    for name in ("message", "msg", "error", "detail", "code", "type"):
        words = _error_words(error.get(name), depth - 1)
        if words:
            return words
    return ""


def error_words(body: bytes) -> str:
    """The readable part of an error response's JSON body; empty when it is not JSON (an HTML page says nothing)."""
    found = _loosely(body.decode("utf-8", "replace"))
    return _error_words(found) if isinstance(found, dict | list) else ""


def _reasoning_of(delta: _Delta) -> str:
    """Under either name, or as parts of the content that say `thinking`."""
    said = _text_of(delta.reasoning_content) or _text_of(delta.reasoning)
    if said or not isinstance(delta.content, list):
        return said
    return "".join(_text_of(part.get("thinking")) for part in delta.content if isinstance(part, dict))


def _text_of(content: Any) -> str:
    """Text as a string, or as a list of parts of which the text ones count."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        texts = [part.get("text") or part.get("refusal") for part in content if isinstance(part, dict)]
        return "".join(text for text in texts if isinstance(text, str))
    return ""


def _word(value: Any) -> str:
    """A short string that may go into a database column."""
    return _clean(value)[:100] if isinstance(value, str) else ""


def _counts(usage: Any) -> dict[str, int] | None:
    """The token counts of a usage object that are whole numbers a database can hold."""
    if not isinstance(usage, dict):
        return None
    return {_word(key): value for key, value in usage.items() if type(value) is int and 0 <= value < 2**53}


_SURROGATE = re.compile("[\ud800-\udfff]")


def _clean(text: str) -> str:
    """Without what databases and sockets refuse: NUL goes, a lone surrogate becomes U+FFFD."""
    return _SURROGATE.sub("\ufffd", text.replace("\0", ""))


class _Text:
    """Cleans the text of one kind, and joins surrogate pairs that were split over two chunks."""

    def __init__(self) -> None:
        self._half = ""

    def clean(self, text: str) -> str:
        if text.isascii() and not self._half:
            return text.replace("\0", "") if "\0" in text else text
        if not text:
            return ""
        text, self._half = self._half + text, ""
        if "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        # UTF-16 knows pairs: what it joins was split, what it cannot decode was alone.
        return text.replace("\0", "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def flush(self) -> str:
        half, self._half = self._half, ""
        return "\ufffd" if half else ""


__all__ = ["Chunk", "Message", "Reader", "UpstreamError", "error_words", "request_body"]
