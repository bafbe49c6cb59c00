"""The bytes of the two dialects we know exactly, one server-sent event at a time. No I/O.

Mira speaks OpenAI's whole `chat.completion.chunk`; Vigthoria sends bare choices and nothing else.
The form of an event: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import json
from collections.abc import Mapping
from typing import Any

DONE = b"data: [DONE]\n\n"


def event(data: object, *, ascii_only: bool = False) -> bytes:
    """One event with `data` as JSON: in UTF-8, or with \\u escapes as some servers write it."""
    return b"data: " + json.dumps(data, ensure_ascii=ascii_only).encode() + b"\n\n"


def mira_chunk(delta: Mapping[str, Any], finish_reason: str | None = None) -> bytes:
    return event(
        {
            "id": "chatcmpl-scripted",
            "object": "chat.completion.chunk",
            "created": 1_700_000_000,
            "model": "scripted",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
        }
    )


def vigthoria_chunk(text: str) -> bytes:
    return event({"choices": [{"delta": {"content": text}}]})
