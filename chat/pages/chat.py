"""The chat page's shell and the list of all conversations. What was said comes over the socket, never from here."""

from uuid import UUID

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chat.models import Conversation

SIDEBAR = 200
"""Conversations in the sidebar; the list page has all of them."""

PAGE = 100


@require_safe
def page(request: HttpRequest, conversation: UUID | None = None) -> HttpResponse:
    """A new chat, or one of the person's conversations; a stranger's is answered like a missing one."""
    mine = Conversation.objects.for_user(request.user)
    if conversation and not mine.filter(pk=conversation).exists():
        raise Http404
    recent = list(mine.recent()[: SIDEBAR + 1])
    context = {
        "conversation_id": conversation,
        "conversations": recent[:SIDEBAR],
        "more_conversations": len(recent) > SIDEBAR,
        "message_chars": settings.MESSAGE_CHARS,
    }
    return render(request, "chat.html", context)


@require_safe
def conversations(request: HttpRequest) -> HttpResponse:
    """Every conversation of the person, newest first, a hundred to a page."""
    paginator = Paginator(Conversation.objects.for_user(request.user).recent(), PAGE)
    return render(request, "conversations.html", {"page_obj": paginator.get_page(request.GET.get("page"))})
