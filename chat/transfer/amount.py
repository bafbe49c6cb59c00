"""How much is in a JSON text, before anything is made of it: a few bytes of a file may become a large object."""

import re
import threading
from itertools import islice
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from chat.transfer.position import Text
from chat.transfer.wrong import Wrong

CONVERSATIONS = 100_000
"""In one file; a person of much talk has some thousands."""

MESSAGES = 50_000
"""In one conversation, all versions together."""

VALUES = 100_000
"""In one message: lists, objects and what is in them. What ChatGPT adds about its sources are thousands at most."""

_left = threading.local()


class Element(msgspec.Struct, gc=False):
    """An object that is counted, and nothing is kept of. msgspec looks at the length of a list when it has made all of
    it, which is too late.
    """

    def __post_init__(self) -> None:
        _left.elements -= 1
        if _left.elements < 0:
            raise _left.wrong  # no ValueError: that msgspec would take for its own


def check_conversations(decoder: msgspec.json.Decoder[Any], text: Text, *place: str) -> None:
    """`decoder` makes an `Element` of each conversation at `place`. Raises `Wrong` for too many, and like msgspec."""
    _left.elements, _left.wrong = CONVERSATIONS, too_many_conversations(*place)
    decoder.decode(text)


def check_messages(decoder: msgspec.json.Decoder[Any], raw: msgspec.Raw, *place: str) -> None:
    """The same for the messages of a conversation."""
    words = _("There are too many messages in this conversation.")
    _left.elements, _left.wrong = MESSAGES, Wrong(words, place)
    decoder.decode(raw)


def too_many_conversations(*place: str) -> Wrong:
    return Wrong(_("There are too many conversations in this file."), place)


_MARK = re.compile(rb'[,\[{]|"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
"""What separates or begins a value; or a text, in which it does not."""


def check_values(raw: msgspec.Raw) -> None:
    """Of one message. Raises `Wrong`."""
    text = bytes(raw)
    if sum(text.count(mark) for mark in (b",", b"[", b"{")) > VALUES and _has_too_many(text):
        raise Wrong(_("There is too much in this message besides its text."))


def _has_too_many(text: bytes) -> bool:
    """Mostly they stand in what was said."""
    marks = (found for found in _MARK.finditer(text) if text[found.start()] != ord('"'))
    return next(islice(marks, VALUES, None), None) is not None
