"""The chat page's shell and the lists of conversations. What was said comes over the socket, never from here."""

from uuid import UUID

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat.models import Conversation, ConversationQuerySet
from chat.pages.preferences import profile_of

SIDEBAR = 200
"""Conversations in the sidebar; the list page has all of them."""

PAGE = 100


@require_safe
def page(request: HttpRequest, conversation: UUID | None = None) -> HttpResponse:
    """A new chat, or one of the person's conversations; a stranger's is answered like a missing one.

    One that was deleted just now can be brought back, which only this page offers.
    """
    mine = Conversation.objects.for_user(request.user) | Conversation.objects.deleted_by(request.user)
    if conversation and not mine.filter(pk=conversation).exists():
        raise Http404
    listed = list(_listed(request, archived=False)[: SIDEBAR + 1])
    context = {
        "conversation_id": conversation,
        "conversations": listed[:SIDEBAR],
        "more_conversations": len(listed) > SIDEBAR,
        "message_chars": settings.MESSAGE_CHARS,
        "enter_sends": profile_of(request).enter_sends,
    }
    return render(request, "chat.html", context)


@never_cache
@require_safe
def sidebar(request: HttpRequest) -> HttpResponse:
    """The sidebar's list as it would be rendered now, for a page that was away."""
    listed = _listed(request, archived=False)[:SIDEBAR]
    return JsonResponse({"conversations": [conversation.summary() for conversation in listed]})


@require_safe
def conversations(request: HttpRequest) -> HttpResponse:
    """Every conversation of the person, a hundred to a page; with `?archived=1` those that were put away."""
    archived = request.GET.get("archived") == "1"
    paginator = Paginator(_listed(request, archived=archived), PAGE)
    context = {"page_obj": paginator.get_page(request.GET.get("page")), "archived": archived}
    return render(request, "conversations.html", context)


def _listed(request: HttpRequest, *, archived: bool) -> ConversationQuerySet:
    """Pinned ones first, then the newest. Without what their models are told: the database would carry that along
    while it sorts.
    """
    mine = Conversation.objects.for_user(request.user).filter(archived=archived)
    return mine.recent().order_by("-pinned", "-updated_at", "-pk").defer("system_prompt", "parameters")
