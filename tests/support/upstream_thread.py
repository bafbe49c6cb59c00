"""The scripted upstream for tests without a loop, and for servers in another process.

The same upstream on a loop and a thread of its own; this module only carries calls across.
Gates need no carrying: they open from any thread.

    with ScriptedUpstreamThread() as upstream:
        upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
        request = upstream.next_request()
        gate.open()
        request.answered(within=1.0)
"""

import asyncio
from collections.abc import Coroutine
from threading import Thread
from types import TracebackType
from typing import Any, TypeVar

from tests.support.received import ReceivedRequest
from tests.support.upstream import Plan, ScriptedUpstream

Result = TypeVar("Result")


class Portal:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="scripted upstream", daemon=True)
        self._thread.start()

    def call(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """Run it over there and wait. Every wait of the upstream is bounded, so this one is."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class RequestAcross:
    """A received request, seen from another thread."""

    def __init__(self, received: ReceivedRequest, portal: Portal) -> None:
        self._received, self._portal = received, portal
        self.method, self.path = received.method, received.path
        self.headers, self.content = received.headers, received.content
        self.arrived_at = received.arrived_at

    @property
    def body(self) -> Any:
        return self._received.body

    @property
    def hung_up_at(self) -> float | None:
        return self._received.hung_up_at

    @property
    def answered_at(self) -> float | None:
        return self._received.answered_at

    @property
    def under_way(self) -> bool:
        return self._received.under_way

    def hung_up(self, within: float = 1.0) -> float:
        return self._portal.call(self._received.hung_up(within))

    def answered(self, within: float = 1.0) -> float:
        return self._portal.call(self._received.answered(within))


class ScriptedUpstreamThread:
    """`ScriptedUpstream` with the same words and blocking waits."""

    def __init__(self) -> None:
        self._portal: Portal
        self._upstream = ScriptedUpstream()

    def __enter__(self) -> "ScriptedUpstreamThread":
        self._portal = Portal()
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self.until_open(0)
        finally:
            self.stop()
            self._portal.close()
        self._upstream.check(error)

    def start(self) -> None:
        self._portal.call(self._upstream.start())

    def stop(self) -> None:
        self._portal.call(self._upstream.stop())

    @property
    def url(self) -> str:
        return self._upstream.url

    def play(self, *plans: Plan) -> None:
        self._upstream.play(*plans)

    def forget(self) -> None:
        self._upstream.forget()

    def begin_anew(self) -> None:
        self._upstream.begin_anew()

    @property
    def default(self) -> Plan:
        return self._upstream.default

    @default.setter
    def default(self, plan: Plan) -> None:
        self._upstream.default = plan

    @property
    def models(self) -> Plan:
        return self._upstream.models

    @models.setter
    def models(self, plan: Plan) -> None:
        self._upstream.models = plan

    @property
    def requests(self) -> list[RequestAcross]:
        return [RequestAcross(request, self._portal) for request in self._upstream.requests]

    @property
    def other_requests(self) -> list[RequestAcross]:
        return [RequestAcross(request, self._portal) for request in self._upstream.other_requests]

    def next_request(self, within: float = 5.0) -> RequestAcross:
        received = self._portal.call(self._upstream.next_request(within))
        return RequestAcross(received, self._portal)

    @property
    def open_connections(self) -> int:
        return self._upstream.open_connections

    @property
    def streaming(self) -> int:
        return self._portal.call(self._count_streaming())

    async def _count_streaming(self) -> int:
        return self._upstream.streaming

    def until_streaming(self, count: int, within: float = 2.0) -> None:
        self._portal.call(self._upstream.until_streaming(count, within))

    def until_open(self, count: int, within: float = 2.0) -> None:
        self._portal.call(self._upstream.until_open(count, within))
