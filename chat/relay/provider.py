"""Which upstream answers: the configured one, or the embedded model when none is configured."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from chat.localmodel.supervisor import LocalModel, LocalModelError
from chat.localmodel.wheels import MODEL
from chat.relay.errors import UpstreamError
from chat.relay.limits import Limits

EMBEDDED_NAME = MODEL
EMBEDDED_PLACE = "this server"
EMBEDDED_NOTE = (
    "This is a tiny demo model that runs on the server itself, without a key. "
    "It writes fluently, but it knows little and makes things up."
)
EMBEDDED_PROMPT_CHARS = 20_000
"""Its context is 8,192 tokens of about three characters, less room for the answer."""

EMBEDDED_PARAMETERS = {"return_progress": True}
"""llama.cpp then says how far it has read a prompt. Without that it notices a hang-up only when all is quiet for a
second: the abandoned reading of a long prompt went on for 9 s beside another answer, with it for 0.5 s."""

embedded_model = LocalModel()


@dataclass(frozen=True, slots=True)
class Provider:
    """A configured upstream with its key and models."""

    name: str
    """For people: the host, or the embedded model's place."""

    url: str
    """The base address, ending in /v1 or the like."""

    api_key: str = field(default="", repr=False)
    models: tuple[str, ...] = ()
    """Empty: ask the upstream."""

    images: bool | None = None
    """Do the models that are named here take pictures? None: nobody knows."""

    prompt_chars: int = Limits().prompt_chars
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Sent with every request, where the conversation says nothing else."""


def is_embedded() -> bool:
    return not settings.UPSTREAM_URL


async def current() -> Provider:
    """The provider for the next generation. Starts the embedded model if it is the one and does not run yet.

    Raises `UpstreamError` when the embedded model cannot run.
    """
    return await _embedded() if is_embedded() else configured()


def configured() -> Provider:
    """The provider that the settings name."""
    return Provider(
        name=host_of(settings.UPSTREAM_URL),
        url=settings.UPSTREAM_URL,
        api_key=settings.UPSTREAM_API_KEY,
        models=tuple(settings.UPSTREAM_MODELS),
    )


async def _embedded() -> Provider:
    try:
        endpoint = await embedded_model.endpoint()
    except LocalModelError as error:
        raise UpstreamError("no_model", str(error)) from error
    return Provider(
        name=EMBEDDED_PLACE,
        url=endpoint.url,
        api_key=endpoint.api_key,
        models=(endpoint.model,),
        images=False,
        prompt_chars=EMBEDDED_PROMPT_CHARS,
        parameters=EMBEDDED_PARAMETERS,
    )


def host_of(url: str) -> str:
    """Host and port of an address, for people."""
    return url.split("://", 1)[-1].split("/", 1)[0]
