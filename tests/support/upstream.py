"""The one fake of the suite: an OpenAI-style upstream on real TCP that plays scripts.

It records every request and the moment its client hangs up, in every phase: before the status
line, in a pause, in mid-stream. It judges nothing, and a fault of its own fails the test.

    async with ScriptedUpstream() as upstream:
        upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
        ...                                             # let the code under test call upstream.url
        request = await upstream.next_request()
        assert request.body["stream"] is True
        await request.hung_up(within=1.0)
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from types import TracebackType

from tests.support.received import Changes, ReceivedRequest
from tests.support.scripts import Step, json_answer, mira
from tests.support.wire import Answer, Wire

# What to do with a request: steps, or a function that makes them out of the request.
Plan = Sequence[Step] | Callable[[ReceivedRequest], Iterable[Step]]

MODELS = json_answer(200, {"object": "list", "data": [{"id": "scripted"}]})


class ScriptedUpstream:
    """`default` answers when no played script is left; `models` answers `GET /v1/models`."""

    def __init__(self) -> None:
        self.default: Plan = mira(["Hello"])
        self.models: Plan = MODELS
        self.requests: list[ReceivedRequest] = []  # all POSTs to /v1/chat/completions
        self.other_requests: list[ReceivedRequest] = []  # GET /v1/models, and what answers 404
        self.failures: list[BaseException] = []  # of scripts: mistakes in the test itself
        self._scripts: deque[Plan] = deque()
        self._taken = 0
        self._port = 0
        self._server: asyncio.Server | None = None
        self._wires: dict[Wire, ReceivedRequest | None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._changes = Changes()

    # What a test says and asks.

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    def play(self, *plans: Plan) -> None:
        """The next POSTs get these scripts, one each, in this order."""
        self._scripts.extend(plans)

    def forget(self) -> None:
        """Scripts that nobody took are not for the next test."""
        self._scripts.clear()

    def begin_anew(self) -> None:
        """For the next test of those that share it: nothing was played or asked yet."""
        self.default, self.models = mira(["Hello"]), MODELS
        self.requests, self.other_requests = [], []
        self._scripts.clear()
        self._taken = 0

    async def next_request(self, within: float = 5.0) -> ReceivedRequest:
        """The oldest POST that this method has not returned yet; waits for it to arrive."""
        await self._changes.until(
            lambda: len(self.requests) > self._taken,
            within,
            lambda: f"no request came after the first {self._taken}; others: {self._others()}",
        )
        self._taken += 1
        return self.requests[self._taken - 1]

    @property
    def open_connections(self) -> int:
        """Sockets now open, those that idle in a client's pool included."""
        return len(self._wires)

    @property
    def streaming(self) -> int:
        """Answers now under way, of any kind."""
        return sum(_busy(request) for request in self._wires.values())

    async def until_streaming(self, count: int, within: float = 2.0) -> None:
        await self._changes.until(
            lambda: self.streaming == count,
            within,
            lambda: f"{self.streaming} answers are under way, not {count}",
        )

    async def until_open(self, count: int, within: float = 2.0) -> None:
        await self._changes.until(
            lambda: self.open_connections == count,
            within,
            lambda: f"{self.open_connections} connections are open, not {count}",
        )

    def _others(self) -> list[str]:
        return [str(request) for request in self.other_requests]

    # Its life. A stopped upstream starts again at the same address.

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse new connections and break the open ones, as a server that dies."""
        if self._server is not None:
            self._server.close()
        for wire in list(self._wires):
            wire.reset()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._wires.clear()  # a task cancelled before its first step has not done it

    def drop_idle(self) -> None:
        """Close the connections that idle, as servers do while a client still pools them."""
        for wire, request in self._wires.items():
            if not _busy(request):
                wire.close()

    async def __aenter__(self) -> "ScriptedUpstream":
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                await self.until_open(0)
        finally:
            await self.stop()
        self.check(error)

    def check(self, error: BaseException | None) -> None:
        """Raise what went wrong in a script, or tell it with the error that the test has."""
        for failure in self.failures:
            if error is None:
                raise AssertionError("the scripted upstream itself failed") from failure
            error.add_note(f"the scripted upstream itself failed: {failure!r}")

    # One connection.

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = Wire(reader, writer)
        if self._server is None or not self._server.is_serving():
            return wire.reset()  # accepted while it stopped
        self._wires[wire] = None
        task = asyncio.create_task(self._converse(wire))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._changes.announce()

    async def _converse(self, wire: Wire) -> None:
        try:
            while await self._exchange(wire):
                pass
        except Exception as failure:
            self.failures.append(failure)
        finally:
            wire.abort()  # what was sent has left; what is stuck behind a client that left goes
            self._wires.pop(wire, None)
            self._changes.announce()

    async def _exchange(self, wire: Wire) -> bool:
        """One request and its answer. True when the connection serves another."""
        incoming = await wire.request()
        if incoming is None:
            return False
        now = asyncio.get_running_loop().time()
        request = ReceivedRequest(*incoming, arrived_at=now, changes=self._changes)
        self._wires[wire] = request
        plan = self._plan_for(request)
        self._changes.announce()
        reusable = await self._answer(wire, request, plan)
        self._changes.announce()
        return reusable and request.headers.get("connection", "").lower() != "close"

    def _plan_for(self, request: ReceivedRequest) -> Plan:
        kind = (request.method, request.path)
        if kind == ("POST", "/v1/chat/completions"):
            self.requests.append(request)
            return self._scripts.popleft() if self._scripts else self.default
        self.other_requests.append(request)
        if kind == ("GET", "/v1/models"):
            return self.models
        return json_answer(404, {"error": {"message": f"no such address: {request}"}})

    async def _answer(self, wire: Wire, request: ReceivedRequest, plan: Plan) -> bool:
        """Play until the script ends or the client leaves, whichever is first."""
        answer = Answer(wire)
        playing = asyncio.create_task(_play(answer, request, plan))
        leaving = asyncio.create_task(wire.left())
        try:
            await asyncio.wait({playing, leaving}, return_when=asyncio.FIRST_COMPLETED)
            now = asyncio.get_running_loop().time()
            if playing.done():
                with suppress(ConnectionError):  # the client left while we wrote
                    playing.result()
                    request.answered_at = now
                    return answer.reusable
            request.hung_up_at = now
            return False
        finally:
            playing.cancel()
            leaving.cancel()
            await asyncio.gather(playing, leaving, return_exceptions=True)


def _busy(request: ReceivedRequest | None) -> bool:
    return request is not None and request.under_way


async def _play(answer: Answer, request: ReceivedRequest, plan: Plan) -> None:
    for step in plan(request) if callable(plan) else plan:
        request.step = step
        if not await answer.perform(step):
            return
    request.step = None
    await answer.end()
