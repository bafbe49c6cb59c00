"""The one door to the upstream: open a stream, iterate its chunks, translate every error, close for certain.

With transport.py, which has the connections, the only module that imports httpx.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, contextmanager, suppress
from dataclasses import replace

import aiohttp
import httpx

from chat.relay import completions, errors
from chat.relay.clock import Clock
from chat.relay.completions import Chunk
from chat.relay.errors import UpstreamError
from chat.relay.limits import Limits
from chat.relay.listing import Model, listed
from chat.relay.provider import Provider, host_of
from chat.relay.sse import Decoder
from chat.relay.transport import open_client

logger = logging.getLogger(__name__)

FULL_READ = 16 * 1024
"""What the transport hands over at most in one read; a shorter one means that nothing more is buffered."""

SENT_AT_ONCE = 64 * 1024
"""Bytes of a request. The connection takes the next ones when these are on their way."""

BEAT = 1 / 30
"""Seconds between two reads of a stream that has nothing more buffered. Words that come meanwhile are read together:
half the CPU a delta at 50 deltas a second, and no eye sees the difference."""

MODELS_SECONDS = 3.0
"""A server that does not list its models this quickly is used without the list."""


class Upstream:
    """Connections to upstreams, kept alive between generations. Belongs to one event loop."""

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008  a frozen value
        self._limits = limits
        self._client: httpx.AsyncClient | None = None

    async def chunks(self, provider: Provider, body: bytes) -> AsyncGenerator[list[Chunk]]:
        """Asks for one answer. Yields `[]` when the upstream has accepted, then the chunks of each read.

        Ends after [DONE], after the connection's end however it came, or `after_finish` seconds past a finish_reason;
        whether the answer is whole is for the caller to say from the chunks. Raises `UpstreamError`, and nothing else.
        Use it in `aclosing()`: leaving closes the connection unless the response was read to its end.
        """
        clock = Clock(self._limits)
        request = self._post(provider, body)
        del body
        try:
            async with AsyncExitStack() as stack:
                with _translated(provider):
                    async with clock.until_head():
                        response = await stack.enter_async_context(request)
                    await self._check(response, clock)
                yield []
                async with aclosing(self._read(response, clock)) as reads:
                    async for chunks in reads:
                        yield chunks
        except UpstreamError as error:
            raise error.without(provider.api_key) from None

    async def models(self, provider: Provider) -> list[Model]:
        """The upstream's own list of models; empty when it has none. Raises `UpstreamError` when it cannot be had."""
        clock = Clock(replace(self._limits, first_byte=MODELS_SECONDS, total=MODELS_SECONDS))
        async with AsyncExitStack() as stack:
            with _translated(provider):
                request = self._http().stream("GET", f"{provider.url}/models", headers=_headers(provider))
                async with clock.until_head():
                    response = await stack.enter_async_context(request)
            body = await self._body(response.aiter_raw(), clock)
        if response.status_code >= 500 or response.status_code in (401, 403):
            raise errors.refused(response.status_code)
        return listed(body) if response.status_code == 200 else []

    async def aclose(self) -> None:
        client, self._client = self._client, None
        if client:
            await client.aclose()

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = open_client(self._limits.connect)
        return self._client

    def _post(self, provider: Provider, body: bytes) -> AbstractAsyncContextManager[httpx.Response]:
        headers = {**_headers(provider), "Content-Length": str(len(body))}
        return self._http().stream("POST", f"{provider.url}/chat/completions", content=_sent(body), headers=headers)

    async def _check(self, response: httpx.Response, clock: Clock) -> None:
        """Refuses what cannot be a stream, before anybody is told that the answer begins."""
        if not response.is_success:  # some frameworks answer a POST with 201
            body = b""
            with suppress(UpstreamError):  # too long or too slow: the status says enough
                body = await self._body(response.aiter_raw(), clock)
            raise errors.refused(response.status_code, completions.error_words(body))
        if "html" in response.headers.get("content-type", ""):
            raise errors.not_a_stream("a web page")
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise errors.garbled("a compressed stream, which we did not ask for")

    async def _read(self, response: httpx.Response, clock: Clock) -> AsyncGenerator[list[Chunk]]:
        decoder, reader = Decoder(self._limits), completions.Reader()
        raw = response.aiter_raw()
        data = await _next(raw, clock)
        while not _begun(data) and len(data) < FULL_READ and (more := await _next(raw, clock)):
            data += more
        if _begun(data)[:1] in (b"{", b"["):
            body = await self._body(raw, clock, _begun(data))
            yield [reader.read_body(body), reader.flush(), Chunk(done=True)]
            return
        if _begun(data)[:1] == b"<":
            raise errors.not_a_stream("a web page")
        while data:
            chunks, error = _understood(decoder, reader, data)
            if chunks:
                clock.data_came()
                yield chunks
            if error:
                raise error
            if chunks and chunks[-1].done:
                break
            _tell(clock, chunks)
            # Everybody else gets a turn after a read without a chunk, too: a flood of comments never waits by itself.
            at_once = not chunks or len(data) >= FULL_READ or clock.is_finishing
            await asyncio.sleep(0 if at_once else BEAT)
            data = await _next(raw, clock)
        # Some servers close right after [DONE], without the blank line that would make it an event.
        yield [reader.flush(), Chunk(done=decoder.cut_off().strip() == "[DONE]")]

    async def _body(self, raw: AsyncIterator[bytes], clock: Clock, body: bytes = b"") -> bytes:
        """All of a response that is no stream, of which `body` has come."""
        while len(body) <= self._limits.body_bytes:
            data = await _next(raw, clock)
            if not data:
                return body
            body += data
        raise errors.too_much("an answer", self._limits.body_bytes, "bytes")


