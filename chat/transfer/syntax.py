"""Is a text UTF-8, and JSON at all? Pure but for its words."""

import codecs
import re

import msgspec
from django.utils.translation import gettext as _

from chat.transfer.position import Text
from chat.transfer.wrong import Wrong

_anything = msgspec.json.Decoder(msgspec.Raw)

_BYTE = re.compile(r" \(byte (\d+)\)$")
_ESCAPE = re.compile(rb"\\\\|\\u[dD](?:[89abAB][\da-fA-F]{2}(?:\\u[dD][c-fC-F][\da-fA-F]{2})?|[c-fC-F][\da-fA-F]{2})")
"""A backslash that stands for itself, so that what is behind it is not taken for an escape; or a pair of surrogates, or
half of one. Any other escape may be passed over: it ends in no backslash."""

_HALF = len(rb"\ud83d")

CHUNK = 2**20
"""Bytes that are decoded at a time: a file may be larger than what memory should hold."""


def in_utf_8(text: Text) -> Text:
    """The same text, without the mark that some put before UTF-8. Raises `Wrong` for anything but UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for at in range(0, len(text), CHUNK):
        begun, _flag = decoder.getstate()  # a character that the last chunk has cut
        try:
            decoder.decode(text[at : at + CHUNK], final=at + CHUNK >= len(text))
        except UnicodeDecodeError as error:
            raise Wrong(_("This is no text in UTF-8."), offset=at - len(begun) + error.start) from error
    return text[3:] if text[:3] == codecs.BOM_UTF8 else text


def sound(text: Text) -> Text:
    """The same text; with U+FFFD, which takes as many bytes, for each half of a surrogate pair. Raises `Wrong`."""
    try:
        return _read(text)
    except Wrong:
        mended = _mended(text)
        if mended is None:
            raise
    return _read(mended)


def _read(text: Text) -> Text:
    try:
        _anything.decode(text)
    except RecursionError as error:
        raise Wrong(_("Lists and objects are nested too deeply.")) from error
    except msgspec.DecodeError as error:
        byte = _BYTE.search(str(error))
        if byte is None:
            raise Wrong(_("The file ends too early: it is not whole."), offset=len(text)) from error
        raise Wrong(_("This is not JSON from here on."), offset=int(byte[1])) from error
    return text


def _mended(text: Text) -> Text | None:
    """A copy in which no half of a pair stands alone; None where none does.

    It is mended in place: what is put together anew keeps an object for each escape, 67 times the size of the text.
    """
    halves = (found.start() for found in _ESCAPE.finditer(text) if found.end() - found.start() == _HALF)
    mended: bytearray | None = None
    for at in halves:
        mended = mended or bytearray(text)
        mended[at : at + _HALF] = rb"\ufffd"
    return mended
