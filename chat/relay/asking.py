"""How this process asks its upstream: for an answer, for a few words, and what there is to be asked.

Whoever asks takes one of a limited number of places first.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import NamedTuple

from chat.models import Prompt
from chat.relay import completions, provider
from chat.relay.completions import Chunk, Message
from chat.relay.errors import UpstreamError
from chat.relay.generation import LiveGeneration
from chat.relay.limits import Limits
from chat.relay.listing import Model
from chat.relay.offer import Offer
from chat.relay.provider import Provider
from chat.relay.upstream import Upstream

logger = logging.getLogger(__name__)

FEW_CHARS = 1_000


class Offered(NamedTuple):
    """What can be asked for. `default` is asked when nothing else is said; empty while nobody knows it."""

    models: Sequence[Model]
    default: str
    trouble: str = ""
    """Why the upstream's list could not be had, in words for people."""


class Asking:
    def __init__(self, limits: Limits) -> None:
        self._upstream = Upstream(limits)
        self._offer = Offer(self._upstream)
        self._places = asyncio.Semaphore(limits.concurrent)

    async def answer(
        self, live: LiveGeneration, prompt: Callable[[int], Awaitable[Prompt]]
    ) -> AsyncGenerator[list[Chunk]]:
        """The chunks of the answer to `prompt`, which is told how many characters it has room for.

        Waits for a place, finds the provider and the model, asks; tells `live` how far it has come.
        """
        async with self._places:
            live.enter("connecting")
            upstream = await provider.current()
            body = await self._body(live, upstream, await prompt(upstream.prompt_chars))
            chunks_of = self._upstream.chunks(upstream, body)
            del prompt, body  # pictures have megabytes, and an answer takes minutes
            async with aclosing(chunks_of) as reads:
                async for chunks in reads:
                    if not chunks:
                        live.enter("thinking")
                    yield chunks

    async def _body(self, live: LiveGeneration, upstream: Provider, asked: Prompt) -> bytes:
        model = asked.model or await self._offer.default(upstream)
        live.facts.provider, live.facts.model, live.facts.left_out = upstream.name, model, asked.left_out
        return completions.request_body(model, asked.messages, {**upstream.parameters, **asked.parameters})

    async def few_words(self, model: str, messages: Sequence[Message], max_tokens: int) -> str:
        """What the upstream says to this, without its reasoning, and no more than a few. Raises `UpstreamError`."""
        async with self._places:
            upstream = await provider.current()
            parameters = {**upstream.parameters, "max_tokens": max_tokens}
            body = completions.request_body(model or await self._offer.default(upstream), messages, parameters)
            said = ""
            async with aclosing(self._upstream.chunks(upstream, body)) as reads:
                async for chunks in reads:
                    said += "".join(chunk.content for chunk in chunks)
                    if len(said) > FEW_CHARS:  # a server that does not know `max_tokens`
                        break
            return said

    def introduction(self) -> tuple[str, str, str]:
        """The model that answers by default (empty when not known yet), its provider, and a note for people."""
        if provider.is_embedded():
            return provider.EMBEDDED_NAME, provider.EMBEDDED_PLACE, provider.EMBEDDED_NOTE
        configured = provider.configured()
        return self._offer.known_default(configured).id, configured.name, ""

    def images(self) -> bool | None:
        """Does that model take pictures? None: nobody knows."""
        return False if provider.is_embedded() else self._offer.known_default(provider.configured()).images

    async def offered(self) -> Offered:
        """What the upstream offers; nothing when it cannot be asked."""
        try:
            current = await provider.current()
            models = await self._offer.models(current)
            return Offered(models, self._offer.known_default(current).id, self._offer.trouble(current))
        except UpstreamError as error:
            logger.warning("No model answers yet. %s", error)
            return Offered([], "", str(error))

    async def aclose(self) -> None:
        await self._upstream.aclose()
