"""What hangs on a conversation beside its words: files, which reviewers may look at, and shared links, which those who
may delete the conversation may revoke.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse

from chat.delivery import deliver
from chat.models import File, Share

KEEP = 300
"""Seconds that a reviewer's browser need not ask again."""

FILE, REVOKE = "review-file", "review-revoke"


def addresses(page: Any) -> list[URLPattern]:
    """Below the list of conversations, behind the admin's login; `page` is the ModelAdmin that says who may."""

    def view(work: Any) -> Any:
        def guarded(request: HttpRequest, conversation: UUID, **named: Any) -> HttpResponse:
            return work(page, request, conversation, **named)  # type: ignore[no-any-return]  # a view

        return page.admin_site.admin_view(guarded)

    return [
        path("<uuid:conversation>/files/<uuid:file>/", view(_file), name=FILE),
        path("<uuid:conversation>/shares/<slug:share>/revoke/", view(_revoke), name=REVOKE),
    ]


def _file(page: Any, request: HttpRequest, conversation: UUID, file: UUID) -> HttpResponse:
    if not page.has_view_permission(request):
        raise PermissionDenied
    found = File.objects.filter(pk=file, messages__conversation=conversation).first()
    if found is None:
        raise Http404
    return deliver(found, keep=KEEP)


def _revoke(page: Any, request: HttpRequest, conversation: UUID, share: str) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not page.has_delete_permission(request):
        raise PermissionDenied
    Share.objects.filter(pk=share, conversation=conversation).delete()
    messages.success(request, "The link leads nowhere any more.")
    return redirect(reverse("admin:chat_conversation_change", args=[conversation]))
