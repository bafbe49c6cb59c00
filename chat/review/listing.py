"""What the list of conversations says about each of them, fetched by the query that lists them, and its search."""

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.text import smart_split, unescape_string_literal

from chat.models import Conversation, Generation, Message
from chat.review.words import OUTCOME

SEARCH_WORDS = 20
"""Words of a search that count. Each is a subquery, and SQLite refuses a thousand of them."""


def listed(conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Adds `message_count`, and of the newest generation `latest_model` and `latest_outcome` (None: there is none)."""
    newest = Generation.objects.filter(conversation=OuterRef("pk")).order_by("-started_at", "-pk")
    messages = Message.objects.filter(conversation=OuterRef("pk")).order_by().values("conversation")
    return conversations.annotate(
        message_count=Coalesce(Subquery(messages.annotate(number=Count("pk")).values("number")), 0),
        latest_model=Subquery(newest.values("model")[:1]),
        latest_outcome=Subquery(newest.annotate(outcome=OUTCOME).values("outcome")[:1]),
    )


def matching(conversations: QuerySet[Conversation], search: str) -> QuerySet[Conversation]:
    """Those with every word of `search` somewhere: in the title, the owner's name, or anything that was said.

    Words in quotation marks are one. Subqueries instead of joins, which list a conversation once for each message.
    """
    for word in list(smart_split(search))[:SEARCH_WORDS]:
        wanted = _unquoted(word)
        said = Message.objects.filter(
            _contains("content", wanted) | _contains("reasoning", wanted), conversation=OuterRef("pk")
        )
        named = _contains("title", wanted) | _contains("owner__username", wanted)
        conversations = conversations.filter(named | Q(Exists(said)))
    return conversations


def _unquoted(word: str) -> str:
    return unescape_string_literal(word) if word[0] in "\"'" and word[0] == word[-1] and len(word) > 1 else word


def _contains(field: str, word: str) -> Q:
    """Upper and lower case alike; SQLite by itself knows only those of ASCII, so the others are spelled out."""
    found = Q()
    for spelling in {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}:
        found |= Q(**{f"{field}__icontains": spelling})
    return found
