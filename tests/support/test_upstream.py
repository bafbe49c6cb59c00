"""The fake is the ground under the suite, so its own promises are tested: with bare sockets, where
every byte counts, and with the client that the project uses."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from httpx_aiohttp import AiohttpTransport

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
from tests.support.upstream import ScriptedUpstream

PROMPT = {"model": "scripted", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with asyncio.timeout(20), ScriptedUpstream() as running:
        yield running


@pytest.fixture
async def client(upstream: ScriptedUpstream) -> AsyncIterator[httpx.AsyncClient]:
    transport = AiohttpTransport()
    async with httpx.AsyncClient(transport=transport, base_url=upstream.url, trust_env=False, timeout=5) as client:
        yield client


class Visitor:
    """A client that is only a socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, method: str = "POST", path: str = "/v1/chat/completions") -> None:
        body = json.dumps(PROMPT).encode() if method == "POST" else b""
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        self.writer.write(head.encode() + body)
        await self.writer.drain()

    def leave(self) -> None:
        self.writer.close()


@asynccontextmanager
async def visit(upstream: ScriptedUpstream) -> AsyncIterator[Visitor]:
    port = httpx.URL(upstream.url).port
    visitor = Visitor(*await asyncio.open_connection("127.0.0.1", port))
    try:
        yield visitor
    finally:
        visitor.writer.transport.abort()


async def test_a_request_is_recorded_as_it_came(upstream: ScriptedUpstream, client: httpx.AsyncClient) -> None:
    before = asyncio.get_running_loop().time()
    answer = await client.post("/chat/completions", json=PROMPT, headers={"X-Word": "one"})
    request = await upstream.next_request()
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.body == PROMPT
    assert request.headers["x-word"] == "one"
    assert before <= request.arrived_at <= await request.answered()
    assert upstream.requests == [request]
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.content == body_of(mira(["Hello"]))


async def test_scripts_are_played_in_order_and_then_the_default(
    upstream: ScriptedUpstream, client: httpx.AsyncClient
) -> None:
    first, second = mira(["Hel", "lo"], finish="length"), vigthoria(["Hel", "lo"])
    upstream.play(first, second)
    upstream.default = lambda request: vigthoria([request.body["messages"][-1]["content"]])
    answers = [(await client.post("/chat/completions", json=PROMPT)).content for _ in range(4)]
    assert answers == [body_of(script) for script in (first, second, *[vigthoria(["Hi"])] * 2)]


async def test_clean_answers_share_one_connection(upstream: ScriptedUpstream, client: httpx.AsyncClient) -> None:
    upstream.play(mira(["Hello"]), json_answer(429, {"error": "slow down"}, {"Retry-After": "1"}))
    for status in (200, 429, 200):
        assert (await client.post("/chat/completions", json=PROMPT)).status_code == status
    assert (await client.get("/models")).json()["data"] == [{"id": "scripted"}]
    assert (upstream.open_connections, upstream.streaming) == (1, 0)
    upstream.drop_idle()
    await upstream.until_open(0)


@pytest.mark.parametrize(
    "script",
    [
        [Head(chunked=False), Send(b"Hello")],
        [Head(headers={"Connection": "close"}), Send(b"Hello"), Close()],
        [Head(length=9), Send(b"Hello")],
        [Head(), Send(b"Hello"), Raw(b"5\r\nmore")],
        [Head(), Send(b"Hello"), Reset()],
    ],
)
async def test_other_ends_close_the_connection(upstream: ScriptedUpstream, script: list[Step]) -> None:
    upstream.play(script)
    async with visit(upstream) as visitor:
        await visitor.ask()
        received = b""
        broken = False
        try:
            while data := await visitor.reader.read(65_536):
                received += data
        except ConnectionResetError:
            broken = True
        assert b"Hello" in received
        assert broken == (script[-1] == Reset())
        await (await upstream.next_request()).answered()
        await upstream.until_open(0)


