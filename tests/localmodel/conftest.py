"""The real model, loaded once for a module: what loads it is what is tested, and it takes half a second each time."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from chat.localmodel.supervisor import LocalModel
from tests.localmodel.answers import talking_to


@pytest.fixture(scope="module")
def model() -> Iterator[LocalModel]:
    model = LocalModel()
    asyncio.run(model.endpoint())  # loads it now, so that its process is the module's and not the first test's
    yield model
    model.stop_now()


@pytest.fixture
async def client(model) -> AsyncIterator[httpx.AsyncClient]:
    async with talking_to(await model.endpoint()) as client:
        yield client
