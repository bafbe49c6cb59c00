"""The door to the upstream, over real TCP: every stream, every refusal, every clock. See also test_transport.py."""

import asyncio
import gc
import json
import netrc
import time
import urllib.request
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from itertools import pairwise

import pytest

from chat.relay import upstream as upstream_module
from chat.relay.errors import UpstreamError
from chat.relay.listing import Model
from tests.fixtures.answers import ANSWERS, AnswerFixture
from tests.fixtures.streams import STREAMS, StreamFixture
from tests.support.addresses import never_connects, refuses
from tests.support.caller import ANSWER, BODY, SHORT, Caller, read_until
from tests.support.dialects import DONE, event, mira_chunk
from tests.support.outcomes import Outcome, outcome_of
from tests.support.scripts import (
    Close,
    Gate,
    Hang,
    Head,
    Pause,
    Raw,
    Reset,
    Send,
    Step,
    WaitFor,
    body_of,
    cut,
    endless,
    error_event,
    html_page,
    json_answer,
    mira,
    never_answers,
    vigthoria,
)
from tests.support.upstream_thread import ScriptedUpstreamThread

KEY = "sk-very-secret-0123456789"


# Streams, and what servers answer instead: docs/dialects.md.

CUTS = [{"sizes": 10**6}, {"sizes": 1}, *({"seed": seed} for seed in range(2))]
"""In one piece, in bytes and at random."""


async def cut_in_all_ways(caller: Caller) -> list[Outcome]:
    return await asyncio.gather(*(caller.answer(body=json.dumps(how).encode()) for how in CUTS))


@pytest.mark.parametrize("fixture", STREAMS, ids=str)
async def test_a_stream_cut_anywhere_comes_out_as_its_row_says(caller, scripted, monkeypatch, fixture: StreamFixture):
    """Read as slowly as usual, and as fast as it comes."""
    scripted.default = lambda request: cut(fixture.body, **request.body)
    for beat in (upstream_module.BEAT, 0):
        monkeypatch.setattr(upstream_module, "BEAT", beat)
        for outcome in await cut_in_all_ways(caller):
            outcome.check(fixture)


@pytest.mark.parametrize("fixture", ANSWERS, ids=str)
async def test_an_answer_cut_anywhere_comes_out_as_its_row_says(caller, scripted, fixture: AnswerFixture):
    scripted.default = lambda request: [fixture.head, *cut(fixture.body, **request.body)]
    for outcome in await cut_in_all_ways(caller):
        said = (outcome.content, outcome.reasoning, outcome.ends, outcome.code)
        assert said == (fixture.content, fixture.reasoning, fixture.ends, fixture.code)
        assert fixture.words in outcome.error


async def test_the_first_read_says_that_the_upstream_has_accepted(caller, scripted):
    gate = Gate()
    scripted.play([Head(), WaitFor(gate), *mira(["Hello"])])
    async with aclosing(caller.reads()) as reads:
        assert await anext(reads) == []
        gate.open()
        await read_until(reads, "Hello")


async def test_words_that_come_together_are_read_together(caller, scripted):
    scripted.play(mira(["word "] * 60))
    async with aclosing(caller.reads()) as reads:
        seen = [chunks async for chunks in reads]
    assert outcome_of(chunk for chunks in seen for chunk in chunks).content == "word " * 60
    assert len(seen) < 30


async def test_words_are_told_at_once_and_not_when_more_come(caller, scripted):
    gate = Gate()
    scripted.play(mira(["Hel", WaitFor(gate), "lo"]))
    async with aclosing(caller.reads()) as reads:
        await read_until(reads, "Hel")
        assert scripted.streaming == 1
        gate.open()
        await read_until(reads, "lo")


