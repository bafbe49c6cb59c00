import pytest
from django.db import connection

from tests.support.addresses import never_connects, refuses
from tests.support.scripts import html_page, json_answer

pytestmark = pytest.mark.django_db(transaction=True)


async def ready(client):
    answer = await client.get("/readyz")
    assert answer.headers["Content-Type"] == "application/json"
    return answer.status_code, answer.json()


async def test_a_process_that_answers_is_alive(async_client):
    answer = await async_client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


async def test_it_is_ready_when_database_and_upstream_answer(async_client, upstream):
    assert await ready(async_client) == (200, {"database": "ok", "upstream": "ok"})
    [asked] = upstream.other_requests
    assert asked.path == "/v1/models"
    assert asked.headers["authorization"] == "Bearer sk-scripted"


async def test_asking_whether_it_is_ready_leaves_no_connection_behind(async_client, upstream):
    await ready(async_client)
    assert len(upstream.other_requests) == 1
    await upstream.until_open(0)


@pytest.mark.parametrize("plan", [json_answer(404, {"error": "no such address"}), json_answer(200, {"data": []})])
async def test_an_upstream_that_lists_no_models_is_ready(async_client, upstream, plan):
    upstream.models = plan
    assert await ready(async_client) == (200, {"database": "ok", "upstream": "ok"})


@pytest.mark.parametrize("plan", [json_answer(500, {}), html_page(502, "<h1>Bad gateway</h1>")])
async def test_an_upstream_that_is_broken_is_not_ready(async_client, upstream, plan):
    upstream.models = plan
    assert await ready(async_client) == (503, {"database": "ok", "upstream": "unreachable"})


@pytest.mark.parametrize("address", [refuses, never_connects])
async def test_an_upstream_that_is_down_is_not_ready(async_client, settings, address):
    with address() as settings.UPSTREAM_URL:
        assert await ready(async_client) == (503, {"database": "ok", "upstream": "unreachable"})


async def test_a_database_that_is_down_is_not_ready_but_alive(async_client, upstream, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setitem(connection.settings_dict, "NAME", "/nowhere/brook.sqlite3")
        assert await ready(async_client) == (503, {"database": "unreachable", "upstream": "ok"})
        assert (await async_client.get("/healthz")).status_code == 200
    assert await ready(async_client) == (200, {"database": "ok", "upstream": "ok"})


async def test_no_cache_keeps_the_answers(async_client, upstream):
    for path in ("/healthz", "/readyz"):
        assert "no-store" in (await async_client.get(path)).headers["Cache-Control"]


async def test_the_answers_hold_no_secret(async_client, settings):
    with refuses() as settings.UPSTREAM_URL:
        settings.UPSTREAM_API_KEY = "sesame"
        answer = await async_client.get("/readyz")
    assert answer.status_code == 503
    assert "sesame" not in answer.text
    assert "127.0.0.1" not in answer.text
