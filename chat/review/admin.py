"""The pages of the admin: the list of conversations, and one conversation as a transcript. Nobody edits here.

Who may look is decided by Django's view permission for conversations, who may delete by its delete permission.
"""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, reverse
from django.utils.formats import date_format
from django.utils.html import format_html

from chat.models import Conversation, attached
from chat.review import belongings, transcript
from chat.review.deletion import CountedDeletion
from chat.review.filters import OwnerFilter, RatingFilter, StatusFilter
from chat.review.listing import listed, matching
from chat.review.words import NO_ANSWER, Outcome, marks

UNTITLED = "Untitled"

User = get_user_model()

admin.site.site_header = "Brook"
admin.site.site_title = "Brook"
admin.site.index_title = "Review"
admin.site.enable_nav_sidebar = False  # three entries; the space belongs to what is read
admin.site.unregister(User)


@admin.register(User)
class PersonAdmin(CountedDeletion, UserAdmin):  # type: ignore[type-arg]  # generic for the type checker only
    """Django's own pages for people; with a person go all conversations, hence the count."""


@admin.register(Conversation)
class ConversationAdmin(CountedDeletion):
    list_display = ("title_shown", "owner_shown", "model_shown", "messages_shown", "status_shown", "updated_shown")
    list_display_links = ("title_shown",)
    list_filter = (StatusFilter, RatingFilter, OwnerFilter, "archived", "source")
    date_hierarchy = "updated_at"
    list_select_related = ("owner",)
    list_per_page = 50
    ordering = ("-updated_at", "-pk")
    search_fields = ("title", "owner__username")  # shows the box; `get_search_results` looks into the messages too
    search_help_text = "Searches titles, names of owners and everything that was said."
    fields = ()
    change_form_template = "review/transcript.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        """Half of an import is no conversation yet, for reviewers either."""
        return listed(super().get_queryset(request) & Conversation.objects.arrived())

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Conversation], search_term: str
    ) -> tuple[QuerySet[Conversation], bool]:
        return matching(queryset, search_term), False

    def get_urls(self) -> list[URLPattern]:
        return [*belongings.addresses(self), *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Conversation | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Conversations"} | (extra_context or {}))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kw: Any) -> HttpResponse:
        """Called once Django has found the conversation and this person may see it."""
        conversation = context["original"]
        messages = conversation.messages.select_related("generation").order_by("created_at", "pk")
        context |= {
            "title": conversation.title or UNTITLED,
            "subtitle": None,
            "steps": transcript.read(messages, attached(conversation.messages.all())),
            "outcome": self.status_shown(conversation),
            "marks": marks(conversation),
            "shares": conversation.shares.all(),
        }
        return super().render_change_form(request, context, *args, **kw)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        """Back to the list as it was filtered: Django leads there only those who may change something."""
        super().response_delete(request, obj_display, obj_id)  # says what was deleted
        filters: dict[str, Any] = {"preserved_filters": self.get_preserved_filters(request), "opts": self.opts}
        return redirect(add_preserved_filters(filters, reverse("admin:chat_conversation_changelist")))

    @admin.display(description="title", ordering="title")
    def title_shown(self, conversation: Conversation) -> str:
        return conversation.title or UNTITLED

    @admin.display(description="owner", ordering="owner__username")
    def owner_shown(self, conversation: Conversation) -> str:
        name = conversation.owner.get_username()
        return format_html('<a href="?{}">{}</a>', urlencode({OwnerFilter.parameter_name: name}), name)

    @admin.display(description="model", ordering="latest_model")
    def model_shown(self, conversation: Any) -> str | None:
        return conversation.latest_model or None

    @admin.display(description="messages", ordering="message_count")
    def messages_shown(self, conversation: Any) -> int:
        return int(conversation.message_count)

    @admin.display(description="last status", ordering="latest_outcome")
    def status_shown(self, conversation: Any) -> str:
        found = conversation.latest_outcome
        ended = str(Outcome(found).label) if found else NO_ANSWER
        return ", ".join(filter(None, [ended, marks(conversation)]))

    @admin.display(description="updated (UTC)", ordering="updated_at")
    def updated_shown(self, conversation: Conversation) -> str:
        return date_format(conversation.updated_at, "j M Y, H:i")
