"""The filters beside the list of conversations that Django's admin does not bring along."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_user_model
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import HttpRequest

from chat.models import Conversation, Message
from chat.review.words import NO_ANSWER, Outcome

SUGGESTIONS = 200
"""Owners' names that the browser offers while one is typed. Every other name can be typed too."""


class StatusFilter(admin.SimpleListFilter):
    """By what became of the newest answer, in a queryset that is `listed`."""

    title = "last status"
    parameter_name = "status"
    NONE = "none"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*Outcome.choices, (self.NONE, NO_ANSWER)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case None:
                return queryset
            case self.NONE:
                return queryset.filter(latest_outcome=None)
            case wanted:
                return queryset.filter(latest_outcome=wanted)


class RatingFilter(admin.SimpleListFilter):
    """By what the owner thinks of any of the answers."""

    title = "rating"
    parameter_name = "rating"
    WANTED = {
        "down": ("With a thumbs down", Q(rating=Message.Rating.BAD)),
        "up": ("With a thumbs up", Q(rating=Message.Rating.GOOD)),
        "commented": ("With a comment", ~Q(comment="")),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(key, words) for key, (words, _) in self.WANTED.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value()
        if wanted is None:
            return queryset
        if wanted not in self.WANTED:
            return queryset.none()
        _, rated = self.WANTED[wanted]
        return queryset.filter(Exists(Message.objects.filter(rated, conversation=OuterRef("pk"))))


class OwnerFilter(admin.ListFilter):
    """By owner. A box to type the name in: a list of links would be as long as there are people."""

    title = "owner"
    template = "review/owner_filter.html"
    parameter_name = "owner"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        if self.parameter_name in params:
            self.used_parameters[self.parameter_name] = params.pop(self.parameter_name)[-1].strip()

    def expected_parameters(self) -> list[str | None]:
        return [self.parameter_name]

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> QuerySet[Conversation]:
        name = self._name()
        return queryset.filter(owner__username=name) if name else queryset

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        """One row for the template: the box, and what else is chosen, so that it stays chosen."""
        chosen = changelist.filter_params.items()
        yield {
            "name": self._name(),
            "others": [(key, value) for key, values in chosen if key != self.parameter_name for value in values],
            "suggestions": self._suggestions(),
            "without": changelist.get_query_string(remove=[self.parameter_name]),
        }

    def _name(self) -> str:
        return str(self.used_parameters.get(self.parameter_name, ""))

    def _suggestions(self) -> list[str]:
        owners = get_user_model().objects.filter(conversations__isnull=False).distinct().order_by("username")
        return list(owners.values_list("username", flat=True)[:SUGGESTIONS])
