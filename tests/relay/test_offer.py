"""What upstreams offer, asked once in a while over real TCP."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from chat.relay import offer as offer_module
from chat.relay.listing import Model
from chat.relay.offer import UNLISTED, Offer
from chat.relay.provider import Provider
from chat.relay.upstream import Upstream
from tests.support.addresses import refuses
from tests.support.scripts import html_page, json_answer
from tests.support.upstream import ScriptedUpstream


@pytest.fixture
async def offer(scripted) -> AsyncIterator[Offer]:
    upstream = Upstream()
    yield Offer(upstream)
    await upstream.aclose()


@pytest.fixture
def provider(scripted) -> Provider:
    return Provider("scripted", scripted.url)


async def test_what_is_listed_is_offered_and_the_first_is_the_default(offer, scripted, provider):
    data = [{"id": "a", "architecture": {"input_modalities": ["text", "image"]}}, {"id": "b"}]
    scripted.models = json_answer(200, {"data": data})
    assert await offer.models(provider) == [Model("a", True), Model("b", None)]
    assert await offer.default(provider) == "a"
    assert offer.known_default(provider) == Model("a", True)


async def test_what_is_configured_is_offered_and_nobody_is_asked(offer, scripted, provider):
    configured = replace(provider, models=("first", "second"), images=False)
    assert offer.known_default(configured) == Model("first", False)
    assert await offer.models(configured) == [Model("first", False), Model("second", False)]
    assert await offer.default(configured) == "first"
    assert scripted.other_requests == []


async def test_the_list_is_remembered(offer, scripted, provider):
    assert offer.known_default(provider) == Model("")
    for _ in range(3):
        assert await offer.default(provider) == "scripted"
    assert offer.known_default(provider) == Model("scripted")
    assert len(scripted.other_requests) == 1


def test_it_is_remembered_for_a_minute():
    assert offer_module.KEPT == 60


async def test_after_a_while_the_upstream_is_asked_again(offer, scripted, provider, monkeypatch):
    monkeypatch.setattr(offer_module, "KEPT", 0)
    assert await offer.default(provider) == "scripted"
    scripted.models = json_answer(200, {"data": [{"id": "new"}]})
    assert await offer.default(provider) == "new"


async def test_the_last_known_list_outlives_an_upstream_that_fails_to_list(offer, scripted, provider, monkeypatch):
    monkeypatch.setattr(offer_module, "KEPT", 0)
    assert await offer.default(provider) == "scripted"
    scripted.models = html_page(502, "<h1>Bad gateway</h1>")
    assert await offer.default(provider) == "scripted"
    assert await offer.models(provider) == [Model("scripted")]


@pytest.mark.parametrize("script", [html_page(502, "<h1>Bad gateway</h1>"), json_answer(404, {}), json_answer(200, [])])
async def test_an_upstream_without_a_list_offers_none_and_is_not_asked_each_time(offer, scripted, provider, script):
    scripted.models = script
    for _ in range(3):
        assert await offer.default(provider) == UNLISTED
        assert list(await offer.models(provider)) == []
    assert offer.known_default(provider) == Model("")
    assert len(scripted.other_requests) == 1


async def test_one_that_failed_to_list_is_asked_again_sooner(offer, scripted, provider, monkeypatch):
    monkeypatch.setattr(offer_module, "MODELS_SECONDS", 0)
    scripted.models = html_page(502, "<h1>Bad gateway</h1>")
    assert await offer.default(provider) == UNLISTED
    assert "HTTP 502" in offer.trouble(provider)
    scripted.models = json_answer(200, {"data": [{"id": "new"}]})
    assert await offer.default(provider) == "new"
    assert offer.trouble(provider) == ""


@pytest.mark.parametrize("status", [401, 403])
async def test_one_that_refuses_to_list_is_not_asked_before_every_answer(
    offer, scripted, provider, status, monkeypatch
):
    monkeypatch.setattr(offer_module, "MODELS_SECONDS", 0)
    scripted.models = json_answer(status, {})
    assert [await offer.default(provider) for _ in range(3)] == [UNLISTED] * 3
    assert len(scripted.other_requests) == 1


async def test_why_it_could_not_be_had_is_known_and_holds_no_key(offer, scripted, provider):
    scripted.models = json_answer(401, {})
    keyed = replace(provider, api_key="401")
    assert offer.trouble(keyed) == ""
    assert await offer.default(keyed) == UNLISTED
    assert offer.trouble(keyed) == "The model's server refused our key (HTTP [key])."
    assert offer.trouble(replace(keyed, models=("named",))) == ""


async def test_no_upstream_is_no_error(offer, provider):
    with refuses() as url:
        assert await offer.default(replace(provider, url=url)) == UNLISTED


async def test_each_address_has_a_list_of_its_own(offer, provider):
    async with ScriptedUpstream() as other:
        other.models = json_answer(200, {"data": [{"id": "other"}]})
        asked = [await offer.default(each) for each in (provider, replace(provider, url=other.url), provider)]
        assert asked == ["scripted", "other", "scripted"]
        other.drop_idle()
