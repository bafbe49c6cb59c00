"""What anybody reads who has a shared link: one path of a conversation, and nothing else of its owner."""

import re
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat.delivery import deliver
from chat.models import File, Generation, Message, Share, attached

TOKEN = re.compile(r"[A-Za-z0-9_-]{1,32}")

KEEP = 300
"""Seconds that a reader's browser may keep a picture, though the link be revoked meanwhile."""

SPOKEN = (Message.Role.USER, Message.Role.ASSISTANT)
"""Instructions are between the owner and the model."""


@login_not_required
@never_cache
@require_safe
def page(request: HttpRequest, share: str) -> HttpResponse:
    """The messages down to the shared one, oldest first. A link that leads nowhere never says why."""
    found = _open(share)
    if found is None:
        return _unlisted(render(request, "share_gone.html", status=404))
    context = {"title": found.conversation.title, "share": found, "entries": _entries(found)}
    return _unlisted(render(request, "share.html", context))


@login_not_required
@require_safe
def picture(request: HttpRequest, share: str, file: UUID) -> HttpResponse:
    """A picture of the path; its reader has no account."""
    found = _open(share)
    if found is None or not _shows(found, file):
        raise Http404
    return _unlisted(deliver(get_object_or_404(File, pk=file, kind=File.Kind.IMAGE), keep=KEEP))


def _open(share: str) -> Share | None:
    if not TOKEN.fullmatch(share):  # PostgreSQL would refuse a NUL with an error of its own
        return None
    found = Share.objects.open().select_related("conversation", "leaf").defer("leaf__content", "leaf__reasoning")
    return found.filter(pk=share).first()


def _path(share: Share) -> list[Message]:
    """Only what is shown: other versions and their reasoning may have megabytes, and nobody pays for reading this."""
    return share.leaf.path(Message.objects.filter(role__in=SPOKEN).only("role", "content", "created_at"))


def _shows(share: Share, file: UUID) -> bool:
    """Is it with a message of the path? Found without reading what was said."""
    return bool(share.leaf.path(Message.objects.filter(files=file).only("pk")))


def _entries(share: Share) -> list[dict[str, Any]]:
    """Each message with its files, and whether it is an answer that is not whole."""
    files = attached(Message.objects.filter(conversation=share.conversation_id))
    partial = _partial(share)
    return [
        {
            "message": message,
            "files": files.get(message.pk, []),
            "is_own": message.role == Message.Role.USER,
            "is_partial": message.pk in partial,
        }
        for message in _path(share)
    ]


def _partial(share: Share) -> set[UUID]:
    """Answers that have not ended by themselves, or at the token limit."""
    generations = Generation.objects.filter(conversation=share.conversation_id)
    ends = generations.values_list("message_id", "status", "finish_reason")
    return {key for key, status, reason in ends if status != Generation.Status.COMPLETE or reason == "length"}


def _unlisted(response: HttpResponse) -> HttpResponse:
    """Whoever has the link has it from its owner: no search engine, and no site that the text links to."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
