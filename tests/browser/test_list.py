"""The list of conversations: renamed and deleted in one tab, seen in every tab."""

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.steps import answer, ask, expect_status
from tests.support.scripts import Hang, mira
from tests.support.upstream_thread import ScriptedUpstreamThread


@pytest.fixture
def rivers(chat: Page, upstream: ScriptedUpstreamThread) -> Page:
    """The chat page, which shows the one conversation there is."""
    upstream.play(mira(["They seek the sea."]))
    ask(chat, "Why do rivers meander?")
    expect_status(chat, "complete")
    return chat


@pytest.fixture
def other(rivers: Page, context: BrowserContext) -> Page:
    """A second tab that shows the same conversation."""
    page = context.new_page()
    page.goto(rivers.url)
    expect(answer(page)).to_contain_text("They seek the sea.")
    return page


def row(page: Page, title: str) -> Locator:
    return page.get_by_role("listitem").filter(has_text=title)


def press(page: Page, title: str, name: str) -> None:
    row(page, title).hover()
    row(page, title).get_by_role("button", name=name).click()


def test_a_new_title_is_seen_in_every_tab(rivers: Page, other: Page):
    press(rivers, "Why do rivers meander?", "Rename")
    rivers.get_by_role("textbox", name="Title").fill("  Of \t rivers  ")
    rivers.keyboard.press("Enter")
    for page in (rivers, other):
        expect(page.get_by_role("link", name="Of rivers", exact=True)).to_be_visible()
        expect(page).to_have_title("Of rivers · Brook")
    rivers.reload()
    expect(rivers.get_by_role("link", name="Of rivers", exact=True)).to_be_visible()


def test_renaming_needs_no_pointer_and_moves_nothing(rivers: Page, upstream: ScriptedUpstreamThread):
    rivers.get_by_role("button", name="New chat").click()
    upstream.play(mira(["Small."]))
    ask(rivers, "Photons?")
    expect_status(rivers, "complete")
    rivers.get_by_role("link", name="Why do rivers meander?").focus()
    rivers.keyboard.press("Tab")
    expect(row(rivers, "Why do rivers meander?").get_by_role("button", name="Rename")).to_be_focused()
    rivers.keyboard.press("Enter")
    expect(rivers.get_by_role("textbox", name="Title")).to_be_focused()
    rivers.keyboard.type("Rivers")
    rivers.keyboard.press("Enter")
    expect(row(rivers, "Rivers").get_by_role("button", name="Rename")).to_be_focused()
    expect(rivers.get_by_role("listitem").get_by_role("link")).to_contain_text(["Photons?", "Rivers"])


def test_escape_gives_a_new_title_up_and_stops_nothing(rivers: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["Still writing ", Hang()]))
    ask(rivers, "Go on")
    expect(answer(rivers)).to_contain_text("Still writing")
    press(rivers, "Why do rivers meander?", "Rename")
    rivers.keyboard.type("Something else")
    rivers.keyboard.press("Escape")
    expect(rivers.get_by_role("link", name="Why do rivers meander?")).to_be_visible()
    press(rivers, "Why do rivers meander?", "Delete")
    rivers.keyboard.press("Escape")
    expect(rivers.get_by_role("dialog")).to_be_hidden()
    expect_status(rivers, "streaming")


def test_leaving_the_box_keeps_the_new_title_and_an_empty_one_changes_nothing(rivers: Page):
    press(rivers, "Why do rivers meander?", "Rename")
    rivers.get_by_role("textbox", name="Title").fill("Meanders")
    rivers.get_by_role("textbox", name="Message").click()
    expect(rivers.get_by_role("link", name="Meanders")).to_be_visible()
    press(rivers, "Meanders", "Rename")
    rivers.get_by_role("textbox", name="Title").fill("   ")
    rivers.keyboard.press("Enter")
    expect(rivers.get_by_role("link", name="Meanders")).to_be_visible()


def test_what_is_deleted_is_gone_from_every_tab_and_what_was_typed_there_comes_along(rivers: Page, other: Page):
    other.get_by_role("textbox", name="Message").fill("One more thing")
    press(rivers, "Why do rivers meander?", "Delete")
    dialog = rivers.get_by_role("dialog", name="Delete this conversation and all its messages?")
    expect(dialog).to_contain_text("Why do rivers meander?")
    dialog.get_by_role("button", name="Delete").click()
    for page in (rivers, other):
        expect(page.get_by_role("heading", name="This conversation was deleted")).to_be_visible()
        expect(page.get_by_role("article")).to_have_count(0)
        expect(page.get_by_role("link", name="Why do rivers meander?")).to_have_count(0)
    other.get_by_role("button", name="Send", exact=True).click()
    expect(other.get_by_text("This conversation was deleted. Your text is kept.")).to_be_visible()
    other.get_by_role("button", name="Start another").click()
    expect(other.get_by_role("heading", name="What shall we talk about?")).to_be_visible()
    expect(other.get_by_role("textbox", name="Message")).to_have_value("One more thing")


def test_deleting_asks_first_and_cancel_keeps_everything(rivers: Page):
    press(rivers, "Why do rivers meander?", "Delete")
    rivers.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(rivers.get_by_role("dialog")).to_be_hidden()
    rivers.reload()
    expect(answer(rivers)).to_contain_text("They seek the sea.")


def test_deleting_a_conversation_ends_the_answer_under_way(rivers: Page, upstream: ScriptedUpstreamThread):
    upstream.next_request()
    upstream.play(mira(["On and on ", Hang()]))
    ask(rivers, "Go on")
    expect(answer(rivers)).to_contain_text("On and on")
    press(rivers, "Why do rivers meander?", "Delete")
    rivers.get_by_role("dialog").get_by_role("button", name="Delete").click()
    upstream.next_request().hung_up(within=1.0)
    expect(rivers.get_by_role("heading", name="This conversation was deleted")).to_be_visible()


def test_without_a_connection_nothing_is_renamed_and_the_page_says_why(rivers: Page, context: BrowserContext):
    context.set_offline(True)
    expect(rivers.get_by_text("Offline. Your text is kept")).to_be_visible()
    press(rivers, "Why do rivers meander?", "Rename")
    rivers.get_by_role("textbox", name="Title").fill("Meanders")
    rivers.keyboard.press("Enter")
    expect(rivers.get_by_text("not connected just now")).to_be_visible()
    expect(rivers.get_by_role("link", name="Why do rivers meander?")).to_be_visible()
