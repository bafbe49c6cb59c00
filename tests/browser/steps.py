"""What a person does on the chat page, in the words of the page."""

import sqlite3
import time
from contextlib import closing

from playwright.sync_api import Locator, Page, expect

from tests.support.server import ServedBrook


def ask(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Message").fill(text)
    page.get_by_role("button", name="Send", exact=True).click()


def stop(page: Page) -> None:
    page.get_by_role("button", name="Stop", exact=True).click()


def answer(page: Page) -> Locator:
    """The last answer."""
    return page.get_by_role("article", name="Assistant").last


def question(page: Page) -> Locator:
    """The person's last message."""
    return page.get_by_role("article", name="You").last


def listed(page: Page, title: str) -> Locator:
    """The row of a conversation in the list."""
    return page.get_by_role("navigation", name="Conversations").get_by_role("listitem").filter(has_text=title)


def open_menu(page: Page, title: str) -> None:
    """The menu of a conversation in the list."""
    listed(page, title).hover()
    listed(page, title).get_by_role("button", name="More").click()


def press(page: Page, title: str, name: str) -> None:
    """Does with a conversation what its menu offers under this name."""
    open_menu(page, title)
    page.get_by_role("group", name="Conversation").get_by_role("button", name=name, exact=True).click()


def expect_status(page: Page, status: str) -> None:
    expect(answer(page)).to_have_attribute("data-status", status)


def expect_announced(page: Page, words: str) -> None:
    expect(page.get_by_role("status")).to_have_text(words)


def until_stored(brook: ServedBrook, text: str, within: float = 5.0) -> None:
    """Waits for a checkpoint: until the database holds a message that is exactly this text."""
    deadline = time.monotonic() + within
    with closing(sqlite3.connect(brook.data_dir / "brook.sqlite3")) as database:
        while not database.execute("SELECT 1 FROM chat_message WHERE content = ?", [text]).fetchone():
            assert time.monotonic() < deadline, f"{text!r} was not stored within {within} s"


def until_found(brook: ServedBrook, within: float = 10.0) -> None:
    """Waits until everything that was said can be found: the sweep puts it into the index."""
    deadline = time.monotonic() + within
    with closing(sqlite3.connect(brook.data_dir / "brook.sqlite3")) as database:
        while database.execute("SELECT 1 FROM chat_message WHERE NOT indexed").fetchone():
            assert time.monotonic() < deadline, f"not everything was indexed within {within} s"
