"""The page that says whether Brook works from here, and if not, why. What it checks: static/js/connection-check.js."""

import asyncio
from collections.abc import AsyncGenerator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

TICKS = 5
APART = 0.2
"""Seconds."""


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "connection.html", {"ticks": TICKS, "apart_ms": round(APART * 1000)})


@require_safe
async def ticks(request: HttpRequest) -> StreamingHttpResponse:
    """A small stream like that of the events (chat/live/stream.py): who holds back the one holds back the other."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # the second is for nginx
    return StreamingHttpResponse(_ticks(), content_type="text/event-stream", headers=headers)


async def _ticks() -> AsyncGenerator[str]:
    for number in range(TICKS):
        if number:
            await asyncio.sleep(APART)
        yield f'data: {{"tick": {number}}}\n\n'