async def _sent(body: bytes) -> AsyncIterator[bytes]:
    """Bit by bit, and then gone: whole, httpx would keep it as long as the answer, which may be an hour."""
    for at in range(0, len(body), SENT_AT_ONCE):
        yield body[at : at + SENT_AT_ONCE]


def _headers(provider: Provider) -> dict[str, str]:
    headers = {
        "Accept": "text/event-stream, application/json",
        "Accept-Encoding": "identity",  # a compressed stream may be a bomb, and arrives late
        "Content-Type": "application/json",
        "User-Agent": "brook",
    }
    if provider.api_key:
        headers["Authorization"] = f"Bearer {provider.api_key}"
    return headers


def _understood(decoder: Decoder, reader: completions.Reader, data: bytes) -> tuple[list[Chunk], UpstreamError | None]:
    """The chunks of one read, up to [DONE], and what is wrong behind them: text before an error is kept."""
    chunks: list[Chunk] = []
    try:
        for event in decoder.decode(data):
            chunks.append(reader.read(event))
            if chunks[-1].done:
                break
    except UpstreamError as error:
        return chunks, error
    return chunks, None


def _begun(data: bytes) -> bytes:
    """The start of a body without what may stand before anything: blanks, and a byte order mark that may be cut."""
    return data.lstrip(b" \t\r\n\xef\xbb\xbf")


def _tell(clock: Clock, chunks: list[Chunk]) -> None:
    for chunk in chunks:
        if chunk.content or chunk.reasoning:
            clock.text_came()
        if chunk.finish_reason:
            clock.finished()


async def _next(raw: AsyncIterator[bytes], clock: Clock) -> bytes:
    """The next read; empty at the end. A connection that breaks has ended: what came before it decides."""
    try:
        async with clock.until_read():
            data = await anext(raw, b"")
        clock.bytes_came()
        return data
    except TimeoutError:  # the grace after a finish_reason is over: nothing more is needed
        return b""
    except httpx.TransportError as error:
        logger.info("The upstream's connection broke: %s", type(error).__name__)
        return b""


@contextmanager
def _translated(provider: Provider) -> Iterator[None]:
    """httpx's errors before the stream, as ours."""
    host = host_of(provider.url)
    try:
        yield
    except httpx.TransportError as error:
        # The transport's names mislead: a refused connection and one closed before an answer are both ConnectTimeout.
        if isinstance(error.__cause__, aiohttp.ClientSSLError):
            raise errors.unreachable(host, "its certificate is not trusted") from error
        if isinstance(error.__cause__, aiohttp.ClientConnectorError):
            raise errors.unreachable(host) from error
        if isinstance(error.__cause__, TimeoutError):
            raise errors.unreachable(host, "it does not answer") from error
        raise errors.lost("it was closed before an answer") from error
    except aiohttp.ClientResponseError as error:
        raise errors.lost("what it sent is no proper HTTP") from error
    except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, ValueError) as error:  # ValueError: of a header
        raise errors.lost(type(error).__name__) from error


__all__ = ["Upstream"]
