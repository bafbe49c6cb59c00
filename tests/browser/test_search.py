"""The search dialog: what was said is found while one types, and Enter goes there."""

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tests.browser.seeds import long_talk
from tests.browser.steps import answer, ask, expect_status, until_found
from tests.support.scripts import Hang, mira
from tests.support.server import ServedBrook
from tests.support.upstream_thread import ScriptedUpstreamThread


@pytest.fixture
def library(brook: ServedBrook, chat: Page, upstream: ScriptedUpstreamThread) -> Page:
    """Two conversations; the second one is shown."""
    for question, reply in (
        ("Why do rivers meander?", "Rivers seek the <b>sea</b>."),
        ("Photons?", "Rivers of light."),
    ):
        chat.get_by_role("button", name="New chat").click()
        upstream.play(mira([reply]))
        ask(chat, question)
        expect_status(chat, "complete")
    until_found(brook)
    return chat


def search(page: Page, words: str) -> Locator:
    """Opens the dialog and types; the dialog."""
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog", name="Search")
    dialog.get_by_role("combobox").fill(words)
    return dialog


def test_what_was_said_is_found_and_enter_goes_there_without_a_reload(library: Page):
    library.evaluate("window.stayed = true")
    dialog = search(library, "sea")
    found = dialog.get_by_role("option")
    expect(found).to_have_count(1)
    expect(found).to_contain_text("Rivers seek the <b>sea</b>.")
    assert found.locator("mark").all_text_contents() == ["sea"]
    library.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(answer(library)).to_contain_text("Rivers seek the")
    expect(library).to_have_title("Why do rivers meander? · Brook")
    assert library.evaluate("window.stayed")


def test_enter_waits_for_the_answer_to_what_stands_in_the_box(library: Page, context: BrowserContext):
    dialog = search(library, "photons")
    expect(dialog.get_by_role("option").first).to_be_visible()
    held: list[Route] = []
    context.route("**/search/?q=sea", lambda route: held.append(route))
    with library.expect_request("**/search/?q=sea"):
        dialog.get_by_role("combobox").fill("sea")
        library.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    expect(library).to_have_title("Photons? · Brook")
    held[0].continue_()
    expect(dialog).to_be_hidden()
    expect(library).to_have_title("Why do rivers meander? · Brook")


def test_enter_goes_nowhere_when_another_word_follows_it(library: Page, context: BrowserContext):
    dialog = search(library, "photons")
    expect(dialog.get_by_role("option").first).to_be_visible()
    dialog.get_by_role("combobox").fill("sea")
    library.keyboard.press("Enter")
    dialog.get_by_role("combobox").fill("rivers")
    expect(dialog.get_by_role("option").nth(2)).to_be_visible()
    expect(dialog).to_be_visible()


def test_the_arrow_keys_go_through_what_was_found_and_the_box_keeps_the_focus(library: Page):
    dialog = search(library, "rivers")
    found = dialog.get_by_role("option")
    expect(found.nth(2)).to_be_visible()
    expect(found.first).to_have_attribute("aria-selected", "true")
    count = found.count()
    assert count > 2
    library.keyboard.press("ArrowUp")
    expect(found.nth(count - 1)).to_have_attribute("aria-selected", "true")
    library.keyboard.press("ArrowDown")
    expect(found.first).to_have_attribute("aria-selected", "true")
    box = dialog.get_by_role("combobox")
    expect(box).to_be_focused()
    expect(box).to_have_attribute("aria-activedescendant", found.first.get_attribute("id"))


def test_the_search_is_behind_a_button_as_well_and_says_what_to_do(chat: Page):
    chat.get_by_role("button", name="Search").click()
    dialog = chat.get_by_role("dialog", name="Search")
    expect(dialog).to_contain_text("Type a word or two")
    chat.keyboard.type("zebra")
    expect(dialog).to_contain_text("Nothing was found for “zebra”.")
    chat.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_all_results_stand_on_a_page_of_their_own(library: Page):
    dialog = search(library, "rivers")
    expect(dialog.get_by_role("option").first).to_be_visible()
    dialog.get_by_role("link", name="All results").click()
    library.wait_for_url("**/search/?q=rivers")


def test_without_a_network_the_search_says_so_and_tries_again(library: Page, context: BrowserContext):
    dialog = search(library, "rivers")
    expect(dialog.get_by_role("option").first).to_be_visible()
    context.set_offline(True)
    dialog.get_by_role("combobox").fill("sea")
    expect(dialog).to_contain_text("Brook cannot be reached just now")
    context.set_offline(False)
    dialog.get_by_role("button", name="Try again").click()
    expect(dialog.get_by_role("option")).to_have_count(1)


