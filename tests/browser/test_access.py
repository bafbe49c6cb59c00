"""Every page of Brook for everybody: axe-core finds nothing, in both themes, on a phone and on a desktop; all is within
reach of the keyboard, and one sees where one is; large text and few colours take nothing away."""

import re
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import faults
from tests.browser.conftest import Browsers, make_alice
from tests.browser.steps import answer, ask, expect_status, press, question, stop
from tests.support.dialects import mira_chunk
from tests.support.scripts import Gate, Hang, Send, WaitFor, json_answer, mira
from tests.support.server import ServedBrook
from tests.support.upstream_thread import ScriptedUpstreamThread

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

MARKDOWN = """# Rivers

A straight river is *unstable*, **always**, says [somebody](https://example.org/), by `law`.

1. Outside it is fast,
2. inside it is slow:
   - [x] point bars grow

| Quantity | Outer bank |
| --- | --- |
| Speed | 1.8 m/s |

```python
def wavelength(width): return 11 * width
```

> A meander is a memory. Its wavelength is $\\lambda$.
"""

PAGES = [
    "/conversations/",
    "/conversations/?archived=1",
    "/search/",
    "/search/?q=river",
    "/settings/",
    "/settings/password/",
    "/settings/delete-all/",
    "/connection/",
    "/import/",
    "/nowhere/",
]

by_theme = pytest.mark.parametrize("theme", ["light", "dark"])
by_size = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


@pytest.fixture
def site(brook: ServedBrook, browsers: Browsers, upstream: ScriptedUpstreamThread) -> Iterator["Site"]:
    with ExitStack() as stack:
        yield Site(brook, browsers, upstream, stack)


def thought(text: str) -> bytes:
    return mira_chunk({"reasoning_content": text})


class Site:
    """The server, and browsers of alice's in any theme and size."""

    def __init__(
        self, brook: ServedBrook, browsers: Browsers, upstream: ScriptedUpstreamThread, stack: ExitStack
    ) -> None:
        self.brook = brook
        self.upstream = upstream
        self._browsers = browsers
        self._stack = stack
        self._cookie = ""

    def page(self, path: str = "/", size: dict[str, int] = DESKTOP, known: bool = True, **options: object) -> Page:
        touch = {"has_touch": True, "is_mobile": True} if size is PHONE else {}
        shape = {"viewport": size, "reduced_motion": "reduce", **touch, **options}
        context = self._stack.enter_context(self._browsers.one(**shape))
        if known:
            self._cookie = self._cookie or make_alice(self.brook)
            name, _, value = self._cookie.partition("=")
            context.add_cookies([{"name": name, "value": value, "url": self.brook.url}])
        page = context.new_page()
        page.goto(self.brook.url + path)
        return page

    def ask(self, page: Page, question: str, *answers: object) -> None:
        self.upstream.play(mira(list(answers)))
        ask(page, question)


@by_theme
@by_size
def test_the_chat_has_no_faults_in_any_of_its_states(site: Site, theme: str, size: dict[str, int]):
    page = site.page(size=size, color_scheme=theme)
    expect(page.get_by_role("heading", name="What shall we talk about?")).to_be_visible()
    assert faults(page) == []

    site.ask(page, "Why do rivers meander?", MARKDOWN)
    expect_status(page, "complete")
    assert faults(page) == []

    site.ask(page, "Go on", "They seek ", Hang())
    expect(answer(page)).to_contain_text("They seek")
    assert faults(page) == []
    stop(page)
    expect_status(page, "cancelled")
    assert faults(page) == []

    page.get_by_role("button", name="Edit", exact=True).last.click()
    assert faults(page) == []
    page.keyboard.press("Escape")


