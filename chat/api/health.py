"""`/healthz`: the process answers. `/readyz`: it can also do its work, so a balancer may send people here."""

import asyncio

from django.contrib.auth.decorators import login_not_required
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from chat.relay import provider
from chat.relay.database import in_database
from chat.relay.errors import UpstreamError
from chat.relay.upstream import Upstream

SECONDS = 5.0


@login_not_required
@never_cache
async def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
async def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database and upstream both answer, else 503; the body says which: `{"database": "ok", …}`."""
    database, upstream = await asyncio.gather(_database(), _upstream())
    ready = database == upstream == "ok"
    return JsonResponse({"database": database, "upstream": upstream}, status=200 if ready else 503)


async def _database() -> str:
    try:
        async with asyncio.timeout(SECONDS):
            await in_database(_select_one)
    except (DatabaseError, TimeoutError):
        return "unreachable"
    return "ok"


async def _upstream() -> str:
    upstream = Upstream()
    try:
        async with asyncio.timeout(SECONDS):
            await upstream.models(await provider.current())
    except (UpstreamError, TimeoutError):
        return "unreachable"
    finally:
        await upstream.aclose()
    return "ok"


def _select_one() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
