"""What every test may ask for: the cast (alice owns, bob is a stranger, staff reviews), the scripted upstream."""

from collections.abc import AsyncIterator

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core.management import call_command

from tests.support.upstream import ScriptedUpstream

PASSWORD = "correct horse battery"


def pytest_configure() -> None:
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick, for tests only


@pytest.fixture(scope="session", autouse=True)
def _static_files():
    """Pages name their scripts and styles by the manifest that collectstatic writes."""
    call_command("collectstatic", interactive=False, verbosity=0)


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
