"""The Content-Security-Policy header: scripts, styles and sockets of our own origin only, nothing inline but the import
map, which is known by its hash. On our own pages markup can only come into being through DOMPurify (Trusted Types);
the admin's scripts write some of their own.

Django has this built in from version 6.0, which needs Python 3.12; until then these lines do.
"""

from collections.abc import Awaitable, Callable

from asgiref.sync import markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase

from chat.static import import_map_hash

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


TRUSTED_TYPES = "require-trusted-types-for 'script'; trusted-types dompurify"

ADMIN = "/admin/"


def policy(path: str) -> str:
    """What a response at this address is sent with."""
    if path.startswith(ADMIN):
        return POLICY
    return POLICY.replace("script-src 'self'", f"script-src 'self' {import_map_hash()}") + f"; {TRUSTED_TYPES}"


class ContentSecurityPolicyMiddleware:
    """Adds the policy to every response, the admin's pages included."""

    sync_capable = False
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]]) -> None:
        self.get_response = get_response
        markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = await self.get_response(request)
        if "Content-Security-Policy" not in response.headers:  # a file that people uploaded has a stricter one
            response.headers["Content-Security-Policy"] = policy(request.path)
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        return response
