"""Taking conversations along: export as Markdown and JSON, and the page that imports."""

from collections.abc import AsyncIterator, Iterator
from threading import Lock
from typing import Any, TypeVar
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from chat.bodies import LATER, file_bytes, had_no_room
from chat.models import Conversation
from chat.transfer.arrival import Later
from chat.transfer.export import document, everything
from chat.transfer.filenames import filename
from chat.transfer.importing import Refused, take_in
from chat.transfer.markdown import markdown
from chat.transfer.outcome import sentences_of
from chat.transfer.wrong import Wrong

PART = 64 * 1024
"""Bytes of an export that are sent together, at least."""

under_way = Lock()
"""Held while a file is taken in: one at a time for each process, for it may take much memory."""

Response = TypeVar("Response", bound=HttpResponseBase)


# Out


@never_cache
@require_safe
def as_markdown(request: HttpRequest, conversation: UUID) -> HttpResponse:
    """The shown path, for reading."""
    found = _mine(request, conversation)
    return _saved(
        HttpResponse(markdown(found), content_type="text/markdown; charset=utf-8"), filename(found.title, "md")
    )


@never_cache
@require_safe
def as_json(request: HttpRequest, conversation: UUID) -> HttpResponseBase:
    """All of one conversation: docs/transfer.md."""
    found = _mine(request, conversation)
    return _saved(_streamed(document([found])), filename(found.title, "json"))


@never_cache
@require_safe
def export(request: HttpRequest) -> HttpResponseBase:
    """All of everything."""
    name = f"brook-{timezone.now():%Y-%m-%d}.json"
    return _saved(_streamed(document(everything(request.user))), name)


def _mine(request: HttpRequest, key: UUID) -> Conversation:
    return get_object_or_404(Conversation.objects.for_user(request.user), pk=key)


def _streamed(pieces: Iterator[bytes]) -> StreamingHttpResponse:
    return StreamingHttpResponse(_pulled(pieces), content_type="application/json")


async def _pulled(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Each part is made in the request's database thread when the one before it is on its way."""
    pull = sync_to_async(_part)
    while part := await pull(pieces):
        yield part


def _part(pieces: Iterator[bytes]) -> bytes:
    """As many of the next pieces as are worth a way to the browser; nothing at the end."""
    part = bytearray()
    while len(part) < PART and (piece := next(pieces, b"")):
        part += piece
    return bytes(part)


def _saved(response: Response, name: str) -> Response:
    """As a file, which a browser never takes for a page."""
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


# In


@csrf_exempt  # the token is looked for below: to find it, Django reads the whole form
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """The form; after it was sent, what was imported, or what is wrong with the file."""
    if request.method != "POST":
        return _page(request)
    if had_no_room(request):
        return _later(request, 503, _("Too much is being uploaded at the moment. Try again in a minute."))
    if not under_way.acquire(blocking=False):
        return _later(request, 429, _("Brook is taking in another file. Try again in a minute."))
    try:
        _fits(request)
        return _take(request)
    except (MultiPartParserError, SuspiciousOperation):
        return _page(request, refused=Refused(Wrong(_("This upload could not be read."))))
    except Refused as refused:
        return _page(request, refused=refused)
    except Later as later:
        return _later(request, 503, str(later))
    finally:
        under_way.release()


def _later(request: HttpRequest, status: int, why: str) -> HttpResponse:
    page = _page(request, later=why)
    page.status_code = status
    page.headers["Retry-After"] = str(LATER)
    return page


def _fits(request: HttpRequest) -> None:
    """Looked at before anything of the form is read."""
    size = file_bytes(request)
    if size is None or size > settings.IMPORT_BYTES:
        words = _("The file is too large: at most {size} can be imported.")
        raise Refused(Wrong(words.format(size=filesizeformat(settings.IMPORT_BYTES))))


@csrf_protect
def _take(request: HttpRequest) -> HttpResponse:
    sent = request.FILES.get("file")
    if not isinstance(sent, UploadedFile) or sent.file is None:
        raise Refused(Wrong(_("No file was chosen.")))
    outcome = take_in(request.user, sent.file, sent.size or 0)
    return _page(request, outcome=outcome, sentences=sentences_of(outcome))


def _page(request: HttpRequest, **context: Any) -> HttpResponse:
    return render(request, "import.html", {"limit": settings.IMPORT_BYTES, **context})
