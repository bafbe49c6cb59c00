"""Which upstream answers. The embedded model itself is tested in tests/localmodel/."""

import pytest

from chat.localmodel.supervisor import LocalModel
from chat.relay import provider
from chat.relay.errors import UpstreamError
from chat.relay.limits import Limits

URL = "https://models.example.org:8443/v1"


@pytest.fixture
def configured(settings):
    settings.UPSTREAM_URL = URL
    settings.UPSTREAM_API_KEY = "sk-secret"
    settings.UPSTREAM_MODELS = ["first", "second"]


@pytest.fixture
async def without_weights(settings, monkeypatch, tmp_path):
    """No upstream is configured, and the embedded model's weights are not there."""
    settings.UPSTREAM_URL = ""
    model = LocalModel(tmp_path / "nowhere.gguf")
    monkeypatch.setattr(provider, "embedded_model", model)
    yield
    await model.stop()


async def test_the_configured_upstream_answers(configured):
    found = await provider.current()
    assert found == provider.configured()
    assert (found.name, found.url, found.api_key) == ("models.example.org:8443", URL, "sk-secret")
    assert found.models == ("first", "second")
    assert found.prompt_chars == Limits().prompt_chars
    assert found.parameters == {}


def test_the_embedded_model_answers_when_no_upstream_is_configured(configured, settings):
    assert not provider.is_embedded()
    settings.UPSTREAM_URL = ""
    assert provider.is_embedded()


async def test_an_embedded_model_that_cannot_run_is_an_error_with_words(without_weights):
    with pytest.raises(UpstreamError) as failed:
        await provider.current()
    assert failed.value.code == "no_model"
    assert str(failed.value)


def test_a_provider_does_not_show_its_key(configured):
    assert "sk-secret" not in repr(provider.configured())


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (URL, "models.example.org:8443"),
        ("http://127.0.0.1:11434/v1", "127.0.0.1:11434"),
        ("https://models.example.org", "models.example.org"),
        ("http://[::1]:8000/v1", "[::1]:8000"),
    ],
)
def test_a_provider_is_named_by_host_and_port(url, host):
    assert provider.host_of(url) == host
