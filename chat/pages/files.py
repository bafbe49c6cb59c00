"""Files on their way into a message, and back to their owner. What one is its bytes decide, never its name."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from chat.bodies import LATER, file_bytes, had_no_room
from chat.delivery import deliver
from chat.models import File
from chat.pictures import picture_type

UNSENT = 200
"""Files of one person that no message has taken yet. They are removed after a day."""

NAME_CHARS = 200

KEEP = 3600
"""Seconds that the owner's browser need not ask again."""


class Refused(Exception):
    """A file that is not taken: the HTTP status, a code for programs, words for people."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.code = code


@csrf_exempt  # the token is looked for below: to find it, Django reads the whole form
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Takes one file, as the field `file` of a form. Answers with what `send` is to name, or why not."""
    try:
        _fits(request)
        return _take(request)
    except (MultiPartParserError, SuspiciousOperation):
        return _no(Refused(400, "bad_form", _("This upload could not be read.")))
    except Refused as refusal:
        return _no(refusal)


@require_safe
def download(request: HttpRequest, file: UUID) -> HttpResponse:
    """One's own file. A stranger's is answered like a missing one."""
    try:
        found = File.objects.for_user(request.user).get(pk=file)
    except File.DoesNotExist as error:
        raise Http404 from error
    return deliver(found, keep=KEEP)


def _no(refusal: Refused) -> HttpResponse:
    headers = {"Retry-After": str(LATER)} if refusal.status == 503 else None
    return JsonResponse({"code": refusal.code, "message": str(refusal)}, status=refusal.status, headers=headers)


def _fits(request: HttpRequest) -> None:
    """Looked at before anything of the form is read."""
    if had_no_room(request):
        raise Refused(503, "busy", _("Too much is being uploaded at the moment. Try again in a minute."))
    size = file_bytes(request)
    if size is None:
        raise Refused(411, "no_length", _("This upload does not say how long it is."))
    if size > max(settings.IMAGE_BYTES, settings.FILE_BYTES):
        raise _too_large()


@csrf_protect
def _take(request: HttpRequest) -> HttpResponse:
    sent = request.FILES.get("file")
    if not isinstance(sent, UploadedFile):
        raise Refused(400, "no_file", _("There was no file in this upload."))
    user: Any = request.user
    mine = File.objects.for_user(user)
    if mine.filter(messages=None).count() >= UNSENT:
        words = _("You have %(count)d files that no message has taken yet. Send them, or try again tomorrow.")
        raise Refused(429, "too_many_files", words % {"count": UNSENT})
    file = File.objects.create(owner=user, **_understood(sent))
    return JsonResponse(file.summary(), status=201)


def _understood(sent: "UploadedFile[Any]") -> dict[str, Any]:
    """Its columns. Raises `Refused`."""
    name = _short(sent.name or _("Unnamed"))
    data = sent.read()
    if picture := picture_type(data):
        kind, media_type, limit = File.Kind.IMAGE, picture, settings.IMAGE_BYTES
    else:
        kind, media_type, limit = File.Kind.TEXT, "text/plain", settings.FILE_BYTES
    if len(data) > limit:
        raise _too_large()
    stored = data if picture else _text(data, name)
    if not stored:
        raise Refused(400, "empty_file", _("“%(name)s” is empty.") % {"name": name})
    return {"name": name, "kind": kind, "media_type": media_type, "size": len(stored), "data": stored}


def _text(data: bytes, name: str) -> bytes:
    """UTF-8 without the mark that some put before it, and with one kind of line end."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        words = _("“%(name)s” is neither a text nor a picture that Brook knows: PNG, JPEG, GIF and WebP.")
        raise Refused(415, "unknown_kind", words % {"name": name})
    return text.replace("\r\n", "\n").replace("\r", "\n").encode()


def _too_large() -> Refused:
    words = _("This file is too large: a text may have %(text)s, a picture %(picture)s.")
    limits = {"text": filesizeformat(settings.FILE_BYTES), "picture": filesizeformat(settings.IMAGE_BYTES)}
    return Refused(413, "file_too_large", words % limits)


def _short(name: str) -> str:
    """At most `NAME_CHARS` characters; what is cut is cut before the ending, by which people know what it is."""
    if len(name) <= NAME_CHARS:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 20:
        return name[:NAME_CHARS]
    return stem[: NAME_CHARS - len(ending) - 2] + "…" + dot + ending
