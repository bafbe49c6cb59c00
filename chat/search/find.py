"""What a person finds among their own conversations.

The newest first, because what one looks for was mostly said lately, and because nobody can tell which of a hundred
answers about rivers is more about rivers. Before them stand the few newest conversations that are called so: who types
the words of a title wants to go there.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Substr

from chat.models import Conversation, Message, Passage
from chat.search import engine
from chat.search.excerpt import Part, excerpt, marked
from chat.search.pieces import PIECE
from chat.search.query import Query
from chat.search.titles import titled

PAGE = 20
FIRST_TITLES = 5
"""Conversations called so that stand before everything; further ones stand where their date belongs."""

REACH = 500
"""Places that are sorted. Of a word that is found more often, those that were indexed last: to sort 100,000 by the
dates of their messages takes a third of a second (docs/performance.md)."""


class Found(NamedTuple):
    """A place to go to; `message` is None where the title was found."""

    conversation: UUID
    message: UUID | None
    title: list[Part]
    role: str
    """Whose message it is; empty for a title."""

    created: datetime
    snippet: list[Part]
    """The words around it; of a conversation, how it begins."""


class Results(NamedTuple):
    found: list[Found]
    page: int
    more: bool = False
    """There is another page."""

    beyond: bool = False
    """There is more than can be sorted: another word would help."""


class _Place(NamedTuple):
    when: datetime
    conversation: UUID
    message: UUID | None = None
    passage: int = 0


def find(user: Any, query: Query, page: int = 1) -> Results:
    """Page `page`, counted from 1, of what `user` finds. Without words that is nothing."""
    if not query.terms:
        return Results([], page)
    mine = Conversation.objects.for_user(user)
    called = [_Place(updated, key) for key, updated in islice(titled(mine, query), page * PAGE + 1)]
    said, beyond = _said(user, mine, query)
    others = sorted([*called[FIRST_TITLES:], *said], key=_age, reverse=True)
    places = [*called[:FIRST_TITLES], *others]
    shown = places[(page - 1) * PAGE : page * PAGE]
    return Results(_described(shown, query), page, len(places) > page * PAGE, beyond)


def _age(place: _Place) -> tuple[datetime, int]:
    return place.when, place.passage


def _said(user: Any, mine: QuerySet[Conversation], query: Query) -> tuple[list[_Place], bool]:
    """Each message once, where it first matches; and whether there are more of them."""
    keys = engine.newest(user.pk, query, REACH)
    columns = "message__created_at", "message__conversation_id", "message_id", "pk"
    rows = Passage.objects.filter(pk__in=keys).order_by("-position").values_list(*columns)
    first = {row[2]: _Place(*row) for row in rows}
    # By a query of its own: joined, SQLite would look through all that the person has.
    still = set(mine.filter(pk__in={place.conversation for place in first.values()}).values_list("pk", flat=True))
    return [place for place in first.values() if place.conversation in still], len(keys) == REACH


def _described(places: Sequence[_Place], query: Query) -> list[Found]:
    titles = dict(Conversation.objects.filter(pk__in=[p.conversation for p in places]).values_list("pk", "title"))
    pieces = _pieces([place.passage for place in places if place.message])
    beginnings = _beginnings([place.conversation for place in places if not place.message])
    found = []
    for place in places:
        title = titles.get(place.conversation, "")
        role, text = (
            pieces.get(place.passage, ("", "")) if place.message else ("", beginnings.get(place.conversation, ""))
        )
        parts = marked(title, query.hits(title))
        found.append(Found(place.conversation, place.message, parts, role, place.when, excerpt(text, query)))
    return found


def _pieces(keys: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Role and text of passages: not the whole message, which may have megabytes."""
    text = Substr("message__content", F("position") + 1, PIECE)
    rows = Passage.objects.filter(pk__in=keys).annotate(text=text).values_list("pk", "message__role", "text")
    return {key: (role, text) for key, role, text in rows}


def _beginnings(keys: Sequence[UUID]) -> dict[UUID, str]:
    """How conversations begin; one that has no message yet is missing."""
    messages = Message.objects.filter(conversation=OuterRef("pk")).order_by("created_at", "pk")
    first = Subquery(messages.values_list(Substr("content", 1, PIECE))[:1])
    rows = Conversation.objects.filter(pk__in=keys).annotate(text=first).values_list("pk", "text")
    return {key: text for key, text in rows if text is not None}