@contextmanager
def garbage_left() -> Iterator[None]:
    """To go through all that thousands of tests have left takes this thread longer than any flood."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.mark.parametrize("said", [mira_chunk({"content": "a "}), b"\n", b"id\n", event({"choices": []})], ids=str)
async def test_however_much_comes_at_once_everybody_else_has_a_turn(caller, said):
    """Counted in the processor time of this thread, in which the flood itself is not made."""
    turns: list[float] = []

    async def take_turns() -> None:
        while True:
            turns.append(time.thread_time())
            await asyncio.sleep(0.001)

    with ScriptedUpstreamThread() as elsewhere:
        caller.url = elsewhere.url
        assert (await caller.answer()).content == "Hello"  # the first one makes the client
        elsewhere.play(
            [Head(), Send(mira_chunk({"content": ""})), *[Send(said * (10**6 // len(said)))] * 3, Send(DONE)]
        )
        with garbage_left():
            taking = asyncio.create_task(take_turns())
            assert (await caller.answer()).ends == "complete"
            taking.cancel()
        await caller.upstream.aclose()
    assert max(after - before for before, after in pairwise(turns)) < 0.1


async def test_two_answers_at_once_do_not_mix(caller, scripted):
    scripted.default = lambda request: vigthoria([request.body["say"], Pause(0.001)] * 20)
    said = await asyncio.gather(*(caller.answer(body=json.dumps({"say": word}).encode()) for word in "abcdefgh"))
    assert [outcome.content for outcome in said] == [word * 20 for word in "abcdefgh"]


async def test_text_and_an_error_in_one_read_are_both_told(caller, scripted):
    scripted.play([Send(body_of(mira(["Hel", "lo"], None, done=False)) + event({"error": "Overloaded"}))])
    outcome = await caller.answer()
    assert (outcome.content, outcome.ends, outcome.code) == ("Hello", "failed", "upstream_error")


async def test_nothing_counts_after_done_even_in_the_same_read(caller, scripted):
    rests = [event({"error": "Overloaded"}), mira_chunk({"content": "more"}, "length"), b"data: no JSON\n\n"]
    for rest in rests:
        scripted.play([Send(body_of(mira(["Hello"])) + rest)])
        assert await caller.answer() == Outcome("Hello", "", "stop", "complete")


async def test_a_done_that_the_end_cuts_off_before_its_blank_line_counts(caller, scripted):
    for rest in (b"", b"\n", b"\r"):
        scripted.play([*vigthoria(["Hello"], done=False), Send(b"data: [DONE]" + rest)])
        assert (await caller.answer()).ends == "complete"
    scripted.play([*vigthoria(["Hello"], done=False), Send(b"data: [DON")])
    assert (await caller.answer()).ends == "truncated"


async def test_a_body_without_a_length_ends_with_the_connection(caller, scripted):
    scripted.play([Head(chunked=False), *mira(["Hello"], done=False)])
    assert await caller.answer() == Outcome("Hello", "", "stop", "complete")


# What is sent.


async def test_the_request_is_a_post_of_the_body_with_few_headers(caller, scripted):
    await caller.answer()
    request = await scripted.next_request()
    assert (request.method, request.path, request.content) == ("POST", "/v1/chat/completions", BODY)
    assert request.headers.pop("host")
    assert request.headers == {
        "accept": "text/event-stream, application/json",
        "accept-encoding": "identity",
        "connection": "keep-alive",
        "content-length": str(len(BODY)),
        "content-type": "application/json",
        "user-agent": "brook",
    }


async def test_the_key_is_sent_when_there_is_one(caller, scripted):
    await caller.answer(KEY)
    await caller.upstream.models(caller.provider(KEY))
    for request in (scripted.requests[0], scripted.other_requests[0]):
        assert request.headers["authorization"] == f"Bearer {KEY}"


async def test_proxies_and_netrc_of_the_environment_are_not_used(caller, scripted, monkeypatch, tmp_path):
    logins = tmp_path / "netrc"
    logins.write_text("machine 127.0.0.1 login alice password secret\n")
    logins.chmod(0o600)
    with refuses() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.setenv("NETRC", str(logins))
        assert urllib.request.getproxies()["http"] == proxy, "others would use it"
        assert netrc.netrc(logins).authenticators("127.0.0.1"), "others would send it"
        assert (await caller.answer()).ends == "complete"
        assert await caller.upstream.models(caller.provider()) == [Model("scripted")]
    for request in (scripted.requests[0], scripted.other_requests[0]):
        assert "authorization" not in request.headers


async def test_cookies_are_not_kept(caller, scripted):
    scripted.play([Head(headers={"Set-Cookie": "a=b; Path=/"}), *mira(["Hello"])])
    await caller.answer()
    await caller.answer()
    assert "cookie" not in scripted.requests[1].headers


@pytest.mark.parametrize("key", ["ключ", "sk-\u2026", "a\r\nX-Injected: b", "a\x00b"])
async def test_a_key_that_no_header_can_carry_is_an_error_that_does_not_tell_it(caller, scripted, key):
    outcome = await caller.answer(key)
    assert outcome.code == "connection_lost"
    assert key not in outcome.error
    assert scripted.requests == []


# Refusals before the stream.

STATUSES = [400, 401, 402, 403, 404, 408, 413, 418, 422, 429, 500, 502, 503]


@pytest.mark.parametrize("status", STATUSES)
async def test_a_status_is_told_with_what_the_server_says_in_json(caller, scripted, status):
    scripted.play(json_answer(status, {"error": {"message": "Sorry, not now.", "code": 1}}))
    outcome = await caller.answer()
    assert (outcome.ends, outcome.code, outcome.content) == ("failed", "upstream_refused", "")
    assert outcome.error.endswith(f"(HTTP {status}): Sorry, not now.")


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("script", [html_page, lambda status, _: [Head(status, length=0)]], ids=["a web page", "empty"])
async def test_a_status_without_words_of_the_server_is_told_in_ours(caller, scripted, status, script):
    scripted.play(script(status, "<h1>Sorry</h1>"))
    outcome = await caller.answer()
    assert outcome.code == "upstream_refused"
    assert outcome.error.endswith(f"(HTTP {status}).")
    assert "Sorry" not in outcome.error


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(caller, scripted, status):
    scripted.play([Head(status, headers={"Location": f"{scripted.url}/models"}, length=0)])
    outcome = await caller.answer()
    assert outcome.error == f"The model's server refused the request (HTTP {status})."
    assert (len(scripted.requests), scripted.other_requests) == (1, [])


@pytest.mark.parametrize(
    "rest",
    [[Hang()], [Close()], [Reset()], [Send(b"x" * 5000), Hang()], [Send(b'{"error": "cut o'), Close()]],
    ids=["silent", "closed", "reset", "too long", "cut off"],
)
async def test_a_status_is_told_even_when_its_page_is_never_whole(caller, scripted, rest):
    scripted.play([Head(503), *rest])
    outcome = await caller.answer(first_byte=4 * SHORT, silence=SHORT, body_bytes=1000)
    assert outcome.error == "The model's server is overloaded or not ready (HTTP 503)."


@pytest.mark.parametrize(
    "script",
    [
        json_answer(401, {"error": {"message": f"Incorrect API key: {KEY}."}}),
        json_answer(401, {"error": {"message": "x" * 520 + KEY}}),
        json_answer(200, {"error": {"message": f"Incorrect API key: {KEY}."}}),
        mira(["Hel", error_event(f"Incorrect API key: {KEY}.")]),
        mira(["Hel", error_event("x" * 540 + KEY + "x" * 100)]),
        [Send(b"event: error\ndata: bad key " + KEY.encode() + b"\n\n")],
    ],
)
async def test_the_key_is_blotted_out_when_the_server_repeats_it(caller, scripted, script):
    scripted.play(script)
    outcome = await caller.answer(KEY)
    assert outcome.ends == "failed"
    assert "sk-" not in outcome.error
    assert "[key" in outcome.error


async def test_a_web_page_with_status_200_is_no_answer(caller, scripted):
    scripted.play(html_page(200, "<title>Log in</title>"))
    outcome = await caller.answer()
    assert (outcome.code, outcome.content) == ("not_a_stream", "")


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "GZIP", "identity, gzip"])
async def test_a_compressed_stream_is_refused_unread(caller, scripted, encoding):
    scripted.play([Head(headers={"Content-Encoding": encoding}), Hang()])
    assert (await caller.answer()).code == "garbled"
    await (await scripted.next_request()).hung_up()


async def test_the_encoding_identity_is_none(caller, scripted):
    scripted.play([Head(headers={"Content-Encoding": "identity"}), *mira(["Hello"])])
    assert (await caller.answer()).content == "Hello"


# JSON with status 200.


@pytest.mark.parametrize("content_type", ["application/json", "text/event-stream", "text/plain"])
@pytest.mark.parametrize("sizes", [10**6, 1, 7])
@pytest.mark.parametrize("blank", [b"", b" \r\n\n"], ids=["", "after blanks"])
async def test_an_answer_that_does_not_stream_is_told_whole(caller, scripted, content_type, sizes, blank):
    scripted.play([Head(content_type=content_type), *cut(blank + json.dumps(ANSWER).encode(), sizes)])
    assert await caller.answer() == Outcome("Hello", "", "stop", "complete")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": {"message": "Overloaded"}}, "upstream_error"),
        ({"error": "Overloaded"}, "upstream_error"),
        ({"object": "error", "message": "Overloaded"}, "upstream_error"),
        ({"detail": "Overloaded"}, "garbled"),
        ({}, "garbled"),
        ([], "garbled"),
    ],
)
async def test_json_without_an_answer_is_an_error_in_spite_of_its_status(caller, scripted, body, code):
    scripted.play(json_answer(200, body))
    outcome = await caller.answer()
    assert (outcome.ends, outcome.code) == ("failed", code)
    assert code == "garbled" or "Overloaded" in outcome.error


async def test_json_that_breaks_off_is_an_error(caller, scripted):
    scripted.play([Head(), Send(json.dumps(ANSWER).encode()[:-5]), Close()])
    assert (await caller.answer()).ends == "failed"


# Connections that fail.


async def test_a_refused_connection(caller):
    with refuses() as caller.url:
        outcome = await caller.answer()
        host = caller.url.split("/")[2]
    assert (outcome.code, outcome.error) == ("unreachable", f"The model's server at {host} could not be reached.")


async def test_a_connection_that_never_stands(caller):
    with never_connects() as caller.url:
        outcome = await caller.answer(connect=SHORT)
    assert outcome.code == "unreachable"
    assert outcome.error.endswith("could not be reached: it does not answer")


@pytest.mark.parametrize("url", ["http://[", "ftp://127.0.0.1/v1", "http://127.0.0.1:99999/v1", "127.0.0.1", ""])
async def test_an_address_that_is_none(caller, url):
    caller.url = url
    assert (await caller.answer()).ends == "failed"


BEFORE_AN_ANSWER: dict[str, list[Step]] = {
    "closed": [Close()],
    "reset": [Reset()],
    "closed inside the head": [Raw(b"HTTP/1.1 200 OK\r\nContent-"), Close()],
    "no HTTP": [Raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), Hang()],
    "a broken status line": [Raw(b"HTTP/1.1 abc\r\n\r\n"), Hang()],
    "an endless header": [Raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000), Hang()],
    "a length that is none": [Raw(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"), Hang()],
    "a reason that is no text": [Raw(b"HTTP/1.1 200 \xff\r\nContent-Length: 0\r\n\r\n"), Hang()],
}


@pytest.mark.parametrize("script", BEFORE_AN_ANSWER.values(), ids=BEFORE_AN_ANSWER)
async def test_a_connection_that_breaks_before_an_answer_is_lost(caller, scripted, script):
    scripted.play(script)
    outcome = await caller.answer()
    assert (outcome.code, outcome.ends) == ("connection_lost", "failed")
    assert outcome.error.startswith("The connection to the model's server broke")


async def test_a_break_inside_an_event_leaves_the_event_out(caller, scripted):
    scripted.play([*mira(["Hel"], None, done=False), Send(mira_chunk({"content": "lo"})[:-1]), Reset()])
    assert await caller.answer() == Outcome("Hel", "", None, "truncated")


async def test_a_server_that_dies_and_comes_back_is_asked_again(caller, scripted):
    await caller.answer()
    await scripted.stop()
    assert (await caller.answer()).ends == "failed"
    await scripted.start()
    assert (await caller.answer()).content == "Hello"


# Ends without an end.


async def test_after_a_finish_reason_done_is_waited_for_only_a_little(caller, scripted):
    scripted.play([*mira(["Hello"], done=False), Hang()])
    assert await caller.answer(after_finish=SHORT) == Outcome("Hello", "", "stop", "complete")
    await (await scripted.next_request()).hung_up()


async def test_pings_after_a_finish_reason_do_not_lengthen_the_wait(caller, scripted):
    scripted.play(lambda _: [*mira(["Hello"], done=False), *pings(100)])
    assert await caller.answer(after_finish=SHORT) == Outcome("Hello", "", "stop", "complete")
    await (await scripted.next_request()).hung_up()


async def test_what_comes_after_a_finish_reason_in_time_counts(caller, scripted):
    usage = event({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}})
    scripted.play([*mira(["Hello"], done=False), Send(usage), Hang()])
    assert await caller.answer(after_finish=SHORT) == Outcome("Hello", "", "stop", "complete", (9, 2))


async def test_text_behind_a_finish_reason_says_that_it_was_none(caller, scripted):
    """Some servers send one in each chunk. Who took that for the end would cut the answer off and call it complete."""
    word = Send(mira_chunk({"content": "word "}, "stop"))
    scripted.play([word, word, Pause(6 * SHORT), word, Send(DONE)])
    assert await caller.answer(after_finish=4 * SHORT) == Outcome("word word word ", "", "stop", "complete")


async def test_after_done_nothing_is_waited_for(caller, scripted):
    scripted.play([*mira(["Hello"]), Hang()])
    assert (await caller.answer()).ends == "complete"
    await (await scripted.next_request()).hung_up()


# Clocks. That of the connection is above: `test_a_connection_that_never_stands`.


def pings(count: int, every: float = 0.01) -> Iterator[Step]:
    """Comments, too often for silence."""
    for _ in range(count):
        yield Send(b": ping\n\n")
        yield Pause(every)


CLOCKS = {
    "no head": ({"first_byte": 4 * SHORT}, never_answers(), "", "first_byte_timeout"),
    "no first byte": ({"first_byte": 4 * SHORT}, [Head(), Hang()], "", "first_byte_timeout"),
    "silence": ({"silence": SHORT}, mira(["Hel", Hang()]), "Hel", "silence_timeout"),
    "silence in an event": ({"silence": SHORT}, mira(["Hel", Send(b"data: "), Hang()]), "Hel", "silence_timeout"),
    "silence in JSON": ({"silence": SHORT, "first_byte": 60}, [Send(b'{"choices":'), Hang()], "", "silence_timeout"),
    "pings only": ({"no_data": 2 * SHORT}, lambda _: pings(1000), "", "no_data_timeout"),
    "pings after text": (
        {"no_data": 2 * SHORT},
        lambda _: [*mira(["Hel"], None, False), *pings(1000)],
        "Hel",
        "no_data_timeout",
    ),
    "text without an end": ({"total": 5 * SHORT}, endless("Hel"), "Hel", "total_timeout"),
}


@pytest.mark.parametrize(("limits", "script", "content", "code"), CLOCKS.values(), ids=CLOCKS)
async def test_a_clock_that_rings_ends_the_answer_and_keeps_the_text(caller, scripted, limits, script, content, code):
    scripted.play(script)
    outcome = await caller.answer(**limits)
    assert (outcome.ends, outcome.code) == ("failed", code)
    assert outcome.content.startswith(content)
    await (await scripted.next_request()).hung_up()


async def test_pings_are_enough_against_silence(caller, scripted):
    scripted.play(lambda _: [*pings(30, every=0.04), *mira(["Hello"])])
    assert await caller.answer(silence=1.0, first_byte=1.0) == Outcome("Hello", "", "stop", "complete")


async def test_a_slow_body_that_goes_on_is_not_silence(caller, scripted):
    body = json.dumps(ANSWER).encode()
    sends = cut(body, 4)
    scripted.play(lambda _: [step for send in sends for step in (send, Pause(1.2 / len(sends)))])
    assert await caller.answer(silence=1.0, first_byte=1.0) == Outcome("Hello", "", "stop", "complete")


# Limits.


@pytest.mark.parametrize(
    ("limits", "script", "content", "words"),
    [
        ({"line_bytes": 300}, mira(["Hello", "x" * 300]), "Hello", "a line of more than 300 bytes"),
        ({"line_bytes": 300}, mira(["Hello", Send(b"x" * 301), Hang()]), "Hello", "a line of more than 300 bytes"),
        ({"event_bytes": 300}, mira(["Hello", Send(b"data:\n" * 301)]), "Hello", "an event of more than 300 bytes"),
        ({"body_bytes": 300}, json_answer(200, {**ANSWER, "x": "x" * 300}), "", "an answer of more than 300 bytes"),
        ({"body_bytes": 300}, [Send(b"{"), *[Send(b" " * 100)] * 4, Hang()], "", "an answer of more than 300 bytes"),
        ({"line_bytes": 300}, [*[Send(b"\n" * 100)] * 400, *mira(["Hello", "x" * 300])], "Hello", "a line of more"),
    ],
)
async def test_a_limit_ends_the_answer_and_keeps_the_text(caller, scripted, limits, script, content, words):
    scripted.play(script)
    outcome = await caller.answer(**limits)
    assert (outcome.content, outcome.ends, outcome.code) == (content, "failed", "too_much")
    assert words in outcome.error
    await scripted.until_streaming(0, within=1)


# The list of models.


async def test_the_models_are_those_that_the_upstream_lists(caller, scripted):
    scripted.models = json_answer(200, {"object": "list", "data": [{"id": "a", "owned_by": "x"}, {"id": "b"}]})
    assert await caller.upstream.models(caller.provider()) == [Model("a"), Model("b")]
    assert [(request.method, request.path) for request in scripted.other_requests] == [("GET", "/v1/models")]


@pytest.mark.parametrize(
    "script",
    [
        json_answer(404, {"error": "Not found"}),
        json_answer(400, {"data": [{"id": "a"}]}),
        json_answer(302, {"data": [{"id": "a"}]}, {"Location": "/v1/models"}),
        html_page(200, "<h1>Welcome</h1>"),
        html_page(404, "<h1>Not found</h1>"),
        [Send(b'{"data": [{"id": "a'), Close()],
        [Head(headers={"Content-Encoding": "gzip"}), Send(b"\x1f\x8b\x08\0")],
        [Send(b"")],
    ],
)
async def test_a_list_that_cannot_be_had_is_none(caller, scripted, script):
    scripted.models = script
    assert await caller.upstream.models(caller.provider()) == []


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (html_page(502, "<h1>Bad gateway</h1>"), "upstream_refused"),
        (json_answer(500, {"data": [{"id": "a"}]}), "upstream_refused"),
        (json_answer(401, {"data": [{"id": "a"}]}), "upstream_refused"),
        (json_answer(403, {}), "upstream_refused"),
        ([Close()], "connection_lost"),
        (never_answers(), "first_byte_timeout"),
        ([Head(), Hang()], "first_byte_timeout"),
        (lambda _: [Head(), *[Send(b" "), Pause(0.02)] * 1000], "total_timeout"),
        ([Send(b" " * 5000), Hang()], "too_much"),
    ],
    ids=["a page", "an error", "a refused key", "forbidden", "closed", "no head", "no body", "too slow", "too long"],
)
async def test_an_upstream_that_does_not_list_its_models_in_time_is_an_error(
    caller, scripted, monkeypatch, script, code
):
    if code.endswith("_timeout"):
        monkeypatch.setattr(upstream_module, "MODELS_SECONDS", 4 * SHORT)
    scripted.models = script
    with pytest.raises(UpstreamError) as caught:
        await caller.limited(body_bytes=3000).models(caller.provider())
    assert caught.value.code == code
    await scripted.until_streaming(0, within=1)


async def test_no_upstream_is_an_error_for_the_list(caller):
    with refuses() as caller.url:
        with pytest.raises(UpstreamError) as caught:
            await caller.upstream.models(caller.provider())
        assert caught.value.code == "unreachable"
