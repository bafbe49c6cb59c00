"""What every test may ask for: the cast (alice owns, bob is a stranger, staff reviews), the scripted upstream."""

import signal
from collections.abc import AsyncIterator, Iterator

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from pytest_asyncio import is_async_test

from chat.collecting import collect
from chat.languages import compile_catalogues
from tests.support import leaks, server
from tests.support.upstream import ScriptedUpstream

PASSWORD = "correct horse battery"


def pytest_configure() -> None:
    # A shell has its background jobs ignore it, and so would the servers that are started here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick, for tests only


@pytest.fixture(scope="session", autouse=True)
def _static_files():
    """Pages name their scripts and styles by the manifest that is written then. Servers are given a copy."""
    collect()
    server.collected = django_settings.DATA_DIR


@pytest.fixture(scope="session", autouse=True)
def _catalogues():
    """As the server makes them when it starts."""
    compile_catalogues()


@pytest.fixture
def alice():
    return get_user_model().objects.create_user("alice", password=PASSWORD)


@pytest.fixture
def bob():
    return get_user_model().objects.create_user("bob", password=PASSWORD)


@pytest.fixture
def staff():
    return get_user_model().objects.create_superuser("staff", password=PASSWORD)


@pytest.fixture
async def upstream(settings) -> AsyncIterator[ScriptedUpstream]:
    """A scripted upstream that the settings name as the one to ask."""
    async with ScriptedUpstream() as scripted:
        settings.UPSTREAM_URL = scripted.url
        settings.UPSTREAM_API_KEY = "sk-scripted"
        settings.UPSTREAM_MODELS = ["scripted"]
        yield scripted


# Whatever a test is about, it leaves nothing behind.


@pytest.fixture(autouse=True)
def _nothing_left_open() -> Iterator[None]:
    with leaks.nothing_left_open():
        yield


@pytest.fixture
async def _no_tasks_left() -> AsyncIterator[None]:
    yield
    await leaks.no_tasks_left()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with a loop are asked for tasks: after their other fixtures have ended, and before the loop is closed."""
    for item in items:
        if is_async_test(item):
            fixtures = item.fixturenames
            fixtures.insert(fixtures.index("_nothing_left_open") + 1, "_no_tasks_left")
