"""The search over one's own conversations: a page that works without a script, and the same as JSON for the dialog."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from chat.search.find import Found, find
from chat.search.query import QUERY_CHARS, Query

LAST_PAGE = 1_000
JSON = "application/json"


@never_cache
@vary_on_headers("Accept")
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """`?q=` has the words, `page` counts from 1. JSON is described in docs/protocol.md, "The search"."""
    text = request.GET.get("q", "").replace("\0", "")[:QUERY_CHARS]
    query = Query.of(text)
    results = find(request.user, query, _number(request.GET.get("page", "")))
    if request.get_preferred_type(["text/html", JSON]) == JSON:
        found = [_described(place) for place in results.found]
        return JsonResponse({"query": text, "page": results.page, "more": results.more, "results": found})
    context = {
        "text": text,
        "asked": bool(query.terms),
        "results": results,
        "previous": results.page - 1,
        "next": results.page + 1,
        "query_chars": QUERY_CHARS,
    }
    return render(request, "search.html", context)


def _number(text: str) -> int:
    return min(max(int(text), 1), LAST_PAGE) if text.isdecimal() and len(text) < 9 else 1


def _described(place: Found) -> dict[str, Any]:
    return {
        "conversation": str(place.conversation),
        "message": str(place.message) if place.message else None,
        "title": "".join(part.text for part in place.title),
        "role": place.role,
        "created": place.created.isoformat(),
        "snippet": [part._asdict() for part in place.snippet],
    }
