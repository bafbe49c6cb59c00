"""The list of conversations: what is done to one of them in one tab is seen in every tab."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.axe import faults
from tests.browser.steps import answer, ask, expect_status, listed, open_menu, press
from tests.fixtures.naughty import NAUGHTY, kept
from tests.support.scripts import Hang, mira
from tests.support.server import ServedBrook
from tests.support.upstream_thread import ScriptedUpstreamThread

ANOTHER = """
INSERT INTO chat_conversation
  (id, title, owner_id, titled_by, source, system_prompt, model, parameters, pinned, archived, created_at, updated_at)
SELECT ?, ?, owner_id, titled_by, source, system_prompt, model, parameters, pinned, archived, created_at, updated_at
FROM chat_conversation LIMIT 1
"""


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


def group(page: Page, heading: str) -> Locator:
    return page.get_by_role("region", name=heading)


def expect_listed(page: Page, heading: str, *titles: str) -> None:
    expect(group(page, heading).get_by_role("link")).to_have_text(list(titles), use_inner_text=True)


def set_updated(brook: ServedBrook, moment: datetime) -> None:
    change(brook, "UPDATE chat_conversation SET updated_at = ?", f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}")


def add_conversation(brook: ServedBrook, title: str) -> None:
    """Another one like the one there is, but for its title."""
    change(brook, ANOTHER, uuid4().hex, title)


def change(brook: ServedBrook, statement: str, *values: str) -> None:
    with closing(sqlite3.connect(brook.data_dir / "brook.sqlite3", timeout=10)) as database, database:
        database.execute(statement, values)


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
    more = listed(rivers, "Why do rivers meander?").get_by_role("button", name="More")
    expect(more).to_be_focused()
    rivers.keyboard.press("Enter")
    expect(rivers.get_by_role("button", name="Rename")).to_be_focused()
    rivers.keyboard.press("Enter")
    expect(rivers.get_by_role("textbox", name="Title")).to_be_focused()
    rivers.keyboard.type("Rivers")
    rivers.keyboard.press("Enter")
    expect(listed(rivers, "Rivers").get_by_role("button", name="More")).to_be_focused()
    expect(rivers.get_by_role("listitem").get_by_role("link")).to_contain_text(["Photons?", "Rivers"])


def test_escape_gives_a_new_title_and_a_menu_up_and_stops_nothing(rivers: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["Still writing ", Hang()]))
    ask(rivers, "Go on")
    expect(answer(rivers)).to_contain_text("Still writing")
    press(rivers, "Why do rivers meander?", "Rename")
    expect(rivers.get_by_role("textbox", name="Title")).to_be_focused()
    rivers.keyboard.type("Something else")
    rivers.keyboard.press("Escape")
    expect(rivers.get_by_role("link", name="Why do rivers meander?")).to_be_visible()
    open_menu(rivers, "Why do rivers meander?")
    rivers.keyboard.press("Escape")
    expect(rivers.get_by_role("button", name="Delete")).to_be_hidden()
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


def test_a_title_that_is_too_long_stays_in_its_box_and_the_page_says_why(brook: ServedBrook, rivers: Page):
    add_conversation(brook, "Photons?")
    rivers.reload()
    press(rivers, "Why do rivers meander?", "Rename")
    box = rivers.get_by_role("textbox", name="Title")
    trouble = rivers.get_by_text("A title has at most 200 characters: 5 characters too many.")
    box.fill("")
    rivers.keyboard.insert_text("x" * 205)
    expect(trouble).to_be_visible()
    assert faults(rivers) == []
    rivers.keyboard.press("Enter")
    expect(box).to_be_focused()
    rivers.get_by_role("textbox", name="Message").click()
    expect(box).to_have_value("x" * 205)
    expect(trouble).to_be_visible()
    press(rivers, "Photons?", "Rename")
    expect(rivers.get_by_role("link", name="Why do rivers meander?")).to_be_visible()
    expect(box).to_have_value("Photons?")
    box.press("Escape")
    expect(rivers.get_by_role("link", name="Photons?")).to_be_visible()

    press(rivers, "Why do rivers meander?", "Rename")
    box.fill("y" * 201)
    box.press("Backspace")
    expect(rivers.get_by_text("A title has at most")).to_have_count(0)
    box.press("Enter")
    expect(rivers.get_by_role("link", name="y" * 200)).to_be_visible()


def test_what_is_deleted_is_gone_from_every_tab_and_what_was_typed_there_comes_along(rivers: Page, other: Page):
    other.get_by_role("textbox", name="Message").fill("One more thing")
    press(rivers, "Why do rivers meander?", "Delete")
    for page in (rivers, other):
        expect(page.get_by_role("heading", name="This conversation was deleted")).to_be_visible()
        expect(page.get_by_role("article")).to_have_count(0)
        expect(page.get_by_role("link", name="Why do rivers meander?")).to_have_count(0)
    other.get_by_role("button", name="Send", exact=True).click()
    expect(other.get_by_text("This conversation was deleted. Your text is kept.")).to_be_visible()
    other.get_by_role("button", name="Start another").click()
    expect(other.get_by_role("heading", name="What shall we talk about?")).to_be_visible()
    expect(other.get_by_role("textbox", name="Message")).to_have_value("One more thing")


def test_a_deletion_is_undone_where_it_was_done(rivers: Page, other: Page):
    press(rivers, "Why do rivers meander?", "Delete")
    expect(rivers.get_by_text("Deleted.")).to_be_visible()
    rivers.get_by_role("button", name="Undo").click()
    expect(rivers.get_by_text("Deleted.")).to_be_hidden()
    for page in (rivers, other):
        expect(page.get_by_role("link", name="Why do rivers meander?")).to_be_visible()
        expect(answer(page)).to_contain_text("They seek the sea.")


def test_a_deletion_is_undone_in_another_tab_that_shows_the_conversation(rivers: Page, other: Page):
    press(rivers, "Why do rivers meander?", "Delete")
    other.get_by_role("button", name="Restore").click()
    for page in (rivers, other):
        expect(answer(page)).to_contain_text("They seek the sea.")
    expect(rivers.get_by_role("button", name="Undo")).to_be_hidden()


def test_a_deletion_is_undone_by_the_keyboard_alone(rivers: Page):
    rivers.get_by_role("link", name="Why do rivers meander?").focus()
    for key in ("Tab", "Enter", "End", "Enter"):
        rivers.keyboard.press(key)
    expect(rivers.get_by_role("heading", name="This conversation was deleted")).to_be_visible()
    rivers.get_by_role("button", name="New chat").focus()
    rivers.keyboard.press("Control+z")
    expect(answer(rivers)).to_contain_text("They seek the sea.")


def test_the_focus_does_not_get_lost_with_the_offer_to_undo(rivers: Page):
    press(rivers, "Why do rivers meander?", "Delete")
    rivers.get_by_role("button", name="Undo").focus()
    rivers.keyboard.press("Enter")
    expect(answer(rivers)).to_contain_text("They seek the sea.")
    expect(rivers.get_by_role("main")).to_be_focused()


def test_a_deletion_can_be_undone_after_a_reload(rivers: Page, other: Page):
    press(rivers, "Why do rivers meander?", "Delete")
    expect(other.get_by_role("heading", name="This conversation was deleted")).to_be_visible()
    other.reload()
    expect(other.get_by_role("button", name="Undo")).to_be_hidden()
    rivers.reload()
    expect(rivers.get_by_text("Deleted.")).to_be_visible()
    expect(rivers.get_by_role("button", name="Send", exact=True)).to_be_enabled()
    rivers.get_by_role("button", name="Undo").click()
    expect(rivers.get_by_role("link", name="Why do rivers meander?")).to_be_visible()
    expect(answer(rivers)).to_contain_text("They seek the sea.")
    rivers.reload()
    expect(answer(rivers)).to_contain_text("They seek the sea.")
    expect(rivers.get_by_role("button", name="Undo")).to_be_hidden()


@pytest.mark.own_browser
def test_the_offer_to_undo_stays_while_somebody_points_at_it_and_goes_by_itself(
    brook: ServedBrook, rivers: Page, context: BrowserContext
):
    rivers.clock.install()
    rivers.reload()
    press(rivers, "Why do rivers meander?", "Delete")
    undo = rivers.get_by_role("button", name="Undo")
    undo.hover()
    rivers.clock.run_for(60_000)
    expect(undo).to_be_visible()
    rivers.get_by_role("heading", name="This conversation was deleted").hover()
    rivers.clock.run_for(19_000)
    expect(undo).to_be_visible()
    rivers.clock.run_for(2_000)
    expect(undo).to_be_hidden()


def test_what_is_archived_leaves_every_list_and_comes_back_by_undo(rivers: Page, other: Page):
    press(rivers, "Why do rivers meander?", "Archive")
    for page in (rivers, other):
        expect(page.get_by_role("link", name="Why do rivers meander?")).to_have_count(0)
        expect(answer(page)).to_contain_text("They seek the sea.")
    rivers.get_by_role("button", name="Undo").click()
    for page in (rivers, other):
        expect(page.get_by_role("link", name="Why do rivers meander?")).to_be_visible()


def test_an_archived_conversation_is_brought_back_where_it_is_read(rivers: Page, other: Page):
    expect(rivers.get_by_role("button", name="Unarchive")).to_be_hidden()
    press(rivers, "Why do rivers meander?", "Archive")
    rivers.reload()
    rivers.get_by_role("button", name="Unarchive").click()
    expect(rivers.get_by_role("button", name="Unarchive")).to_be_hidden()
    expect(other.get_by_role("link", name="Why do rivers meander?")).to_be_visible()


def above(page: Page) -> Locator:
    """The button in the bar above the text that opens the menu of the shown conversation."""
    return page.get_by_role("main").get_by_role("button", name="More", exact=True).first


def press_above(page: Page, name: str) -> None:
    above(page).click()
    page.get_by_role("group", name="Conversation").get_by_role("button", name=name, exact=True).click()


def test_an_archived_conversation_has_its_menu_where_it_is_read(rivers: Page, other: Page):
    press_above(rivers, "Archive")
    expect(rivers.get_by_role("link", name="Why do rivers meander?")).to_have_count(0)
    rivers.reload()
    expect(rivers.get_by_role("button", name="Unarchive")).to_be_visible()
    press_above(rivers, "Rename")
    rivers.get_by_role("textbox", name="Title").fill("Of rivers")
    rivers.keyboard.press("Enter")
    for page in (rivers, other):
        expect(page).to_have_title("Of rivers · Brook")
    expect(above(rivers)).to_be_focused()

    above(rivers).click()
    with rivers.expect_download() as download:
        rivers.get_by_role("link", name="Export as Markdown").click()
    assert download.value.suggested_filename.endswith(".md")

    above(rivers).click()
    menu = rivers.get_by_role("group", name="Conversation")
    expect(menu.get_by_role("button")).to_have_text(["Rename", "Pin", "Unarchive", "Delete"])
    menu.get_by_role("button", name="Pin").click()
    press_above(rivers, "Unarchive")
    expect(rivers.get_by_role("button", name="Unarchive")).to_be_hidden()
    for page in (rivers, other):
        expect_listed(page, "Pinned", "Of rivers")
    above(rivers).click()
    expect(menu.get_by_role("button")).to_have_text(["Rename", "Unpin", "Archive", "Delete"])


def test_the_shown_conversation_is_deleted_and_brought_back_from_above(rivers: Page):
    press_above(rivers, "Delete")
    expect(rivers.get_by_role("heading", name="This conversation was deleted")).to_be_visible()
    expect(rivers.locator(".topbar").get_by_role("button", name="More")).to_be_hidden()
    rivers.get_by_role("button", name="Undo").click()
    expect(answer(rivers)).to_contain_text("They seek the sea.")
    expect(above(rivers)).to_be_visible()


def test_a_title_that_is_typed_above_is_given_up_with_its_conversation(rivers: Page):
    press_above(rivers, "Rename")
    box = rivers.get_by_role("textbox", name="Title")
    box.fill("x" * 205)
    expect(rivers.get_by_text("A title has at most 200 characters")).to_be_visible()
    rivers.get_by_role("button", name="New chat").click()
    expect(box).to_have_count(0)
    expect(rivers.get_by_role("heading", name="What shall we talk about?")).to_be_visible()
    expect(rivers.locator(".topbar").get_by_role("button", name="More")).to_be_hidden()
    rivers.get_by_role("link", name="Why do rivers meander?").click()
    press_above(rivers, "Rename")
    box.press("Escape")
    expect(rivers.get_by_role("heading", name="Why do rivers meander?", level=1)).to_be_visible()


def test_what_is_pinned_stands_first_in_every_tab_and_after_a_reload(
    rivers: Page, other: Page, upstream: ScriptedUpstreamThread
):
    rivers.get_by_role("button", name="New chat").click()
    upstream.play(mira(["Small."]))
    ask(rivers, "Photons?")
    expect_status(rivers, "complete")
    press(rivers, "Why do rivers meander?", "Pin")
    for page in (rivers, other):
        expect_listed(page, "Pinned", "Why do rivers meander?")
        expect_listed(page, "Today", "Photons?")
    rivers.reload()
    expect_listed(rivers, "Pinned", "Why do rivers meander?")
    press(rivers, "Why do rivers meander?", "Unpin")
    expect_listed(other, "Today", "Photons?", "Why do rivers meander?")
    expect(group(other, "Pinned")).to_have_count(0)


def test_the_list_is_ordered_by_the_days_of_the_reader_and_again_at_midnight(
    brook: ServedBrook, rivers: Page, browser: Browser
):
    context = browser.new_context(storage_state=rivers.context.storage_state(), timezone_id="Pacific/Auckland")
    page = context.new_page()
    page.clock.install(time=datetime.now(UTC).astimezone(ZoneInfo("Pacific/Auckland")).replace(hour=23, minute=58))
    set_updated(brook, datetime.now(UTC).astimezone(ZoneInfo("Pacific/Auckland")).replace(hour=23, minute=30))
    page.goto(rivers.url)
    expect_listed(page, "Today", "Why do rivers meander?")
    page.clock.run_for(3 * 60_000)
    expect_listed(page, "Yesterday", "Why do rivers meander?")
    expect(group(page, "Today")).to_have_count(0)
    context.close()


def test_titles_of_any_kind_are_shown_as_text_on_one_line(brook: ServedBrook, rivers: Page):
    height = listed(rivers, "Why do rivers meander?").evaluate("row => row.offsetHeight")
    titles = [" ".join(kept(text).split())[:200] or "Untitled" for _, text in NAUGHTY]
    for title in titles:
        add_conversation(brook, title)
    rivers.reload()
    expect(rivers.get_by_role("region", name="Today").get_by_role("link")).to_have_count(len(titles) + 1)
    shown = rivers.locator(".conversation-title").evaluate_all("titles => titles.map(title => title.textContent)")
    heights = rivers.locator(".conversation").evaluate_all(
        "rows => rows.map(row => row.getBoundingClientRect().height)"
    )
    assert sorted(shown) == sorted([*titles, "Why do rivers meander?"])
    assert set(heights) == {height}


def test_deleting_a_conversation_ends_the_answer_under_way(rivers: Page, upstream: ScriptedUpstreamThread):
    upstream.next_request()
    upstream.play(mira(["On and on ", Hang()]))
    ask(rivers, "Go on")
    expect(answer(rivers)).to_contain_text("On and on")
    press(rivers, "Why do rivers meander?", "Delete")
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


def test_undo_without_a_connection_stays_until_it_can_be_done(rivers: Page, context: BrowserContext):
    press(rivers, "Why do rivers meander?", "Delete")
    undo = rivers.get_by_role("button", name="Undo")
    expect(rivers.get_by_role("heading", name="This conversation was deleted")).to_be_visible()
    context.set_offline(True)
    expect(rivers.get_by_text("Offline. Your text is kept")).to_be_visible()
    undo.click()
    expect(rivers.get_by_text("not connected just now")).to_be_visible()
    expect(undo).to_be_visible()
    context.set_offline(False)
    expect(rivers.get_by_text("Offline.")).to_have_count(0)
    undo.click()
    expect(undo).to_be_hidden()
    expect(answer(rivers)).to_contain_text("They seek the sea.")
