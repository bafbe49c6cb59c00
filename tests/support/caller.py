"""Asks one upstream as the relay does, over real TCP, with the limits and the key that a test wants."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from chat.relay.completions import Chunk, request_body
from chat.relay.errors import UpstreamError
from chat.relay.limits import Limits
from chat.relay.provider import Provider
from chat.relay.upstream import Upstream
from tests.support.outcomes import Outcome, outcome_of

BODY = request_body("scripted", [{"role": "user", "content": "Hi"}])
SHORT = 0.1
"""Seconds: longer than the beat between two reads."""

ANSWER = {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}


class Caller:
    def __init__(self, url: str) -> None:
        self.url = url
        self._upstreams: list[Upstream] = []
        self.upstream = self.limited()

    def limited(self, **limits: float) -> Upstream:
        upstream = Upstream(Limits(**limits))
        self._upstreams.append(upstream)
        return upstream

    def provider(self, key: str = "", *models: str) -> Provider:
        return Provider("scripted", self.url, key, models)

    async def answer(self, key: str = "", body: bytes = BODY, **limits: float) -> Outcome:
        """All of one answer."""
        upstream = self.limited(**limits) if limits else self.upstream
        chunks: list[Chunk] = []
        try:
            async with aclosing(upstream.chunks(self.provider(key), body)) as reads:
                async for read in reads:
                    chunks += read
        except UpstreamError as error:
            return outcome_of(chunks, error)
        return outcome_of(chunks)

    def reads(self) -> AsyncGenerator[list[Chunk]]:
        return self.upstream.chunks(self.provider(), BODY)

    async def aclose(self) -> None:
        for upstream in self._upstreams:
            await upstream.aclose()


async def read_until(reads: AsyncIterator[list[Chunk]], text: str) -> None:
    """Read on until this text has come."""
    content = ""
    async for chunks in reads:
        content += "".join(chunk.content for chunk in chunks)
        if text in content:
            return
    raise AssertionError(f"the stream ended after {content!r}")
