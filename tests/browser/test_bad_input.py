"""Text that breaks programs goes the whole way: through the box, to the model and back, and is text everywhere."""

import re
import sqlite3
from contextlib import closing

from playwright.sync_api import Page, expect

from tests.browser.steps import answer, expect_status
from tests.fixtures.naughty import NAUGHTY, kept
from tests.support.received import ReceivedRequest
from tests.support.scripts import Step, mira
from tests.support.server import ServedBrook
from tests.support.upstream_thread import ScriptedUpstreamThread

LIMIT = 100_000
FENCE = "~" * 12  # in which text stands to the letter

END = "That is all of message {}."

CONTENT = (
    """(role) => [...document.querySelectorAll(`[data-role=${role}]`)].at(-1)?.querySelector('[data-part=content]')"""
)
IS_DRAWN = f"(end) => ({CONTENT})('assistant')?.textContent.endsWith(end)"
QUESTION = f"() => ({CONTENT})('user').textContent"
CODES = f"() => [...({CONTENT})('assistant').querySelectorAll('pre code')].map((code) => code.textContent)"
ELEMENTS = f"() => [...({CONTENT})('assistant').querySelectorAll('*')].map((element) => element.localName)"
ACTIVE = {
    "script",
    "img",
    "iframe",
    "object",
    "embed",
    "form",
    "base",
    "meta",
    "link",
    "style",
    "svg",
    "video",
    "details",
}


def repeats(request: ReceivedRequest) -> list[Step]:
    """A model that says what it was asked."""
    return mira([request.body["messages"][-1]["content"]])


def typed(text: str) -> str:
    """What becomes of a text in a box."""
    return re.sub(r"\r\n?", "\n", kept(text))


def fenced(text: str) -> str:
    return f"{FENCE}\n{text}\n{FENCE}\n\n"


def batches() -> list[list[str]]:
    """All of them, in as few messages as may be."""
    found: list[list[str]] = [[]]
    for _, text in NAUGHTY:
        if len("".join(map(fenced, [*found[-1], text]))) > LIMIT - len(END):
            found.append([])
        found[-1].append(text)
    return found


def tell(page: Page, text: str, end: str) -> None:
    """As after a paste. To insert thousands of lines one by one, as `fill` does, takes Chromium minutes in any box."""
    page.get_by_role("textbox", name="Message", exact=True).evaluate(
        """(box, text) => {
          box.value = text;
          box.dispatchEvent(new InputEvent('input', { bubbles: true }));
        }""",
        text + end,
    )
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_function(IS_DRAWN, arg=end)
    expect_status(page, "complete")


def stored(brook: ServedBrook) -> list[str]:
    with closing(sqlite3.connect(brook.data_dir / "brook.sqlite3")) as database:
        return [text for (text,) in database.execute("SELECT content FROM chat_message ORDER BY created_at")]


def test_naughty_text_is_shown_and_stored_whole_and_does_nothing(
    chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread
):
    said: list[str] = []
    chat.on("dialog", lambda dialog: said.append(dialog.message) or dialog.dismiss())
    upstream.default = repeats
    asked = []
    for number, texts in enumerate(batches()):
        end = END.format(number)
        asked.append(typed("".join(map(fenced, texts)) + end))
        tell(chat, "".join(map(fenced, texts)), end)
        expected = [typed(f"{text}\n") for text in texts]
        for _ in range(2):
            assert chat.evaluate(QUESTION) == asked[-1]
            shown = chat.evaluate(CODES)
            assert [(at, one[:99]) for at, one in enumerate(shown) if [one] != expected[at : at + 1]] == []
            assert len(shown) == len(expected)
            chat.reload()
            chat.wait_for_function(IS_DRAWN, arg=end)
    bare = "\n\n".join(text for _, text in NAUGHTY if len(text) < 1_000) + "\n\n"
    asked.append(typed(bare + END))
    tell(chat, bare, END)
    assert not set(chat.evaluate(ELEMENTS)) & ACTIVE
    assert stored(brook) == [text for question in asked for text in (question, question)]
    assert said == []


def test_a_message_that_is_too_long_is_refused_and_stays_in_its_box(chat: Page, upstream: ScriptedUpstreamThread):
    box = chat.get_by_role("textbox", name="Message", exact=True)
    box.fill("x" * LIMIT + "🌊")
    expect(chat.get_by_text("1 character too many")).to_be_visible()
    chat.get_by_role("button", name="Send", exact=True).click()
    expect(chat.get_by_text("This message is too long: 1 character too many. Please shorten it.")).to_be_visible()
    expect(chat.get_by_role("article")).to_have_count(0)
    assert len(box.input_value()) == LIMIT + 1
    box.press("End")
    box.press("Backspace")
    box.press("Enter")
    expect_status(chat, "complete")
    assert upstream.next_request().body["messages"][-1]["content"] == "x" * LIMIT
    expect(answer(chat)).to_contain_text("Hello")
