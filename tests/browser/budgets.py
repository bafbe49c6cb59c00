"""Measures what docs/performance.md says of long answers: the longest task of the page's main thread.

    python -m tests.browser.budgets [NAME…]

"Live" is 200 deltas a second, "at once" a page that is opened when the answer is stored. The clock counts what other
programs take away from the browser, so a figure by the clock is worth something on a quiet machine alone.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import ARGUMENTS, program
from tests.browser.steps import ask
from tests.browser.tracing import traced
from tests.fixtures.markdown import RIVERS
from tests.support.scripts import Pause, Step, mira
from tests.support.server import ServedBrook
from tests.support.upstream_thread import ScriptedUpstreamThread

MEGABYTE = 1_000_000
PER_SECOND = 200
DELTA = 100  # characters

ENDED = """() => new Promise((done) => {
  const look = () => document.querySelector('[data-transcript] [data-role=assistant][data-status=complete]') && done();
  const watcher = new MutationObserver(look);
  const what = { subtree: true, childList: true, attributeFilter: ['data-status'] };
  watcher.observe(document.querySelector('[data-transcript]'), what);
  look();
})"""

LONG_TASKS = """() => {
  window.longTasks = [];
  const note = (list) => longTasks.push(...list.getEntries().map(({ duration }) => duration));
  new PerformanceObserver(note).observe({ type: 'longtask', buffered: true });
}"""

SETTLED = 3_000  # milliseconds after the end, in which the page draws what is left


class Work(NamedTuple):
    """Milliseconds of the longest task: processor time, and by the clock if it took more than 50."""

    processor: float
    clock: float

    def __str__(self) -> str:
        clock = f"{self.clock:.0f}" if self.clock else "≤ 50"
        return f"{self.processor:.0f} ms, {clock} ms"


def rivers(size: int) -> str:
    """An answer of many chapters, no two alike."""
    chapters = (RIVERS.replace("rivers", f"rivers of chapter {number}") for number in range(size // len(RIVERS) + 1))
    return "\n".join(chapters)[:size]


def lines(size: int, line: Callable[[int], str]) -> str:
    """No two alike."""
    return "".join(line(number) for number in range(size // len(line(size)) + 1))


def table(size: int) -> str:
    return "| a | b | c |\n|---|---|---|\n" + lines(size, lambda at: f"| row {at} | **bold** {at} | `code` {at} |\n")


def nested_list(size: int) -> str:
    return lines(size, lambda at: "  " * (at % 6) + f"- item {at} with **bold** text and `code`\n")


def nested_quote(size: int) -> str:
    return lines(size, lambda at: "> " * (1 + at % 6) + f"line {at} with **bold** text and `code`\n")


TEXTS = {
    "headings, lists, code and tables": lambda: rivers(MEGABYTE),
    "one paragraph": lambda: "word " * (MEGABYTE // 5),
    "one word": lambda: "x" * MEGABYTE,
    "one fence": lambda: "```python\n" + "value = function(1, 'text')  # why\n" * (MEGABYTE // 35),
    "a table": lambda: table(MEGABYTE),
    "a nested list": lambda: nested_list(MEGABYTE),
    "a list inside one item": lambda: "- all\n" + lines(MEGABYTE, lambda at: f"  - item {at} with **bold** text\n"),
    "a nested quote": lambda: nested_quote(MEGABYTE),
    "a list of 5,000 items": lambda: "- an item of the list\n" * 5_000,
    "10,000 `>`": lambda: ">" * 10_000,
    "10,000 `[`": lambda: "[" * 10_000,
    "10,000 `*a`": lambda: "*a" * 10_000,
    "10,000 `![`": lambda: "![" * 10_000,
}


def deltas(text: str) -> Iterator[str | Step]:
    for start in range(0, len(text), DELTA):
        yield text[start : start + DELTA]
        yield Pause(1 / PER_SECOND)


def live(page: Page, upstream: ScriptedUpstreamThread, text: str) -> Work:
    """The page asks, and shows this answer as it comes."""
    upstream.play(mira(deltas(text)))
    page.evaluate(LONG_TASKS)
    ask(page, "Go on and on")
    return _watch(page)


def at_once(page: Page) -> Work:
    """The page is opened, and the answer is there."""
    page.reload(wait_until="commit")
    page.evaluate(LONG_TASKS)
    return _watch(page)


def _watch(page: Page) -> Work:
    with traced(page) as trace:
        page.evaluate(ENDED)
        page.wait_for_timeout(SETTLED)
        by_clock = page.evaluate("() => longTasks")
    return Work(trace.longest, max(by_clock, default=0))


@contextmanager
def pages() -> Iterator[tuple[Page, ScriptedUpstreamThread, str]]:
    with (
        sync_playwright() as playwright,
        ScriptedUpstreamThread() as upstream,
        tempfile.TemporaryDirectory() as folder,
        ServedBrook(Path(folder) / "data", UPSTREAM_URL=upstream.url) as brook,
        playwright.chromium.launch(executable_path=program(), args=ARGUMENTS) as chromium,
    ):
        name, _, value = brook.make_account("alice").partition("=")
        context = chromium.new_context(viewport={"width": 1280, "height": 800})
        context.add_cookies([{"name": name, "value": value, "url": brook.url}])
        yield context.new_page(), upstream, brook.url


def main(names: list[str]) -> None:
    sys.stdout.write("| | live | at once |\n|---|---|---|\n")
    with pages() as (page, upstream, address):
        for name, text in TEXTS.items():
            if not names or name in names:
                page.goto(address)
                row = live(page, upstream, text()), at_once(page)
                sys.stdout.write(f"| {name} | {row[0]} | {row[1]} |\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
