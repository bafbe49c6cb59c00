"""A real Chromium against a real server, whose upstream is the scripted one or the embedded model."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.support.server import ServedBrook
from tests.support.upstream_thread import ScriptedUpstreamThread

PROGRAMS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# Nothing of the browser's own may go to the network; without these it looks up its maker's hosts at every start.
ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
]

expect.set_options(timeout=10_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert program, "Chromium is missing; `make test` installs it"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstreamThread]:
    with ScriptedUpstreamThread() as scripted:
        yield scripted


@pytest.fixture
def brook(tmp_path, upstream) -> Iterator[ServedBrook]:
    """The server, with the scripted upstream and no account yet."""
    with ServedBrook(tmp_path / "data", UPSTREAM_URL=upstream.url) as served:
        yield served


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A person's browser with its cookies. A script error or a breach of the policy fails the test."""
    made = browser.new_context(viewport={"width": 1280, "height": 800})
    complaints: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if _is_complaint(message) else None)

    made.on("page", watch)
    yield made
    made.close()
    assert not complaints, complaints


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def chat(brook: ServedBrook, context: BrowserContext) -> Page:
    """The chat page, for alice, who is logged in and an administrator."""
    name, _, value = brook.make_account("alice").partition("=")
    context.add_cookies([{"name": name, "value": value, "url": brook.url}])
    page = context.new_page()
    page.goto(brook.url)
    return page


def _is_complaint(message) -> bool:
    # A network that is taken away on purpose is reported as an error too.
    return message.type == "error" and "net::ERR" not in message.text and "WebSocket connection" not in message.text
