"""How a stored file is handed to a browser: so that it is looked at or saved, and never runs. Who may have it is the
view's matter.
"""

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from chat.models import File

POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""Opened by itself a file is a page of our origin. This one may do nothing at all."""


def deliver(file: File, *, keep: int) -> HttpResponse:
    """Pictures to look at, text to save; the browser alone, and no cache on the way, may keep it for `keep` seconds.

    The type is one that we gave it by its bytes, and `nosniff` holds the browser to it: HTML that was uploaded is text.
    """
    is_picture = file.kind == File.Kind.IMAGE
    response = HttpResponse(
        bytes(file.data), content_type=file.media_type if is_picture else "text/plain; charset=utf-8"
    )
    response.headers["Content-Disposition"] = content_disposition_header(not is_picture, file.name) or "inline"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = f"private, max-age={keep}"
    return response
