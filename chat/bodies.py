"""How much a request may bring along. Daphne takes every body whole, and hands it on through memory, before anybody
looks who sends it and where to: 300 MB to the login page cost gigabytes. Here each address has its limit, a large one
only for whoever brings a session, and all large bodies together have one. Of a body beyond it nothing is kept: it is
read to its end, so that the answer arrives, and the view sees an announced length that is too large, and no content.

Twisted asks the request for both: https://docs.twisted.org/en/stable/api/twisted.web.http.Request.html
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

ENVELOPE = 64 * 1024
"""Bytes of a form beside what it is about. The views have the exact limits, and the words."""

FORM = 16 * 1024
"""Bytes of a form beside the file in it, by which the views tell whether the file can be one that they take."""

AT_ONCE = 2
"""Of the largest bodies, as many as there is room for: taking one in costs memory of a few times its size."""

LATER = 30
"""Seconds after which there may be room again."""

BUSY = "X-Brook-Busy"
"""The header by which a view sees that there was no room for a body."""


def had_no_room(request: HttpRequest) -> bool:
    return BUSY in request.headers


def file_bytes(request: HttpRequest) -> int | None:
    """How long the file in a form is, at least, as its request announces it; None if it does not say.

    For a view to look at before it reads anything of the form: what is announced as too large is not even looked
    through for its token.
    """
    announced = request.META.get("CONTENT_LENGTH") or ""
    return max(0, int(announced) - FORM) if announced.isdecimal() else None


def limit_body(request: Any) -> None:
    """Of Daphne's request, before anything of its body has come."""
    body = _Body(request)
    request.gotLength = body.begin
    request.handleContentChunk = body.take
    # Twisted would read forms, too: whole, in the loop that all wait for, at twelve times their size, and for nobody.
    request._parsePOSTFormSubmission = False


def _allowed(request: Any) -> int:
    """In bytes, of Daphne's request, whose headers are there. Whether its session is one is looked at later."""
    if settings.SESSION_COOKIE_NAME.encode() not in request.received_cookies:
        return _usual()
    path = request.channel._path.partition(b"?")[0]  # as it was sent
    large = {b"/files/": settings.IMAGE_BYTES + ENVELOPE, b"/import/": settings.IMPORT_BYTES + ENVELOPE}
    return large.get(path, _usual())


def _usual() -> int:
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE + ENVELOPE


class _Room:
    """For the large bodies of this process that have come and are not answered yet."""

    def __init__(self) -> None:
        self._bytes = 0

    def take(self, size: int) -> bool:
        if self._bytes + size > AT_ONCE * (settings.IMPORT_BYTES + ENVELOPE):
            return False
        self._bytes += size
        return True

    def give_back(self, size: int) -> None:
        self._bytes -= size


_room = _Room()


class _Body:
    def __init__(self, request: Any) -> None:
        self._request = request
        self._size = 0
        self._limit = 0
        self._is_dropped = False
        self._room = 0
        """Bytes of it that this body takes."""

    def begin(self, length: int | None) -> None:
        """All headers are there. `length` is None where the body says itself where it ends."""
        self._request.requestHeaders.removeHeader(BUSY.encode())
        self._limit = _allowed(self._request)
        self._is_dropped = length is not None and length > self._limit
        self._request.notifyFinish().addBoth(self._leave)
        type(self._request).gotLength(self._request, 0 if self._is_dropped else length)

    def take(self, data: bytes) -> None:
        self._size += len(data)
        if not self._is_dropped and self._size > self._limit:
            self._drop()
            # What is known by now of a body that announced no length is announced instead.
            self._request.requestHeaders.setRawHeaders(b"Content-Length", [str(self._size).encode()])
        if not self._is_dropped and not self._has_room(len(data)):
            self._drop()
            self._request.requestHeaders.setRawHeaders(BUSY.encode(), [b"1"])
        if not self._is_dropped:
            type(self._request).handleContentChunk(self._request, data)

    def _has_room(self, more: int) -> bool:
        if self._limit <= _usual():
            return True
        is_there = _room.take(more)
        self._room += more if is_there else 0
        return is_there

    def _drop(self) -> None:
        self._is_dropped = True
        self._request.content.seek(0)
        self._request.content.truncate()
        self._leave()

    def _leave(self, _how: object = None) -> None:
        """The request was answered, or its connection is gone."""
        _room.give_back(self._room)
        self._room = 0
