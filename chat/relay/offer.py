"""What upstreams offer: their models, asked for once in a while and remembered."""

import asyncio
import logging
from collections.abc import Sequence
from typing import NamedTuple

from chat.relay.errors import UpstreamError
from chat.relay.listing import Model
from chat.relay.provider import Provider
from chat.relay.upstream import MODELS_SECONDS, Upstream

logger = logging.getLogger(__name__)

KEPT = 60.0
"""Seconds for which a list of models is remembered."""

REFUSING = (401, 403)
"""Of these it is not worth while to ask again at once, before every answer."""

UNLISTED = "default"
"""What a server is asked for that lists no models: it will ignore the name, or refuse it with words of its own."""


class _Known(NamedTuple):
    models: Sequence[Model]
    until: float
    trouble: str = ""


class Offer:
    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._known: dict[str, _Known] = {}
        self._one_asks = asyncio.Lock()

    async def models(self, provider: Provider) -> Sequence[Model]:
        """The models of the provider: as configured, else as the upstream lists them; none where it does not."""
        if provider.models:
            return _configured(provider)
        async with self._one_asks:  # who comes meanwhile gets the same answer
            known = self._known.get(provider.url)
            if known is None or asyncio.get_running_loop().time() >= known.until:
                known = self._known[provider.url] = await self._asked(provider, known.models if known else ())
        return known.models

    def trouble(self, provider: Provider) -> str:
        """Why the list could not be had when it was last asked for, in words for people; empty if all is well."""
        known = None if provider.models else self._known.get(provider.url)
        return known.trouble if known else ""

    async def default(self, provider: Provider) -> str:
        """The name of the first of them."""
        models = await self.models(provider)
        return models[0].id if models else UNLISTED

    def known_default(self, provider: Provider) -> Model:
        """The first of them, as far as it is known without asking; else one without a name."""
        known = _configured(provider) or self._known.get(provider.url, _Known((), 0.0)).models
        return known[0] if known else Model("", provider.images)

    async def _asked(self, provider: Provider, before: Sequence[Model]) -> _Known:
        """What the upstream lists now, or listed before."""
        models, kept, trouble = before, KEPT, ""
        try:
            models = await self._upstream.models(provider)
        except UpstreamError as error:
            trouble = str(error.without(provider.api_key))
            logger.warning("The list of models could not be had. %s", trouble)
            if error.status not in REFUSING:  # a server that is just being started will have its list
                kept = MODELS_SECONDS
        return _Known(models, asyncio.get_running_loop().time() + kept, trouble)


def _configured(provider: Provider) -> Sequence[Model]:
    return [Model(name, provider.images) for name in provider.models]
