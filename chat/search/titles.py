"""Conversations by the words of their titles. There is no index: a title changes, and a person has not many."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Func, IntegerField, Q, QuerySet
from django.db.models.functions import Length

from chat.models import Conversation
from chat.search.query import Query
from chat.search.words import words


def titled(mine: QuerySet[Conversation], query: Query) -> Iterator[tuple[UUID, datetime]]:
    """Those whose title matches, the newest first, and when they were touched last."""
    rows = _candidates(mine, query).order_by("-updated_at", "-pk").values_list("pk", "updated_at", "title")
    for key, updated, title in rows.iterator():
        if query.matches(words(title)):
            yield key, updated


def _candidates(mine: QuerySet[Conversation], query: Query) -> QuerySet[Conversation]:
    """As few as the database can tell: what is spelled in ASCII only is compared there, the rest is looked at here."""
    plain = Q()
    for word in (*query.whole, query.beginning):
        plain &= Q(title__icontains=word)
    return mine.annotate(octets=Octets("title")).filter(plain | Q(octets__gt=Length("title")))


class Octets(Func):
    """Bytes of a text in UTF-8."""

    function = "octet_length"
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """It has the function from version 3.43 only."""
        return self.as_sql(compiler, connection, template="length(CAST(%(expressions)s AS BLOB))", **context)
