"""How long the page's main thread was at work without a pause, from the browser's own trace.

Who traces must not ask the page meanwhile: to find an element by its name in a long page takes longer than what is
measured.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

TASK = "ThreadControllerImpl::RunTask"
TESTS = "DevToolsSession"  # through which a test speaks to the page


@dataclass
class Trace:
    """Milliseconds of processor time of its tasks, the longest first. Other programs hardly make them longer."""

    tasks: list[float] = field(default_factory=list)

    @property
    def longest(self) -> float:
        return self.tasks[0]


@contextmanager
def traced(page: Page) -> Iterator[Trace]:
    """Of what the page does inside; filled in at the end."""
    browser = page.context.browser
    assert browser is not None
    trace = Trace()
    browser.start_tracing(page=page, categories=["toplevel", "__metadata"])
    try:
        yield trace
    finally:
        data = browser.stop_tracing()
    trace.tasks = sorted(_tasks(json.loads(data)["traceEvents"]), reverse=True)


def _tasks(events: list[dict[str, Any]]) -> list[float]:
    """Those of the renderer's main thread that has worked most, without what the test asked of the page."""
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    asked = {(_thread(event), event["ts"]) for event in events if TESTS in str(event.get("args"))}
    threads: dict[tuple[int, int], list[float]] = defaultdict(list)
    for event in events:
        if event["name"] == TASK and _thread(event) in mains and not any(_holds(event, *other) for other in asked):
            threads[_thread(event)].append(event.get("tdur", 0) / 1000)
    return max(threads.values(), key=sum)


def _thread(event: dict[str, Any]) -> tuple[int, int]:
    return event["pid"], event["tid"]


def _holds(task: dict[str, Any], thread: tuple[int, int], moment: float) -> bool:
    return _thread(task) == thread and task["ts"] <= moment <= task["ts"] + task.get("dur", 0)
