"""What the admin says before it deletes a person or a conversation.

Django lists every related object, each nested in the one it hangs on, by recursion. A message hangs on the one before
it, so a long conversation exceeds Python's recursion limit, and a short one prints people's words into a list. Here
stands how many of what would go.
"""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.utils import NestedObjects
from django.db import router
from django.db.models import Model, QuerySet
from django.http import HttpRequest

Summary = tuple[list[str], dict[str, int], set[str], list[str]]


class CountedDeletion(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the type checker only
    """Its confirmation pages name what was chosen, and count everything that hangs on it."""

    def get_deleted_objects(self, objs: Sequence[Any] | QuerySet[Any], request: HttpRequest) -> Summary:
        """As Django's: what to list, how many of each kind, what the person may not delete, what must not be."""
        chosen = list(objs)
        if not chosen:
            return [], {}, set(), []
        collector = NestedObjects(using=router.db_for_write(type(chosen[0])), origin=chosen)
        collector.collect(chosen)
        kinds = cast(dict[type[Model], set[Model]], collector.model_objs)
        counts = {str(kind._meta.verbose_name_plural): len(rows) for kind, rows in kinds.items()}
        return (
            [str(row) for row in chosen],
            counts,
            self._forbidden(request, kinds),
            list(map(str, collector.protected)),
        )

    def _forbidden(self, request: HttpRequest, kinds: Iterable[type[Model]]) -> set[str]:
        """Kinds that have a page in the admin, where this person may not delete them."""
        pages = [self.admin_site.get_model_admin(kind) for kind in kinds if self.admin_site.is_registered(kind)]
        return {str(page.opts.verbose_name) for page in pages if not page.has_delete_permission(request)}
