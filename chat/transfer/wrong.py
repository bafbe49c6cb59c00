"""What is wrong with a file that is to be imported: where, and what was expected. The words for people are here."""

import re
from typing import Any

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Path = tuple[str | int, ...]
"""Keys and numbers of elements, from the outside in."""


class Wrong(Exception):
    """`str(error)` says what was expected. `path` leads to the element, `offset` is its byte, as far as known."""

    def __init__(self, words: str, path: Path = (), offset: int | None = None) -> None:
        super().__init__(words)
        self.path = path
        self.offset = offset

    def within(self, *outer: str | int) -> "Wrong":
        return Wrong(str(self), (*outer, *self.path), self.offset)


_TIME = gettext_lazy("a time with its zone, such as 2026-11-21T15:31:00Z")
_TEXT = gettext_lazy("a text that is not too long")
_YES_NO = gettext_lazy("true or false")
_LIST = gettext_lazy("a list that is not too long")
_COUNT = gettext_lazy("a whole number from 0 on")

EXPECTED: dict[str, Any] = {
    **dict.fromkeys(["created", "updated", "started", "first_delta", "finished"], _TIME),
    **dict.fromkeys(["pinned", "archived", "chosen", "is_archived"], _YES_NO),
    **dict.fromkeys(["conversations", "messages", "files", "runs", "parts"], _LIST),
    **dict.fromkeys(["longest_gap_ms", "thinking_ms", "closing_ms", "chunks", "left_out", "usage"], _COUNT),
    **dict.fromkeys(["title", "content", "reasoning", "comment", "instructions", "text", "thoughts"], _TEXT),
    **dict.fromkeys(["create_time", "update_time"], gettext_lazy("a time in seconds since 1970")),
    **dict.fromkeys(["id", "parent", "continues"], gettext_lazy("an identifier: a text of 1 to 200 characters")),
    "role": gettext_lazy("“user”, “assistant” or “system”"),
    "rating": gettext_lazy("-1, 0 or 1"),
    "status": gettext_lazy("“complete”, “cancelled”, “truncated”, “failed” or “interrupted”"),
    "titled_by": gettext_lazy("“words”, “model” or “person”"),
    "temperature": gettext_lazy("a number from 0 to 2"),
    "max_tokens": gettext_lazy("a whole number from 1 to 1,000,000"),
    "data": gettext_lazy("a file in base64"),
    "mapping": gettext_lazy("the messages by their identifiers"),
}

_MISSING = re.compile(r"missing required field `(.+?)`")
_STEPS = re.compile(r"\.(\w+)|\[(\d+)\]")


def from_msgspec(error: msgspec.ValidationError) -> Wrong:
    """`Expected …, got … - at `$.messages[3].content``, in words for people."""
    said, _at, where = str(error).partition(" - at `$")
    path: Path = tuple(int(number) if number else name for name, number in _STEPS.findall(where))
    if missing := _MISSING.search(said):
        return Wrong(_("“{field}” is missing here.").format(field=missing[1]), path)
    field = path[-1] if path else ""
    if field in EXPECTED:
        return Wrong(must_be(str(field)), path)
    return Wrong(_("Something else was expected here ({detail}).").format(detail=said), path)


def must_be(field: str) -> str:
    """What is expected of one of these fields."""
    return _("“{field}” must be {expected}.").format(field=field, expected=EXPECTED[field])
