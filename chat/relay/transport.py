"""The connections to upstreams: httpx's client over aiohttp's transport, and what that transport leaves undone.

Over aiohttp, because httpx's own transport leaves connections open and streaming when a task is cancelled at the wrong
moment (encode/httpx#3782), which is the one thing Stop must never do; aiohttp's also hands over everything that is
buffered in one read.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from httpx_aiohttp.transport import AiohttpResponseStream


def open_client(connect: float) -> httpx.AsyncClient:
    """A client without a memory and without clocks of its own, but for the `connect` seconds until a connection."""
    return httpx.AsyncClient(
        transport=_Transport(client=_session),
        timeout=httpx.Timeout(None, connect=connect),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # it would keep them from one to the next
        trust_env=False,  # it would read proxies, and credentials out of .netrc
        follow_redirects=False,
    )


class _Transport(AiohttpTransport):
    """Hands over what came before a connection broke."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        if isinstance(response.stream, AiohttpResponseStream):
            response.stream = _Stream(response.stream._aiohttp_response)
        return response


class _Stream(AiohttpResponseStream):
    """aiohttp's reader raises a break as soon as it hears of it, and what it had buffered is lost.

    Between two reads of ours that may be the last words and [DONE] of an answer that was then closed carelessly.
    """

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            with _woken_by_the_end(self._aiohttp_response):
                async for data in super().__aiter__():
                    yield data
        except (httpx.TransportError, RuntimeError) as error:  # aiohttp's RuntimeError is "Connection closed."
            content = self._aiohttp_response.content
            content.set_exception(None)  # type: ignore[arg-type]  # with one it refuses to be read
            if rest := content.read_nowait():
                yield rest
            raise httpx.ReadError(str(error)) from error


@contextmanager
def _woken_by_the_end(response: aiohttp.ClientResponse) -> Iterator[None]:
    """Tells who waits for bytes that there will be none.

    aiohttp closes a connection whose chunked transfer is malformed, and forgets to wake its reader.
    """
    protocol = response.connection.protocol if response.connection else None
    closed = protocol.closed if protocol is not None else None
    if closed is None:  # all has come, or the end is known
        yield
        return

    def wake(_: object) -> None:
        if not response.content.is_eof() and response.content.exception() is None:
            response.content.set_exception(aiohttp.ClientPayloadError("malformed"))

    closed.remove_done_callback(_noticed)
    closed.add_done_callback(_noticed)
    closed.add_done_callback(wake)
    try:
        yield
    finally:
        closed.remove_done_callback(wake)


def _noticed(closed: "asyncio.Future[None]") -> None:
    """How a connection ended is told to its reader: nobody has to read it here, and the log must not miss that."""
    if not closed.cancelled():
        closed.exception()


def _session() -> aiohttp.ClientSession:
    # No pool limit: queueing inside a pool leaks its places on cancel. Our own limit stands in asking.py.
    connector = aiohttp.TCPConnector(limit=0)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)