@pytest.mark.parametrize("path", ["models", "models/", "completions"])
async def test_other_addresses(upstream: ScriptedUpstream, client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == (200 if path == "models" else 404)
    assert [request.path for request in upstream.other_requests] == [f"/v1/{path}"]
    assert upstream.requests == []


async def test_models_can_be_missing_a_page_or_silent(upstream: ScriptedUpstream, client: httpx.AsyncClient) -> None:
    upstream.models = json_answer(404, {"error": "no models"})
    assert (await client.get("/models")).status_code == 404
    upstream.models = html_page(502, "<h1>Bad gateway</h1>")
    assert (await client.get("/models")).text == "<h1>Bad gateway</h1>"
    upstream.models = never_answers()
    async with visit(upstream) as visitor:
        await visitor.ask("GET", "/v1/models")
        await upstream.until_streaming(1)
        visitor.leave()
        await upstream.other_requests[-1].hung_up()


PHASES: dict[str, list[Step]] = {
    "before the head": never_answers(),
    "at a gate before the head": [WaitFor(Gate()), Head()],
    "after the head": [Head(), Hang()],
    "in a pause": [Pause(60), *mira(["Hello"])],
    "at a gate in mid-stream": mira(["Hel", WaitFor(Gate()), "lo"]),
    "after [DONE], before the end": [*mira(["Hello"]), Hang()],
    "while it does not read": [Send(b"x" * 50_000_000)],
}


@pytest.mark.parametrize("breaks", [False, True], ids=["closes", "resets"])
@pytest.mark.parametrize("phase", PHASES)
async def test_the_moment_the_client_hangs_up_is_known(upstream: ScriptedUpstream, phase: str, breaks: bool) -> None:
    upstream.play(PHASES[phase])
    loop = asyncio.get_running_loop()
    async with visit(upstream) as visitor:
        await visitor.ask()
        request = await upstream.next_request()
        assert request.under_way
        before = loop.time()
        if breaks:
            visitor.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        visitor.writer.transport.abort()
        assert before <= await request.hung_up() <= loop.time()
        assert request.answered_at is None
        await upstream.until_open(0)


async def test_an_endless_stream_ends_with_its_client(upstream: ScriptedUpstream, client: httpx.AsyncClient) -> None:
    upstream.default = endless(every=0.001)
    for _ in range(3):
        async with client.stream("POST", "/chat/completions", json=PROMPT) as answer:
            request = await upstream.next_request()
            await anext(answer.aiter_raw())
            assert upstream.streaming == 1
        await request.hung_up()
    await upstream.until_streaming(0)


async def test_a_gate_holds_the_script_until_it_opens(upstream: ScriptedUpstream, client: httpx.AsyncClient) -> None:
    gate = Gate()
    upstream.play([*cut(b"Hel", 3), WaitFor(gate), Send(b"lo"), WaitFor(gate)])
    async with client.stream("POST", "/chat/completions", json=PROMPT) as answer:
        parts = answer.aiter_raw()
        assert await anext(parts) == b"Hel"
        request = await upstream.next_request()
        assert request.step == WaitFor(gate)
        gate.open()
        gate.open()
        assert [part async for part in parts] == [b"lo"]
        await request.answered()


async def test_waits_fail_in_words(upstream: ScriptedUpstream) -> None:
    with pytest.raises(AssertionError, match="no request came after the first 0"):
        await upstream.next_request(within=0)
    upstream.play([Hang()], mira(["Hello"]))
    async with visit(upstream) as visitor:
        await visitor.ask()
        request = await upstream.next_request()
        with pytest.raises(AssertionError, match=r"did not hang up; .* stands at Hang\(\)"):
            await request.hung_up(within=0)
        with pytest.raises(AssertionError, match="1 answers are under way, not 0"):
            await upstream.until_streaming(0, within=0)
        visitor.leave()
        with pytest.raises(AssertionError, match="hung up before the end"):
            await request.answered()
    async with visit(upstream) as visitor:
        await visitor.ask()
        with pytest.raises(AssertionError, match="answered to the end"):
            await (await upstream.next_request()).hung_up()


async def test_a_mistake_in_a_script_fails_the_test() -> None:
    with pytest.raises(AssertionError, match="scripted upstream itself failed") as caught:
        await _play_a_script_with_a_misspelt_key()
    assert isinstance(caught.value.__cause__, KeyError)


async def _play_a_script_with_a_misspelt_key() -> None:
    async with ScriptedUpstream() as upstream, visit(upstream) as visitor:
        upstream.play(lambda request: mira([request.body["mesages"]]))
        await visitor.ask()
        assert await visitor.reader.read() == b""


async def test_pieces_arrive_as_pieces(upstream: ScriptedUpstream, client: httpx.AsyncClient) -> None:
    upstream.play(cut(b"Hello"))
    async with client.stream("POST", "/chat/completions", json=PROMPT) as answer:
        assert [part async for part in answer.aiter_raw()] == [b"H", b"e", b"l", b"l", b"o"]


async def test_a_stopped_upstream_breaks_refuses_and_comes_back(
    upstream: ScriptedUpstream, client: httpx.AsyncClient
) -> None:
    upstream.play([Head(), error_event("overloaded"), Hang()])
    async with client.stream("POST", "/chat/completions", json=PROMPT) as answer:
        parts = answer.aiter_raw()
        await anext(parts)
        await upstream.stop()
        with pytest.raises(httpx.NetworkError):
            await anext(parts)
    with pytest.raises(httpx.TransportError):  # httpx-aiohttp calls a refusal ConnectTimeout
        await client.get("/models")
    await upstream.start()
    assert (await client.get("/models")).status_code == 200
