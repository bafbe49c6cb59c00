"""A real Chromium against a real server, whose upstream is the scripted one. One server serves all tests, each with an
empty database, but those that are marked `own_server`: that look at its start, or end it. So do a few browsers, but for
tests that are marked `own_browser`: that change one for good, by a clock or in the way of its WebSockets, or in which
something of the page is not there yet."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

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

DESKTOP = {"width": 1280, "height": 800}
KEPT = ("django_migrations", "django_content_type", "auth_permission")
ACCOUNT = ("auth_user", "django_session")
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


# The server


@pytest.fixture(scope="session")
def shared_upstream() -> Iterator[ScriptedUpstreamThread]:
    with ScriptedUpstreamThread() as upstream:
        yield upstream


@pytest.fixture(scope="session")
def shared_brook(shared_upstream, tmp_path_factory) -> Iterator[ServedBrook]:
    with ServedBrook(tmp_path_factory.mktemp("brook") / "data", UPSTREAM_URL=shared_upstream.url) as brook:
        yield brook


@pytest.fixture
def upstream(shared_upstream) -> ScriptedUpstreamThread:
    shared_upstream.begin_anew()
    return shared_upstream


@pytest.fixture
def brook(request, upstream, shared_brook, tmp_path) -> Iterator[ServedBrook]:
    """A server with the scripted upstream, an empty database and no account yet."""
    if request.node.get_closest_marker("own_server"):
        with ServedBrook(tmp_path / "data", UPSTREAM_URL=upstream.url) as own:
            yield own
    else:
        empty(shared_brook)
        upstream.until_streaming(0, within=10)  # what a test before left under way ends: its conversation is gone
        yield shared_brook


def empty(brook: ServedBrook) -> None:
    with closing(sqlite3.connect(brook.data_dir / "brook.sqlite3", timeout=10)) as database, database:
        named = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        for (table,) in named.fetchall():
            if table not in KEPT and not table.startswith(INDEX):
                database.execute(f"DELETE FROM {table}")  # noqa: S608  a name out of the database itself


_alices: dict[Path, tuple[str, dict[str, list[tuple]]]] = {}
"""By the server's data: her cookie, and what the database had of her when she had been made."""


def make_alice(brook: ServedBrook) -> str:
    """alice, the first account and an administrator, logged in; her cookie.

    The first time by the page for it. A server that has had her before gets the same rows again, half a second earlier.
    """
    with closing(sqlite3.connect(brook.data_dir / "brook.sqlite3", timeout=10)) as database, database:
        if brook.data_dir not in _alices:
            cookie = brook.make_account("alice")
            rows = {table: database.execute(f"SELECT * FROM {table}").fetchall() for table in ACCOUNT}  # noqa: S608
            _alices[brook.data_dir] = cookie, rows
        else:
            cookie, rows = _alices[brook.data_dir]
            for table, found in rows.items():
                places = ", ".join("?" * len(found[0]))
                database.executemany(f"INSERT INTO {table} VALUES ({places})", found)  # noqa: S608
    return cookie


# The browsers


class Browsers:
    """People's browsers by what they are like: size, theme, language.

    One that a test has used serves the next one too, with Brook's files in its cache and nothing else of the test's: to
    load all modules anew takes two seconds of processor time, and there are hundreds of tests.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: dict[str, list[BrowserContext]] = {}

    @contextmanager
    def one(self, **options: object) -> Iterator[BrowserContext]:
        """A browser context with these options of Playwright's, without cookies, storage or pages."""
        idle = self._idle.setdefault(repr(sorted(options.items())), [])
        context = idle.pop() if idle else self._browser.new_context(**options)
        yield context  # what a failed test has used is left alone
        _forget_all(context)
        idle.append(context)

    def close(self) -> None:
        for idle in self._idle.values():
            for context in idle:
                context.close()


def _forget_all(context: BrowserContext) -> None:
    origins = {urlsplit(page.url)._replace(path="", query="", fragment="").geturl() for page in context.pages}
    for page in context.pages:
        page.close()
    context.unroute_all()
    context.set_offline(False)
    context.clear_permissions()
    context.clear_cookies()
    blank = context.new_page()
    session = context.new_cdp_session(blank)
    for origin in origins:
        session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "local_storage,indexeddb"})
    blank.close()


@pytest.fixture(scope="session")
def browsers(browser: Browser) -> Iterator[Browsers]:
    made = Browsers(browser)
    yield made
    made.close()


@pytest.fixture
def context(browser: Browser, browsers: Browsers, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A person's browser with its cookies. A script error or a breach of the policy fails the test."""
    if request.node.get_closest_marker("own_browser"):
        with browser.new_context(viewport=DESKTOP) as own, without_complaints(own):
            yield own
    else:
        with browsers.one(viewport=DESKTOP) as shared, without_complaints(shared):
            yield shared


@contextmanager
def without_complaints(context: BrowserContext) -> Iterator[None]:
    complaints: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if _is_complaint(message) else None)

    context.on("page", watch)
    yield
    context.remove_listener("page", watch)
    assert not complaints, complaints


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def chat(brook: ServedBrook, context: BrowserContext) -> Page:
    """The chat page, for alice, who is logged in and an administrator."""
    name, _, value = make_alice(brook).partition("=")
    context.add_cookies([{"name": name, "value": value, "url": brook.url}])
    page = context.new_page()
    page.goto(brook.url)
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_enabled()  # the scripts are there
    return page


def _is_complaint(message) -> bool:
    # A network that is taken away on purpose is reported as an error too.
    return message.type == "error" and "net::ERR" not in message.text and "WebSocket connection" not in message.text