@by_theme
@by_size
def test_the_list_and_its_menus_have_no_faults(site: Site, theme: str, size: dict[str, int]):
    page = site.page(size=size, color_scheme=theme)
    site.ask(page, "Why do rivers meander?", "They seek the sea.")
    expect_status(page, "complete")
    if size is PHONE:
        page.get_by_role("button", name="Conversations", exact=True).click()
    row = page.get_by_role("navigation", name="Conversations").get_by_role("listitem")
    row.get_by_role("button", name="More").focus()
    assert faults(page) == []

    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Rename")).to_be_focused()
    assert faults(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Title")).to_be_focused()
    assert faults(page) == []
    page.keyboard.press("Escape")

    page.get_by_role("button", name="alice").click()
    expect(page.get_by_role("link", name="Settings")).to_be_visible()
    assert faults(page) == []
    page.keyboard.press("Escape")

    row.get_by_role("button", name="More").click()
    page.get_by_role("group", name="Conversation").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Deleted.")).to_be_visible()
    expect(row).to_have_count(0)
    assert faults(page) == []
    if size is PHONE:
        page.keyboard.press("Escape")
        expect(page.get_by_role("heading", name="This conversation was deleted")).to_be_visible()
        assert faults(page) == []


@by_theme
@by_size
def test_the_dialogs_have_no_faults(site: Site, theme: str, size: dict[str, int]):
    page = site.page(size=size, color_scheme=theme)
    site.ask(page, "Why do rivers meander?", "They seek the sea.")
    expect_status(page, "complete")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Search")).to_contain_text("Type a word or two")
    assert faults(page) == []
    page.keyboard.type("rivers")
    expect(page.get_by_role("option").first).to_be_visible()
    assert faults(page) == []
    page.get_by_role("combobox").fill("zebra")
    expect(page.get_by_text("Nothing was found")).to_be_visible()
    assert faults(page) == []
    page.keyboard.press("Escape")

    page.get_by_role("article").last.click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    assert faults(page) == []


@by_theme
@by_size
def test_what_is_chosen_and_shared_has_no_faults(site: Site, theme: str, size: dict[str, int]):
    page = site.page(size=size, color_scheme=theme)
    site.ask(page, "Why do rivers meander?", "They seek the sea.")
    expect_status(page, "complete")
    address = page.url

    page.get_by_role("button", name="Conversation options").click()
    expect(page.get_by_role("dialog", name="Conversation options")).to_be_visible()
    assert faults(page) == []
    page.keyboard.press("Escape")

    page.get_by_role("button", name=re.compile("^Model")).click()
    expect(page.get_by_role("dialog", name="Model")).to_be_visible()
    assert faults(page) == []
    page.keyboard.press("Escape")

    answer(page).get_by_role("button", name="More", exact=True).click()
    assert faults(page) == []
    page.keyboard.press("Escape")

    answer(page).locator("[data-part=model]").evaluate("(model) => { model.textContent = 'a-model-with-a-long-name'; }")
    assert_nothing_is_wider_than_the_page(page)
    answer(page).get_by_role("button", name="Good answer").click()
    answer(page).get_by_role("button", name="Add a comment").click()
    assert faults(page) == []
    assert_nothing_is_wider_than_the_page(page)
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Share", exact=True).click()
    dialog = page.get_by_role("dialog", name="Share this conversation")
    dialog.get_by_role("button", name="Make a link").click()
    link = dialog.get_by_role("textbox")
    expect(link).to_be_visible()
    assert faults(page) == []
    shared = link.input_value()

    page.goto(shared)
    expect(page.get_by_text("They seek the sea.")).to_be_visible()
    assert faults(page) == []

    page.goto(address)
    page.get_by_role("button", name="New chat").locator("visible=true").click()
    page.get_by_role("button", name="Temporary chat").click()
    assert faults(page) == []
    site.ask(page, "And why do they dry up?", "They are drunk up.")
    expect_status(page, "complete")
    expect(page.get_by_role("heading", name="Temporary chat", level=1)).to_be_visible()
    assert faults(page) == []


def assert_nothing_is_wider_than_the_page(page: Page) -> None:
    assert page.locator("[data-scroller]").evaluate("(box) => box.scrollWidth <= box.clientWidth")


@by_size
def test_a_first_message_that_waits_has_no_faults(site: Site, size: dict[str, int]):
    page = site.page(size=size)
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_enabled()
    page.context.set_offline(True)
    expect(page.get_by_text("Offline.").first).to_be_visible()
    ask(page, "Why do rivers meander?")
    expect(question(page)).to_be_visible()
    expect(page.get_by_role("heading", name="New chat", level=1)).to_be_visible()
    assert faults(page) == []


@by_theme
@by_size
def test_the_review_has_no_faults(site: Site, theme: str, size: dict[str, int]):
    page = site.page(size=size, color_scheme=theme)
    site.ask(page, "Why do rivers meander?", "They seek the sea.")
    expect_status(page, "complete")
    page.get_by_role("button", name="Edit", exact=True).last.click()
    site.upstream.play([*map(Send, map(thought, ["Perhaps ", "so."])), *mira(["Because."])])
    page.keyboard.type(" And why?")
    page.keyboard.press("Enter")
    expect(answer(page)).to_contain_text("Because.")
    expect_status(page, "complete")
    answer(page).get_by_role("button", name="Good answer").click()
    transcript = page.url.rsplit("/c/")[1].strip("/")

    found = {}
    for path in [
        "",
        "chat/",
        "chat/conversation/",
        "chat/conversation/?o=-1.2&q=rivers&owner=alice&rating=up",
        "chat/conversation/?q=zebra",
        f"chat/conversation/{transcript}/change/",
        f"chat/conversation/{transcript}/delete/",
        "auth/user/",
    ]:
        page.goto(f"{site.brook.url}/admin/{path}")
        page.wait_for_load_state("networkidle")
        found[path] = faults(page)
    assert not any(found.values()), "\n".join(f"{path}: {one}" for path in found for one in found[path])


@by_theme
@by_size
def test_what_goes_wrong_or_waits_is_said_without_faults(site: Site, theme: str, size: dict[str, int]):
    page = site.page(size=size, color_scheme=theme)
    site.upstream.play(json_answer(429, {"error": {"message": "Too many requests."}}))
    ask(page, "Why do rivers meander?")
    expect_status(page, "failed")
    assert faults(page) == []

    site.upstream.play([*map(Send, map(thought, ["Perhaps ", "so."])), Hang()])
    ask(page, "And why do they dry up?")
    expect(answer(page)).to_contain_text("Perhaps so.")
    page.locator("input[type=file]").set_input_files(
        [
            {"name": "gauge.csv", "mimeType": "text/csv", "buffer": b"day,level"},
            {"name": "film.mp4", "mimeType": "video/mp4", "buffer": b"\0\1\2"},
        ]
    )
    page.get_by_role("textbox", name="Message").fill("What does this say?")
    expect(page.get_by_text("is neither text nor a picture")).to_be_visible()
    assert faults(page) == []

    page.get_by_role("button", name="Remove film.mp4").click()
    page.get_by_role("textbox", name="Message").press("Enter")
    expect(page.get_by_role("group", name="Waiting message")).to_be_visible()
    page.context.set_offline(True)
    expect(page.get_by_text("Offline.").first).to_be_visible()
    assert faults(page) == []


@by_size
def test_in_german_there_are_no_faults(site: Site, size: dict[str, int]):
    page = site.page(size=size, locale="de-DE")
    site.upstream.play(mira([MARKDOWN]))
    page.get_by_role("textbox", name="Nachricht", exact=True).fill("Warum mäandern Flüsse?")
    page.get_by_role("textbox", name="Nachricht", exact=True).press("Enter")
    expect(page.get_by_role("article", name="Assistent")).to_have_attribute("data-status", "complete")
    found = {"/": in_both_themes(page)}
    for way in ("Optionen der Unterhaltung", "Teilen", "Control+k", "?"):
        if way.isalpha() or " " in way:
            page.get_by_role("button", name=way, exact=True).click()
        else:
            page.get_by_role("article", name="Assistent").focus()  # in a box it would be a letter
            page.keyboard.press(way)
        expect(page.get_by_role("dialog")).to_be_visible()
        found[way] = in_both_themes(page)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    above = page.locator(".topbar").get_by_role("button", name="Mehr", exact=True)
    above.click()
    found["Mehr"] = in_both_themes(page)
    page.get_by_role("button", name="Archivieren").click()
    expect(page.get_by_text("Archiviert.")).to_be_visible()
    above.click()
    menu = page.get_by_role("group", name="Unterhaltung")
    expect(menu.get_by_role("button", name="Aus dem Archiv holen")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    for path in PAGES:
        page.goto(site.brook.url + path)
        page.wait_for_load_state("networkidle")
        found[path] = in_both_themes(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
    assert not any(found.values()), found


def in_both_themes(page: Page) -> list[str]:
    """Nothing else differs between them, so the page needs no second way there."""
    found = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        found += faults(page)
    return found


@by_size
def test_the_other_pages_have_no_faults(site: Site, size: dict[str, int]):
    page = site.page(size=size)
    site.ask(page, "Why do rivers meander?", "They seek the sea.")
    expect_status(page, "complete")
    found = {}
    for path in PAGES:
        page.goto(site.brook.url + path)
        page.wait_for_load_state("networkidle")
        found[path] = in_both_themes(page)
    page.goto(f"{site.brook.url}/import/")
    for role, file in (("alert", b"[]\n{"), ("status", b'{"format": "brook", "version": 1, "conversations": []}')):
        page.get_by_label("file").set_input_files({"name": "x.json", "mimeType": "application/json", "buffer": file})
        page.get_by_role("button", name="Import", exact=True).click()
        expect(page.get_by_role(role)).to_be_visible()
        found[role] = in_both_themes(page)
    assert not any(found.values()), found


@by_theme
@by_size
def test_the_pages_for_strangers_have_no_faults(site: Site, theme: str, size: dict[str, int]):
    setup = site.page("/accounts/setup/", size=size, known=False, color_scheme=theme)
    assert faults(setup) == []
    site.brook.make_account("alice")
    login = site.page("/accounts/login/", size=size, known=False, color_scheme=theme)
    assert faults(login) == []
    login.get_by_label("Username").fill("alice")
    login.get_by_label("Password").fill("wrong")
    login.get_by_role("button", name="Log in").click()
    expect(login.get_by_label("Password")).to_have_value("")
    assert faults(login) == []


def test_nothing_moves_by_itself_for_who_does_not_want_that(site: Site):
    page = site.page()
    site.ask(page, "Why do rivers meander?", "They seek ", Hang())
    expect(answer(page)).to_contain_text("They seek")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Search")).to_be_visible()
    assert page.evaluate("document.getAnimations().length") == 0
    page.emulate_media(reduced_motion="no-preference")
    page.wait_for_function("document.getAnimations().length > 0")


def test_what_is_hard_to_read_would_be_found(site: Site):
    page = site.page()
    heading = page.get_by_role("heading", name="What shall we talk about?")
    heading.evaluate("heading => { heading.style.color = 'silver'; }")
    assert [fault.split(":")[0] for fault in faults(page)] == ["color-contrast"]


def test_everything_is_reached_by_tab_and_one_sees_where_one_is(site: Site):
    page = site.page()
    site.ask(page, "Why do rivers meander?", "They seek the sea.")
    expect_status(page, "complete")
    page.get_by_role("link", name="Brook").focus()
    wanted, reached = set(page.evaluate(REACHABLE)), set()
    for _ in range(2 * len(wanted)):
        page.keyboard.press("Tab")
        name, is_seen = page.evaluate(FOCUSED)
        assert is_seen, f"one does not see the focus on {name}"
        reached.add(name)
    assert wanted - reached == set()


def test_on_a_phone_what_was_said_before_is_within_reach_of_the_keyboard_and_not_of_a_finger_that_does_not_see_it(
    site: Site,
):
    page = site.page(size=PHONE)
    for text in ("Why do rivers meander?", "And why do they dry up?"):
        site.ask(page, text, "Because.")
        expect_status(page, "complete")
    first = page.get_by_role("article", name="You").first
    edit = first.get_by_role("button", name="Edit", exact=True)
    box = edit.bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(first.locator(".message-actions")).to_have_css("opacity", "1")
    expect(page.get_by_role("textbox", name="Edit message")).to_have_count(0)
    message_box(page).focus()
    expect(first.locator(".message-actions")).to_have_css("opacity", "0")
    edit.focus()
    expect(edit).to_be_focused()
    expect(first.locator(".message-actions")).to_have_css("opacity", "1")


NAME = """
const nameOf = (one) =>
  [one.tagName, one.ariaLabel ?? one.textContent.trim(), one.closest("article")?.ariaLabel].join(" ");
"""
# A frame stands around it; the message box is the whole of a box whose border changes.
FOCUSED = f"""() => {{
  {NAME}
  const element = document.activeElement;
  const style = getComputedStyle(element);
  const isFramed = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const box = element.closest(".composer-box");
  const look = () => getComputedStyle(box).borderColor + getComputedStyle(box).outline;
  const changes = () => {{
    const focused = look();
    element.blur();
    const other = look();
    element.focus();
    return focused !== other;
  }};
  const isSeen = element === document.body || isFramed || (element.matches(".composer-text") && changes());
  return [nameOf(element), isSeen];
}}"""
REACHABLE = f"""() => {{
  {NAME}
  return [...document.querySelectorAll("button, a[href], input, textarea, select, summary")]
    .filter((one) => one.checkVisibility({{ visibilityProperty: true }}) && !one.disabled && one.tabIndex >= 0)
    .map(nameOf);
}}"""


# What takes its own button away must not leave the keyboard nowhere.


def talked(site: Site) -> Page:
    page = site.page()
    site.ask(page, "Why do rivers meander?", "They seek the sea.")
    expect_status(page, "complete")
    return page


def by_keyboard(button: Locator) -> None:
    button.focus()
    button.page.keyboard.press("Enter")


def message_box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message", exact=True)


def test_after_an_edit_the_keyboard_stands_at_the_new_message(site: Site):
    page = talked(site)
    by_keyboard(page.get_by_role("button", name="Edit", exact=True))
    site.upstream.play(mira(["Because."]))
    page.keyboard.type(" And why?")
    page.keyboard.press("Enter")
    expect(answer(page)).to_contain_text("Because.")
    expect(question(page)).to_contain_text("2 / 2")
    expect(question(page)).to_be_focused()


@pytest.mark.parametrize("name", ["Regenerate", "Retry", "Continue"])
def test_after_another_answer_was_asked_for_the_keyboard_stands_at_it(site: Site, name: str):
    page = site.page()
    first = {
        "Regenerate": mira(["First."]),
        "Retry": json_answer(429, {"error": {"message": "Too many requests."}}),
        "Continue": mira(["First"], finish="length"),
    }
    site.upstream.play(first[name])
    ask(page, "Why do rivers meander?")
    expect(answer(page).get_by_role("button", name=name, exact=True)).to_be_visible()
    site.upstream.play(mira([" Second."]))
    by_keyboard(answer(page).get_by_role("button", name=name, exact=True))
    expect(answer(page)).to_contain_text("Second.")
    expect(answer(page)).to_be_focused()


def test_after_send_now_the_keyboard_stands_at_the_message_box(site: Site):
    page = site.page()
    site.ask(page, "Why do rivers meander?", "They seek ", Hang())
    expect(answer(page)).to_contain_text("They seek")
    message_box(page).fill("And why do they dry up?")
    message_box(page).press("Enter")
    site.upstream.play(mira(["Because."]))
    by_keyboard(page.get_by_role("button", name="Stop and send"))
    expect(message_box(page)).to_be_focused()
    expect(answer(page)).to_contain_text("Because.")
    expect(message_box(page)).to_be_focused()


def test_after_dismiss_the_keyboard_stands_at_the_message_box(site: Site):
    page = talked(site)
    # The notice of a branch needs two tabs and a lost connection: tests/browser/test_connection.py.
    page.evaluate("document.querySelector('[data-part=notice]').hidden = false")
    by_keyboard(page.get_by_role("button", name="Dismiss"))
    expect(page.get_by_role("button", name="Dismiss")).to_be_hidden()
    expect(message_box(page)).to_be_focused()


def test_after_unarchive_the_keyboard_stands_at_the_message_box(site: Site):
    page = talked(site)
    press(page, "Why do rivers meander?", "Archive")
    by_keyboard(page.get_by_role("button", name="Unarchive"))
    expect(page.get_by_role("button", name="Unarchive")).to_be_hidden()
    expect(message_box(page)).to_be_focused()


def test_after_restore_the_keyboard_stands_at_the_message_box(site: Site):
    page = talked(site)
    press(page, "Why do rivers meander?", "Delete")
    by_keyboard(page.get_by_role("button", name="Restore"))
    expect(page.get_by_role("button", name="Restore")).to_be_hidden()
    expect(message_box(page)).to_be_focused()


def test_after_jump_to_latest_the_keyboard_stands_at_the_message_box(site: Site):
    page = site.page()
    site.ask(page, "Why do rivers meander?", "They seek the sea.\n\n" * 60)
    expect_status(page, "complete")
    page.locator("[data-scroller]").hover()
    page.mouse.wheel(0, -400)
    by_keyboard(page.get_by_role("button", name="Jump to latest"))
    expect(page.get_by_role("button", name="Jump to latest")).to_be_hidden()
    expect(message_box(page)).to_be_focused()


def test_after_a_file_is_tried_again_the_keyboard_stands_at_the_message_box(site: Site):
    page = site.page()
    expect(page.get_by_role("button", name="Model: scripted")).to_be_visible()
    page.context.route("**/files/", lambda route: route.abort())
    files = [{"name": "gauge.csv", "mimeType": "text/csv", "buffer": b"day,level"}]
    page.locator("input[type=file]").set_input_files(files)
    again = page.get_by_role("button", name="Try again").locator("visible=true")
    expect(again).to_be_visible(timeout=30_000)
    page.context.unroute("**/files/")
    by_keyboard(again)
    expect(again).to_be_hidden()
    expect(message_box(page)).to_be_focused()


# What goes by itself must not either.


def tab_to(button: Locator) -> None:
    """A focus that is seen, as only the keyboard brings it."""
    for _ in range(60):
        if button.evaluate("button => button === document.activeElement"):
            return
        button.page.keyboard.press("Tab")
    pytest.fail("it is not reached by Tab")


@pytest.mark.parametrize("name", ["Send next", "Remove"])
def test_when_a_button_goes_as_the_answer_ends_the_keyboard_stands_at_the_message_box(site: Site, name: str):
    page = site.page()
    gate = Gate()
    site.ask(page, "Why do rivers meander?", "They seek ", WaitFor(gate), "the sea.")
    expect(answer(page)).to_contain_text("They seek")
    message_box(page).fill("And why do they dry up?")
    if name == "Remove":
        message_box(page).press("Enter")
    site.upstream.play(mira(["Because."]))
    tab_to(page.get_by_role("button", name=name, exact=True))
    gate.open()
    expect(page.get_by_role("button", name=name, exact=True)).to_be_hidden()
    expect(message_box(page)).to_be_focused()


def test_when_the_reader_goes_to_the_end_by_keys_the_keyboard_stands_at_the_message_box(site: Site):
    page = site.page()
    site.ask(page, "Why do rivers meander?", "They seek the sea.\n\n" * 60)
    expect_status(page, "complete")
    page.locator("[data-scroller]").hover()
    page.mouse.wheel(0, -400)
    jump = page.get_by_role("button", name="Jump to latest")
    expect(jump).to_be_visible()
    message_box(page).press("Shift+Tab")
    expect(jump).to_be_focused()
    page.keyboard.press("End")
    expect(jump).to_be_hidden()
    expect(message_box(page)).to_be_focused()


def test_when_the_shown_conversation_is_deleted_from_above_the_keyboard_stands_at_the_message_box(site: Site):
    page = talked(site)
    by_keyboard(page.locator(".topbar").get_by_role("button", name="More"))
    for key in ("End", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("heading", name="This conversation was deleted")).to_be_visible()
    expect(message_box(page)).to_be_focused()


@pytest.mark.parametrize("size", [{"width": 640, "height": 400}, {"width": 320, "height": 256}], ids=["200 %", "400 %"])
def test_enlarged_text_needs_no_scrolling_sideways_and_the_message_box_stays(site: Site, size: dict[str, int]):
    page = site.page(size=size)
    site.ask(page, "Why do rivers meander? " * 10, MARKDOWN)
    expect_status(page, "complete")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.get_by_role("textbox", name="Message")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_in_viewport(ratio=1)


def test_with_forced_colours_the_shown_conversation_and_the_focus_are_still_seen(site: Site):
    page = site.page(forced_colors="active")
    site.ask(page, "Why do rivers meander?", "They seek the sea.")
    expect_status(page, "complete")
    link = page.get_by_role("navigation", name="Conversations").get_by_role("listitem").get_by_role("link")
    assert link.evaluate("link => getComputedStyle(link).textDecorationLine") == "underline"
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED)[1]
    page.get_by_role("textbox", name="Message").focus()
    assert page.evaluate(FOCUSED)[1]
    assert faults(page) == []


@pytest.mark.parametrize(("width", "edge"), [(812, 44), (932, 0)], ids=["drawer", "list beside the room"])
def test_a_phone_that_is_held_across_hides_nothing_behind_its_camera(site: Site, width: int, edge: int):
    page = site.page(size={"width": width, "height": 375})
    site.ask(page, "Why do rivers meander?", MARKDOWN)
    expect_status(page, "complete")
    before = page.evaluate(BOX_OF_THE_ROOM)
    assert before["left"] == before["right"] == 0
    insets = {"left": 44, "right": 44, "leftMax": 44, "rightMax": 44}
    page.context.new_cdp_session(page).send("Emulation.setSafeAreaInsetsOverride", {"insets": insets})
    page.wait_for_function(f"() => ({BOX_OF_THE_ROOM})().right === 44")
    assert page.evaluate(BOX_OF_THE_ROOM)["left"] == edge
    assert page.evaluate("(list) => list.scrollWidth <= list.clientWidth", page.query_selector("[data-sidebar]"))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# How far what stands in the room is away from the room's own edges.
BOX_OF_THE_ROOM = """() => {
  const room = document.querySelector("[data-room]").getBoundingClientRect();
  const inner = document.querySelector("[data-scroller]").getBoundingClientRect();
  return {left: inner.left - room.left, right: room.right - inner.right};
}"""


@pytest.mark.parametrize("chosen", ["light", "dark"])
def test_a_chosen_theme_holds_against_the_systems(site: Site, chosen: str):
    page = site.page(color_scheme={"light": "dark", "dark": "light"}[chosen])
    ground = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(ground)
    page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", chosen)
    assert page.evaluate(ground) != before
