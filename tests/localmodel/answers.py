"""Asking the real model, for tests: whole answers, or a stream that the test holds open."""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx
from httpx_aiohttp import AiohttpTransport

from chat.localmodel.supervisor import Endpoint

ENDLESS = {"ignore_eos": True, "max_tokens": 1024}
"""Ten seconds and more of writing, whatever the model would like to say."""


def asking(prompt: str, **parameters: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": prompt}], "stream": True, **parameters}


@asynccontextmanager
async def talking_to(endpoint: Endpoint) -> AsyncIterator[httpx.AsyncClient]:
    """A client over the transport that Brook itself uses, so that hanging up means the same.

    A connection serves one answer: llama.cpp says keep-alive, and hangs up after each stream all the same.
    """
    async with httpx.AsyncClient(
        transport=AiohttpTransport(),
        base_url=endpoint.url,
        headers={"Authorization": f"Bearer {endpoint.api_key}", "Connection": "close"},
        timeout=30,
    ) as client:
        yield client


@asynccontextmanager
async def streaming(client: httpx.AsyncClient, prompt: str, **parameters: Any) -> AsyncIterator[AsyncIterator[str]]:
    """The data of the answer's events as they come. Leaving the block hangs up."""
    async with client.stream("POST", "chat/completions", json=asking(prompt, **parameters)) as response:
        response.raise_for_status()
        async with aclosing(_data(response)) as events:
            yield events


async def answer(client: httpx.AsyncClient, prompt: str, **parameters: Any) -> list[dict[str, Any]]:
    """All chunks of one answer. Asserts that [DONE] came last."""
    async with streaming(client, prompt, **parameters) as events:
        *chunks, last = [event async for event in events]
    assert last == "[DONE]"
    return [json.loads(chunk) for chunk in chunks]


async def first_words(events: AsyncIterator[str]) -> str:
    async for event in events:
        if event != "[DONE]" and (words := words_in(json.loads(event))):
            return words
    raise AssertionError("the answer ended without a word")


async def read_out(events: AsyncIterator[str]) -> None:
    async for _ in events:
        pass


def words_in(chunk: dict[str, Any]) -> str:
    return chunk["choices"][0]["delta"].get("content") or ""


async def _data(response: httpx.Response) -> AsyncIterator[str]:
    async for line in response.aiter_lines():
        if line.startswith("data: "):
            yield line.removeprefix("data: ")
