"""`/healthz`: the process answers. `/readyz`: it can also do its work, so a balancer may send people here."""

import asyncio

from django.conf import settings
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

REMEMBERED = 3.0
"""Seconds for which the upstream's state is remembered, because anybody may ask here, as often as they like."""

_asked: tuple[str, float, asyncio.Task[str]] | None = None


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
    """What `_ask` says, now or a moment ago; who comes meanwhile waits for the same answer."""
    global _asked
    now = asyncio.get_running_loop().time()
    if _asked is None or _asked[0] != settings.UPSTREAM_URL or now - _asked[1] >= REMEMBERED:
        _asked = settings.UPSTREAM_URL, now, asyncio.create_task(_ask())
    return await asyncio.shield(_asked[2])


async def _ask() -> str:
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