@pytest.mark.own_browser
def test_a_search_that_cannot_be_loaded_says_so_and_opens_as_soon_as_it_can(chat: Page, context: BrowserContext):
    expect(chat.get_by_role("button", name="Model: scripted")).to_be_visible()
    context.set_offline(True)
    chat.keyboard.press("Control+k")
    expect(chat.get_by_text("This part of the page could not be loaded.")).to_be_visible()
    context.set_offline(False)
    chat.keyboard.press("Control+k")
    expect(chat.get_by_role("dialog", name="Search")).to_be_visible()


def test_escape_closes_the_search_and_stops_no_answer(library: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["Still writing ", Hang()]))
    ask(library, "Go on")
    expect(answer(library)).to_contain_text("Still writing")
    dialog = search(library, "sea")
    library.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect_status(library, "streaming")


# What was found, in its message

BEFORE = "\n\n".join(f"Paragraph {number}. Water finds its way, and takes its time." for number in range(200))
AFTER = BEFORE.replace("Paragraph", "Later")
LONG = f"{BEFORE}\n\nHere lives the **Ptérodactyle**, far below, and an *archa*eopteryx.\n\n{AFTER}\n\nA zeugma."

MARKED = "[...(CSS.highlights.get('found') ?? [])].map(String)"
MARKED_TOP = "[...CSS.highlights.get('found')][0].getBoundingClientRect().top"


@pytest.fixture
def tome(brook: ServedBrook, chat: Page) -> Page:
    """A conversation of two long answers, with a word far down in the first one; another chat is shown."""
    long_talk(brook, ["Tell me", LONG, "And then?", BEFORE])
    until_found(brook)
    return chat


def expect_found(page: Page, words: list[str]) -> None:
    page.wait_for_function(f"(words) => String({MARKED}) === String(words)", arg=words)
    page.wait_for_timeout(300)
    top = page.evaluate(MARKED_TOP)
    assert 60 < top < 640, top


def test_the_word_that_was_found_is_in_view_and_marked(tome: Page):
    dialog = search(tome, "pterodactyle")
    expect(dialog.get_by_role("option")).to_have_count(1)
    tome.keyboard.press("Enter")
    expect_found(tome, ["Ptérodactyle"])
    tome.keyboard.press("Shift")
    assert tome.evaluate(MARKED) == []


def test_in_the_shown_conversation_the_search_leads_to_the_next_word(tome: Page):
    for words, found in (("pterodactyle", "Ptérodactyle"), ("zeugma", "zeugma"), ("pterod", "Ptérodactyle")):
        dialog = search(tome, words)
        expect(dialog.get_by_role("option").first).to_contain_text(found)
        tome.keyboard.press("Enter")
        expect_found(tome, [found])


def test_the_page_of_the_search_leads_to_the_word_as_well(tome: Page, brook: ServedBrook):
    tome.goto(f"{brook.url}/search/?q=far+PTERODACTYLE")
    tome.locator(".found-link").click()
    expect_found(tome, ["Ptérodactyle", "far"])


@pytest.mark.parametrize(("words", "found"), [("archaeopteryx", "archaeopteryx"), ("archa eopteryx", "archa,eopteryx")])
def test_a_word_that_is_split_over_elements_is_marked(tome: Page, brook: ServedBrook, words: str, found: str):
    conversation, messages = long_talk(brook, ["Tell me", LONG, "And then?", BEFORE])
    tome.goto(f"{brook.url}/c/{conversation}/#m-{messages[1]}&words={words}")
    expect_found(tome, found.split(","))


def test_a_word_at_the_head_of_a_message_leaves_the_head_in_view(tome: Page):
    dialog = search(tome, "tell")
    expect(dialog.get_by_role("option")).to_have_count(1)
    tome.keyboard.press("Enter")
    expect_found(tome, ["Tell"])
    assert tome.evaluate("document.querySelector('[data-scroller]').scrollTop") < 40


def test_what_is_not_found_in_the_shown_text_leads_to_its_message(tome: Page, brook: ServedBrook):
    conversation, messages = long_talk(brook, ["Tell me", LONG, "And then?", BEFORE])
    tome.goto(f"{brook.url}/c/{conversation}/#m-{messages[1]}&words=zebra")
    expect(tome.get_by_role("article", name="Assistant").first).to_be_focused()
    expect(tome.get_by_text("Paragraph 0.").first).to_be_in_viewport()
    assert tome.evaluate(MARKED) == []
