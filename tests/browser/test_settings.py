"""The settings, and that they reach the chat: look, Enter, what new conversations ask for; and one's own data."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, expect

from tests.browser.conftest import ARGUMENTS, program
from tests.browser.steps import answer, ask, expect_status, listed
from tests.fixtures.chatgpt import plain
from tests.support.scripts import Hang, json_answer, mira
from tests.support.server import PASSWORD, ServedBrook
from tests.support.upstream_thread import ScriptedUpstreamThread

DARK = "rgb(18, 25, 24)"
LIGHT = "rgb(251, 252, 250)"


@pytest.fixture
def settings(chat: Page, brook: ServedBrook) -> Page:
    chat.goto(f"{brook.url}/settings/")
    return chat


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Your settings are saved.")


def ground(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


@pytest.mark.parametrize(("system", "choice", "expected"), [("light", "Dark", DARK), ("dark", "Light", LIGHT)])
def test_the_chosen_theme_goes_before_the_system_s_on_every_page(
    settings: Page, brook: ServedBrook, system: str, choice: str, expected: str
):
    settings.emulate_media(color_scheme=system)
    assert ground(settings) != expected
    settings.get_by_label(choice, exact=True).check()
    save(settings)
    for path in ("/settings/", "/", "/conversations/", "/settings/password/"):
        settings.goto(brook.url + path)
        assert ground(settings) == expected, path
        assert settings.evaluate("getComputedStyle(document.documentElement).colorScheme") == choice.lower()


def test_enter_breaks_the_line_for_who_wants_it_so(
    settings: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread
):
    settings.get_by_label("Breaks the line; Ctrl+Enter or Cmd+Enter sends the message").check()
    save(settings)
    settings.goto(brook.url)
    box = settings.get_by_role("textbox", name="Message", exact=True)
    box.press_sequentially("one")
    box.press("Enter")
    box.press_sequentially("two")
    expect(settings.get_by_role("article")).to_have_count(0)
    box.press("Control+Enter")
    expect_status(settings, "complete")
    assert upstream.next_request().body["messages"][-1]["content"] == "one\ntwo"


def test_new_conversations_ask_for_what_was_set(settings: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread):
    settings.get_by_label("Model", exact=True).fill("mira-2")
    settings.get_by_label("Instructions").fill("Be brief.\nBe kind.")
    settings.get_by_label("Temperature").fill("0.35")
    settings.get_by_label("Longest answer, in tokens").fill("77")
    save(settings)
    expect(settings.get_by_label("Instructions")).to_have_value("Be brief.\nBe kind.")
    settings.goto(brook.url)
    ask(settings, "Why?")
    expect_status(settings, "complete")
    body = upstream.next_request().body
    assert body["messages"][0] == {"role": "system", "content": "Be brief.\nBe kind."}
    assert (body["model"], body["temperature"], body["max_tokens"]) == ("mira-2", 0.35, 77)


def test_the_models_that_are_offered_can_be_chosen_by_their_names(
    page: Page, context: BrowserContext, upstream: ScriptedUpstreamThread, tmp_path: Path
):
    upstream.models = json_answer(200, {"data": [{"id": "mira-1"}, {"id": "mira-2"}]})  # asked for as the server starts
    with ServedBrook(tmp_path / "data", UPSTREAM_URL=upstream.url) as brook:
        _log_in(context, brook)
        page.goto(f"{brook.url}/settings/")
        options = page.locator("datalist option")
        expect(options).to_have_count(2)
        assert [option.get_attribute("value") for option in options.all()] == ["mira-1", "mira-2"]
        page.close()


def test_what_will_not_do_is_said_beside_its_box_and_what_was_typed_is_kept(settings: Page):
    settings.get_by_label("Instructions").fill("Be brief.")
    settings.evaluate("document.querySelector('[data-settings]').noValidate = true")
    settings.get_by_label("Temperature").fill("9")
    settings.get_by_role("button", name="Save", exact=True).click()
    expect(settings.get_by_role("alert")).to_contain_text("Nothing was saved")
    expect(settings.get_by_label("Temperature")).to_have_attribute("aria-invalid", "true")
    expect(settings.get_by_label("Temperature")).to_have_accessible_description(
        "Low keeps to the likeliest words, high is freer. Empty: as the model does by itself."
        " Ensure this value is less than or equal to 2."
    )
    expect(settings.get_by_label("Instructions")).to_have_value("Be brief.")


def test_deleting_everything_takes_the_password_and_stops_what_is_being_written(
    chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread
):
    upstream.play(mira(["On and on ", Hang()]))
    ask(chat, "Why?")
    expect(answer(chat)).to_contain_text("On and on")
    request = upstream.next_request()
    chat.goto(f"{brook.url}/settings/")
    chat.get_by_role("link", name="Delete all conversations").click()
    button = chat.get_by_role("button", name="Delete all conversations")
    chat.get_by_label("Your password").fill("wrong")
    button.click()
    expect(chat.get_by_text("This is not your password. Nothing was deleted.")).to_be_visible()
    chat.get_by_label("Your password").fill(PASSWORD)
    button.click()
    expect(chat.get_by_role("status")).to_have_text("1 conversation was deleted.")
    request.hung_up(within=5.0)
    chat.goto(brook.url)
    expect(chat.get_by_role("link", name="Why?")).to_have_count(0)


def test_deleting_everything_is_seen_at_once_in_every_tab(
    chat: Page, context: BrowserContext, brook: ServedBrook, upstream: ScriptedUpstreamThread
):
    for question in ("Why?", "How?"):
        chat.goto(brook.url)
        upstream.play(mira(["Because."]))
        ask(chat, question)
        expect_status(chat, "complete")
    page = context.new_page()
    page.goto(f"{brook.url}/settings/delete-all/")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Delete all conversations").click()
    expect(chat.get_by_text("This conversation was deleted")).to_be_visible()
    expect(listed(chat, "Why?")).to_have_count(0)
    expect(listed(chat, "How?")).to_have_count(0)


def test_what_is_imported_stands_at_once_in_the_list_of_every_tab(
    chat: Page, context: BrowserContext, brook: ServedBrook
):
    page = context.new_page()
    page.goto(f"{brook.url}/import/")
    content = json.dumps([plain(title="Brought along")]).encode()
    file = FilePayload(name="conversations.json", mimeType="application/json", buffer=content)
    page.get_by_label("File", exact=True).set_input_files([file])
    page.get_by_role("button", name="Import").click()
    expect(listed(chat, "Brought along")).to_be_visible()


def test_the_password_can_be_changed(settings: Page, brook: ServedBrook):
    settings.get_by_role("link", name="Change password").click()
    expect(settings.get_by_text("at least 8 characters")).to_be_visible()
    settings.get_by_label("Old password").fill(PASSWORD)
    for name in ("New password", "New password once more"):
        settings.get_by_label(name, exact=True).fill("another horse battery")
    settings.get_by_role("button", name="Change password").click()
    expect(settings.get_by_role("status")).to_contain_text("Your password is changed.")
    assert brook.log_in("alice", "another horse battery")


@pytest.mark.parametrize("width", [320, 640])
def test_nothing_reaches_beyond_a_narrow_screen(settings: Page, brook: ServedBrook, width: int):
    settings.set_viewport_size({"width": width, "height": 640})
    own = ("/settings/", "/settings/password/", "/settings/delete-all/")
    for path in (*own, "/connection/", "/conversations/", "/import/", "/search/", "/search/?q=" + "river" * 20):
        settings.goto(brook.url + path)
        assert settings.evaluate("document.documentElement.scrollWidth") <= width, path


def test_brook_can_be_installed(brook: ServedBrook, browser: Browser, tmp_path: Path):
    """In a browser with a profile: one that keeps nothing offers no installing."""
    context = browser.browser_type.launch_persistent_context(
        tmp_path / "profile", executable_path=program(), args=ARGUMENTS
    )
    try:
        _log_in(context, brook)
        page = context.new_page()
        page.goto(brook.url)
        inspector = context.new_cdp_session(page)
        assert inspector.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
        manifest = inspector.send("Page.getAppManifest")
        assert manifest["errors"] == []
        assert manifest["url"] == f"{brook.url}/manifest.webmanifest"
    finally:
        context.close()


def _log_in(context: BrowserContext, brook: ServedBrook) -> None:
    name, _, value = brook.make_account("alice").partition("=")
    context.add_cookies([{"name": name, "value": value, "url": brook.url}])
