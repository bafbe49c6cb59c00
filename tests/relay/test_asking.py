"""Asking the upstream on behalf of this process: an answer, a few words, what there is. More: test_switchboard.py."""

import asyncio
import tracemalloc
import weakref
from functools import partial
from uuid import uuid4

import pytest

from chat.models import Prompt
from chat.relay import completions
from chat.relay import upstream as upstream_module
from chat.relay.asking import FEW_CHARS, Asking
from chat.relay.errors import UpstreamError
from chat.relay.generation import LiveGeneration
from chat.relay.limits import Limits
from tests.support.dialects import mira_chunk
from tests.support.polling import until
from tests.support.scripts import Gate, Hang, Send, WaitFor, endless, json_answer, mira, never_answers

QUESTION = [{"role": "user", "content": "Why?"}]


@pytest.fixture
async def asking(upstream):
    asking = Asking(Limits(concurrent=1))
    yield asking
    await asking.aclose()


async def prompt(chars):
    return Prompt(QUESTION, "poet", {"temperature": 0})


def live():
    return LiveGeneration(uuid4(), 1, Limits())


# An answer


async def test_an_answer_is_asked_for_and_what_is_known_of_it_is_noted(asking, upstream):
    answer = live()
    await answer.run(asking.answer(answer, prompt))
    assert answer.text.whole("content") == "Hello"
    assert (answer.facts.provider, answer.facts.left_out) == (upstream.url[7:-3], 0)
    assert upstream.requests[0].body == {"model": "poet", "messages": QUESTION, "stream": True, "temperature": 0}


async def test_what_was_known_before_it_is_asked_stays_known(asking, upstream):
    answer = live()
    answer.facts.thinking_ms = 12
    await answer.run(asking.answer(answer, prompt))
    assert answer.facts.thinking_ms == 12


async def test_who_waits_for_a_place_is_queued_and_asks_for_no_prompt(asking, upstream):
    upstream.play(never_answers())
    first, second, asked = live(), live(), []

    async def noted(chars):
        asked.append(True)
        return await prompt(chars)

    running = [asyncio.create_task(one.run(asking.answer(one, noted))) for one in (first, second)]
    await upstream.next_request()
    assert (first.phase, second.phase, asked) == ("connecting", "queued", [True])
    first.cancel()
    await asyncio.gather(*running)
    assert (second.outcome.status, asked) == ("complete", [True] * 2)


async def test_the_prompt_is_told_what_room_the_provider_has_and_what_was_left_out_is_noted(asking, upstream):
    rooms, answer = [], live()

    async def fitted(chars):
        rooms.append(chars)
        return (await prompt(chars))._replace(left_out=3)

    await answer.run(asking.answer(answer, fitted))
    assert (rooms, answer.facts.left_out) == ([Limits().prompt_chars], 3)


async def test_what_is_asked_is_let_go_when_it_is_on_its_way(asking, upstream):
    """Twenty megabytes of pictures in each of two hundred answers that take a while."""
    gate, answer = Gate(), live()
    upstream.play([*mira(["Hel", WaitFor(gate), "lo"])])

    class Held(list):
        """A list that can be watched."""

    def large():
        held = Held([{"role": "user", "content": "x" * 5_000_000}])
        return Prompt(held, "poet", {}), weakref.ref(held)

    asked, watched = large()
    source = asking.answer(answer, partial(given, asked))
    del asked
    tracemalloc.start()
    try:
        running = asyncio.create_task(answer.run(source))
        await until(lambda: answer.text.end == 3)
        snapshot = tracemalloc.take_snapshot().filter_traces(
            [tracemalloc.Filter(True, module.__file__) for module in (completions, upstream_module)]
        )
    finally:
        tracemalloc.stop()
    gate.open()
    await running
    assert watched() is None
    assert sum(trace.size for trace in snapshot.traces) < 1_000_000
    assert upstream.requests[0].body["messages"][0]["content"] == "x" * 5_000_000


async def given(asked, chars):
    return asked


# A few words


async def test_a_few_words_come_without_the_reasoning(asking, upstream):
    upstream.play([Send(mira_chunk({"reasoning_content": "Hm"})), *mira(["A ", "title"])])
    assert await asking.few_words("poet", QUESTION, 9) == "A title"
    assert upstream.requests[0].body == {"model": "poet", "messages": QUESTION, "stream": True, "max_tokens": 9}


async def test_they_are_asked_of_the_default_model_when_none_is_named(asking, upstream):
    await asking.few_words("", QUESTION, 9)
    assert upstream.requests[0].body["model"] == "scripted"


async def test_what_goes_wrong_is_an_error_of_the_upstream(asking, upstream):
    upstream.play(json_answer(429, {"error": "Slow down."}))
    with pytest.raises(UpstreamError):
        await asking.few_words("", QUESTION, 9)


async def test_who_says_more_than_a_few_words_is_cut_short(asking, upstream):
    upstream.play(endless("word " * 50))
    async with asyncio.timeout(5):
        assert len(await asking.few_words("", QUESTION, 9)) > FEW_CHARS
    await (await upstream.next_request()).hung_up(within=1)


async def test_they_take_a_place_and_give_it_back_whatever_happens(asking, upstream):
    upstream.play(mira(["A", Hang()]))
    waiting = asyncio.create_task(asking.few_words("", QUESTION, 9))
    request = await upstream.next_request()
    answer = live()
    running = asyncio.create_task(answer.run(asking.answer(answer, prompt)))
    for _ in range(20):
        await asyncio.sleep(0)
    assert answer.phase == "queued"
    waiting.cancel()
    await request.hung_up(within=1)
    await running
    assert answer.outcome.status == "complete"
