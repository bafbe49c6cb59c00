"""What the admin says before it deletes a person or a conversation.

Django lists every related object, each nested in the one it hangs on, by recursion. A message hangs on the one before
it, so a long conversation exceeds Python's recursion limit, and a short one prints people's words into a list. Here
stands how many of what would go, as the database counts it: all that a person has is more than fits into memory.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import CASCADE, Model, Q, QuerySet
from django.http import HttpRequest

from chat.models import Passage

Summary = tuple[list[str], dict[str, int], set[str], list[str]]


class CountedDeletion(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the type checker only
    """Its confirmation pages name what was chosen, and count everything that hangs on it."""

    def get_deleted_objects(self, objs: Sequence[Any] | QuerySet[Any], request: HttpRequest) -> Summary:
        """As Django's: what to list, how many of each kind, what the person may not delete, what must not be."""
        chosen = list(objs)
        if not chosen:
            return [], {}, set(), []
        counts = _counts(type(chosen[0]), [row.pk for row in chosen])
        named = {str(kind._meta.verbose_name_plural): count for kind, count in counts.items()}
        return [str(row) for row in chosen], named, self._forbidden(request, counts), []  # nothing of ours is protected

    def _forbidden(self, request: HttpRequest, kinds: Iterable[type[Model]]) -> set[str]:
        """Kinds that have a page in the admin, where this person may not delete them."""
        pages = [self.admin_site.get_model_admin(kind) for kind in kinds if self.admin_site.is_registered(kind)]
        return {str(page.opts.verbose_name) for page in pages if not page.has_delete_permission(request)}


def _counts(chosen: type[Model], keys: Sequence[Any]) -> dict[type[Model], int]:
    """How many rows of each kind go when these go, without those that nobody but the database knows of."""
    going = {chosen: Q(pk__in=keys)}
    kinds: list[type[Model]] = [chosen]
    for kind in kinds:  # grows while it is read
        rows = kind._base_manager.filter(going[kind])
        for relation in kind._meta.related_objects:
            below: Any = relation.related_model
            if relation.on_delete is CASCADE and below not in (kind, Passage):  # a message goes with its conversation
                going[below] = going.get(below, Q()) | Q(**{f"{relation.field.name}__in": rows})
                if below not in kinds:
                    kinds.append(below)
    counts = {kind: kind._base_manager.filter(rows).count() for kind, rows in going.items()}
    return {kind: count for kind, count in counts.items() if count}
