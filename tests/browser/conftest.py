"""A real Chromium against a real server, whose upstream is the scripted one. One server serves all tests of a module,
each with an empty database, but those that are marked `own_server`: that look at its start, or end it."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing

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

KEPT = ("django_migrations", "django_content_type", "auth_permission")
INDEX = "chat_passage_words"  # SQLite's own tables; triggers empty them

expect.set_options(timeout=10_000)


def program() -> str:
    """Where Chromium is."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert found, "Chromium is missing; `make test` installs it"
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program(), args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def modules_upstream() -> Iterator[ScriptedUpstreamThread]:
    with ScriptedUpstreamThread() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def modules_brook(modules_upstream, tmp_path_factory) -> Iterator[ServedBrook]:
    with ServedBrook(tmp_path_factory.mktemp("brook") / "data", UPSTREAM_URL=modules_upstream.url) as brook:
        yield brook


@pytest.fixture
def upstream(modules_upstream) -> ScriptedUpstreamThread:
    modules_upstream.begin_anew()
    return modules_upstream


@pytest.fixture
def brook(request, upstream, modules_brook, tmp_path) -> Iterator[ServedBrook]:
    """A server with the scripted upstream, an empty database and no account yet."""
    if request.node.get_closest_marker("own_server"):
        with ServedBrook(tmp_path / "data", UPSTREAM_URL=upstream.url) as own:
            yield own
    else:
        empty(modules_brook)
        upstream.until_streaming(0, within=10)  # what a test before left under way ends: its conversation is gone
        yield modules_brook


def empty(brook: ServedBrook) -> None:
    with closing(sqlite3.connect(brook.data_dir / "brook.sqlite3", timeout=10)) as database, database:
        named = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        for (table,) in named.fetchall():
            if table not in KEPT and not table.startswith(INDEX):
                database.execute(f"DELETE FROM {table}")  # noqa: S608  a name out of the database itself


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
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_enabled()  # the scripts are there
    return page


def _is_complaint(message) -> bool:
    # A network that is taken away on purpose is reported as an error too.
    return message.type == "error" and "net::ERR" not in message.text and "WebSocket connection" not in message.text
