"""A shared conversation, read by somebody without an account."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.axe import faults
from tests.browser.steps import ask, expect_status
from tests.support.scripts import mira
from tests.support.server import ServedBrook
from tests.support.upstream_thread import ScriptedUpstreamThread

TOKEN = "a-link-that-nobody-guesses"
SHARE_THE_LAST = """
INSERT INTO chat_share (id, conversation_id, leaf_id, created_at)
SELECT ?, conversation_id, id, created_at FROM chat_message ORDER BY created_at DESC LIMIT 1
"""
HOSTILE = (
    "<img src=x onerror=alert(1)><script>alert(2)</script> [a](javascript:alert(3)) ![b](https://example.org/b.png)"
)
ANSWER = f"# Rivers\n\nThey **seek** the sea:\n\n```python\nwidth = {'1' * 200}\n```\n\n{HOSTILE}"


@pytest.fixture
def link(chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread) -> str:
    upstream.play(mira([ANSWER]))
    ask(chat, f"Why do rivers meander? {HOSTILE}")
    expect_status(chat, "complete")
    change(brook, SHARE_THE_LAST, TOKEN)
    return f"{brook.url}/s/{TOKEN}/"


@pytest.fixture
def reader(browser: Browser) -> Iterator[BrowserContext]:
    """Somebody else's browser."""
    context = browser.new_context(viewport={"width": 390, "height": 800})
    yield context
    context.close()


def change(brook: ServedBrook, statement: str, *values: str) -> None:
    with closing(sqlite3.connect(brook.data_dir / "brook.sqlite3")) as database, database:
        database.execute(statement, values)


def test_anybody_reads_it_as_in_the_chat_and_leaves_no_trace(link: str, reader: BrowserContext):
    page = reader.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(link)
    answer = page.get_by_role("article", name="Model")
    expect(answer.get_by_role("heading", name="Rivers")).to_be_visible()
    expect(answer.locator("strong")).to_have_text("seek")
    expect(answer.locator("pre")).to_contain_text("width = 111")
    expect(answer).to_contain_text("<img src=x onerror=alert(1)><script>alert(2)</script>")
    expect(page.get_by_role("article", name="Person")).to_contain_text("<script>alert(2)</script>")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.locator("article img")).to_have_count(0)
    assert reader.cookies() == []
    assert complaints == []


def test_it_can_be_read_without_scripts(link: str, browser: Browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(link)
    text = page.get_by_role("article", name="Model").locator("[data-markdown]")
    expect(text).to_contain_text("They **seek** the sea:")
    assert text.inner_text().startswith("# Rivers\n\nThey **seek** the sea:\n\n```python"), "line by line"
    context.close()


def test_a_revoked_link_leads_nowhere_and_says_so(link: str, chat: Page, brook: ServedBrook, reader: BrowserContext):
    page = reader.new_page()
    page.goto(link)
    expect(page.get_by_role("article")).to_have_count(2)
    chat.goto(f"{brook.url}/settings/")
    row = chat.get_by_role("listitem").filter(has_text="Why do rivers meander?")
    expect(row.get_by_role("link")).to_have_attribute("href", f"/s/{TOKEN}/")
    row.get_by_role("button", name="Revoke").click()
    expect(chat.get_by_role("status")).to_have_text("The link leads nowhere any more.")
    page.reload()
    expect(page.get_by_role("heading", name="This link leads nowhere")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(0)


def test_a_link_that_is_revoked_in_the_settings_is_gone_at_once_from_every_tab(
    link: str, chat: Page, brook: ServedBrook, context: BrowserContext
):
    chat.reload()
    expect_status(chat, "complete")
    chat.get_by_role("button", name="Share", exact=True).click()
    dialog = chat.get_by_role("dialog", name="Share this conversation")
    expect(dialog.get_by_label("Link", exact=True)).to_have_value(link)
    page = context.new_page()
    page.goto(f"{brook.url}/settings/")
    page.get_by_role("button", name="Revoke").click()
    expect(dialog.get_by_role("button", name="Make a link")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_faults_in_it_nor_where_it_was(link: str, reader: BrowserContext, theme: str):
    page = reader.new_page()
    page.emulate_media(color_scheme=theme)
    for address, title in ((link, "Why do rivers meander?"), (f"{link[:-1]}x/", "This link leads nowhere")):
        page.goto(address)
        expect(page.get_by_role("heading", level=1).first).to_contain_text(title)
        assert faults(page) == []


def test_its_pictures_are_shown_to_whoever_has_the_link(
    chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread, reader: BrowserContext
):
    from tests.browser.test_files import PICTURE, attach

    attach(chat, PICTURE)
    ask(chat, "What is this?")
    expect_status(chat, "complete")
    change(brook, SHARE_THE_LAST, TOKEN)
    page = reader.new_page()
    page.goto(f"{brook.url}/s/{TOKEN}/")
    picture = page.get_by_role("img", name="river.png")
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("naturalWidth", 8)
