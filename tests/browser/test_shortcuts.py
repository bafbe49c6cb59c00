"""The shortcuts, and the list of them. Which keys they are: tests/js/shortcuts.test.js."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import ask, expect_status
from tests.support.scripts import mira
from tests.support.upstream_thread import ScriptedUpstreamThread


def message_box(page: Page):
    return page.get_by_role("textbox", name="Message")


def test_the_list_of_shortcuts_opens_under_a_key_and_behind_a_button(chat: Page):
    dialog = chat.get_by_role("dialog", name="Keyboard shortcuts")
    chat.get_by_role("button", name="Keyboard shortcuts").click()
    expect(dialog).to_contain_text("Search everything that was said")
    chat.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    chat.keyboard.press("?")
    expect(dialog).to_be_visible()


def test_what_is_typed_into_a_box_is_no_shortcut(chat: Page):
    message_box(chat).focus()
    chat.keyboard.type("Why? And/or how?")
    expect(message_box(chat)).to_have_value("Why? And/or how?")
    expect(chat.get_by_role("dialog")).to_be_hidden()


def test_single_keys_can_be_switched_off_and_stay_off(chat: Page):
    chat.get_by_role("button", name="Keyboard shortcuts").click()
    chat.get_by_role("checkbox").uncheck()
    chat.keyboard.press("Escape")
    chat.reload()
    chat.get_by_role("button", name="Keyboard shortcuts").focus()
    chat.keyboard.press("?")
    chat.keyboard.press("/")
    expect(chat.get_by_role("dialog")).to_be_hidden()
    expect(message_box(chat)).not_to_be_focused()
    chat.keyboard.press("Control+k")
    expect(chat.get_by_role("dialog", name="Search")).to_be_visible()


@pytest.mark.parametrize("key", ["Control+k", "Meta+k"])
def test_ctrl_and_cmd_both_open_the_search(chat: Page, key: str):
    message_box(chat).press(key)
    expect(chat.get_by_role("dialog", name="Search")).to_be_visible()


def test_a_slash_goes_to_the_message_box_and_is_not_typed(chat: Page):
    chat.get_by_role("button", name="Keyboard shortcuts").focus()
    chat.keyboard.press("/")
    expect(message_box(chat)).to_be_focused()
    expect(message_box(chat)).to_have_value("")


def test_a_new_chat_begins_from_the_keyboard(chat: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["They seek the sea."]))
    ask(chat, "Why do rivers meander?")
    expect_status(chat, "complete")
    chat.keyboard.press("Control+Shift+O")
    expect(chat.get_by_role("heading", name="What shall we talk about?")).to_be_visible()
    expect(message_box(chat)).to_be_focused()


def test_the_list_is_folded_away_and_stays_so_after_a_reload(chat: Page):
    sidebar = chat.get_by_role("navigation", name="Conversations")
    expect(sidebar).to_be_visible()
    chat.keyboard.press("Control+Shift+S")
    expect(sidebar).to_be_hidden()
    expect(chat.get_by_role("button", name="New chat")).to_be_visible()
    chat.reload()
    expect(sidebar).to_be_hidden()
    chat.get_by_role("button", name="Conversations", exact=True).click()
    expect(sidebar).to_be_visible()
    chat.reload()
    expect(sidebar).to_be_visible()


def test_a_menu_stays_beside_its_button_when_the_keyboard_of_a_phone_leaves(
    chat: Page, upstream: ScriptedUpstreamThread
):
    chat.set_viewport_size({"width": 390, "height": 480})
    upstream.play(mira(["They seek the sea.\n\n" * 20]))
    ask(chat, "Why do rivers meander?")
    expect_status(chat, "complete")
    more = chat.get_by_role("article", name="Assistant").get_by_role("button", name="More")
    more.click()
    menu = chat.get_by_role("group", name="More")
    chat.set_viewport_size({"width": 390, "height": 844})
    chat.evaluate("new Promise((done) => setTimeout(done, 200))")
    expect(menu).to_be_visible()
    expect(menu).to_be_in_viewport(ratio=1)
    stands, button = menu.bounding_box(), more.bounding_box()
    assert stands is not None
    assert button is not None
    gap = max(stands["y"] - button["y"] - button["height"], button["y"] - stands["y"] - stands["height"])
    assert -12 <= gap <= 12, (stands, button)
    chat.set_viewport_size({"width": 844, "height": 390})
    expect(menu).to_be_hidden()


@pytest.mark.parametrize("way", ["Escape", "Hide conversations"])
def test_on_a_phone_the_drawer_takes_the_focus_and_gives_it_back(chat: Page, way: str):
    chat.set_viewport_size({"width": 390, "height": 844})
    opener = chat.get_by_role("button", name="Conversations", exact=True)
    opener.click()
    sidebar = chat.get_by_role("navigation", name="Conversations")
    expect(sidebar.get_by_role("button", name="New chat")).to_be_focused()
    if way == "Escape":
        chat.keyboard.press("Escape")
    else:
        chat.get_by_role("button", name=way).click()
    expect(sidebar).to_be_hidden()
    expect(opener).to_be_focused()
