"""Every state of the page of which there is a picture, and the way there.

A state is a function that leads a page from the empty chat to where it is worth a picture. What it waits for is
what has to be in the picture.
"""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from chat.relay.errors import INTERRUPTED
from tests.browser.steps import answer, ask, expect_status, listed, open_menu, press, stop, until_found
from tests.fixtures.markdown import RIVERS
from tests.support.dialects import mira_chunk
from tests.support.scripts import Hang, Send, json_answer, mira
from tests.support.server import ROOT, ServedBrook
from tests.support.upstream_thread import ScriptedUpstreamThread

QUESTION = "Why do rivers meander?"
HALF = RIVERS.index("Rule of thumb")
THOUGHTS = [
    "The person asks why rivers meander. ",
    "I should begin with the instability of a straight channel, then say what the flow does at a bend. ",
    "A table may help, and a number for the wavelength.",
]
NOBODY = "00000000-0000-4000-8000-000000000000"


class Scene:
    def __init__(self, page: Page, upstream: ScriptedUpstreamThread, brook: ServedBrook) -> None:
        self.page = page
        self.upstream = upstream
        self.brook = brook

    @property
    def is_phone(self) -> bool:
        size = self.page.viewport_size
        return size is not None and size["width"] < 800

    def go(self, path: str) -> None:
        self.page.goto(self.brook.url + path)

    def button(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).locator("visible=true").first.click()

    def answered(self, text: str = RIVERS, finish: str = "stop", question: str = QUESTION) -> None:
        self.upstream.play(mira([text], finish=finish))
        ask(self.page, question)
        self.finished()

    def finished(self) -> None:
        expect_status(self.page, "complete")
        expect(answer(self.page).locator("[data-part=model]")).to_have_text("scripted")
        expect(self.page.locator("[data-waiting]")).to_have_count(0)  # the colours of code

    def streaming(self) -> None:
        self.upstream.play(mira([RIVERS[:HALF], Hang()]))
        ask(self.page, QUESTION)
        expect(answer(self.page).get_by_text("python")).to_be_visible()

    def show_list(self) -> None:
        if self.is_phone:
            self.button("Conversations")

    def change(self, statement: str, *values: str) -> None:
        with closing(sqlite3.connect(self.brook.data_dir / "brook.sqlite3", timeout=10)) as database, database:
            database.execute(statement, values)


def empty(scene: Scene) -> None:
    pass


def streaming(scene: Scene) -> None:
    scene.streaming()


def done(scene: Scene) -> None:
    scene.answered()


def stopped(scene: Scene) -> None:
    scene.streaming()
    stop(scene.page)
    expect_status(scene.page, "cancelled")


def failed(scene: Scene) -> None:
    scene.upstream.play(json_answer(429, {"error": {"message": "Too many requests; come back in a minute."}}))
    ask(scene.page, QUESTION)
    expect_status(scene.page, "failed")


def cut(scene: Scene) -> None:
    scene.answered("A straight river is unstable: any small bend makes the", "length")


def queued(scene: Scene) -> None:
    scene.streaming()
    box = scene.page.get_by_role("textbox", name="Message", exact=True)
    box.fill("And why do they dry up?")
    box.press("Enter")
    expect(scene.page.get_by_role("group", name="Waiting message")).to_be_visible()


def files(scene: Scene) -> None:
    scene.page.locator("input[type=file]").set_input_files(
        [
            {"name": "gauge readings.csv", "mimeType": "text/csv", "buffer": b"day,level\n1,3.2\n" * 90},
            {"name": "river.png", "mimeType": "image/png", "buffer": (ROOT / "static/icons/icon-192.png").read_bytes()},
        ]
    )
    scene.page.get_by_role("textbox", name="Message", exact=True).fill("What do these readings say?")
    scene.page.wait_for_load_state("networkidle")


def offline(scene: Scene) -> None:
    scene.answered()
    scene.page.context.set_offline(True)
    ask(scene.page, "And why do they dry up?")
    expect(scene.page.get_by_text("Not sent yet")).to_be_visible()


def versions(scene: Scene) -> None:
    scene.answered()
    scene.upstream.play(mira(["Because the outer bank erodes faster than the inner one."]))
    scene.button("Regenerate")
    expect(scene.page.get_by_text("2 / 2")).to_be_visible()
    scene.finished()


def message_menu(scene: Scene) -> None:
    scene.answered()
    answer(scene.page).get_by_role("button", name="More", exact=True).click()


def share(scene: Scene) -> None:
    scene.answered()
    scene.button("Share")
    scene.button("Make a link")
    expect(scene.page.get_by_role("button", name="Revoke").first).to_be_visible()


def options(scene: Scene) -> None:
    scene.button("Conversation options")
    expect(scene.page.get_by_role("dialog", name="Conversation options")).to_be_visible()


def temporary(scene: Scene) -> None:
    scene.button("Temporary chat")
    expect(scene.page.get_by_text("Nothing of this is stored.")).to_be_visible()


def search(scene: Scene) -> None:
    scene.answered()
    until_found(scene.brook)
    scene.go("/search/?q=erosion")
    expect(scene.page.locator("mark").first).to_be_visible()


def find(scene: Scene) -> None:
    scene.answered()
    until_found(scene.brook)
    scene.go("/")
    expect(scene.page.get_by_role("button", name="Send", exact=True)).to_be_enabled()  # the scripts are there
    scene.page.keyboard.press("Control+k")
    scene.page.get_by_role("dialog").get_by_role("combobox").fill("erosion")
    expect(scene.page.locator("mark").first).to_be_visible()


def shortcuts(scene: Scene) -> None:
    scene.page.evaluate("document.activeElement.blur()")  # in a box it would be a letter
    scene.page.keyboard.press("?")
    expect(scene.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def sidebar(scene: Scene) -> None:
    for days, title in enumerate(["Which bank erodes?", "A poem about a delta that never reaches the sea", "Photons"]):
        scene.answered("Because.", question=title)
        scene.change(
            "UPDATE chat_conversation SET updated_at = ?, pinned = ? WHERE title = ?",
            f"{datetime.now(UTC) - timedelta(days=4 * days):%Y-%m-%d %H:%M:%S}",
            str(days // 2),
            title,
        )
        scene.go("/")
    scene.streaming()
    scene.page.reload()
    scene.show_list()
    open_menu(scene.page, "A poem")


def settings(scene: Scene) -> None:
    scene.go("/settings/")


def connection(scene: Scene) -> None:
    scene.go("/connection/")
    _checked(scene)


def without_socket(scene: Scene) -> None:
    scene.page.context.route_web_socket("**/ws/", lambda socket: socket.close())
    scene.go("/connection/")
    _checked(scene)


def _checked(scene: Scene) -> None:
    expect(scene.page.get_by_role("button", name="Check again")).to_be_enabled(timeout=30_000)


def setup(scene: Scene) -> None:
    scene.go("/accounts/setup/")
    expect(scene.page.get_by_label("Username")).to_be_visible()


def login(scene: Scene) -> None:
    scene.go("/accounts/login/")
    expect(scene.page.get_by_label("Username")).to_be_visible()


def thinking(scene: Scene) -> None:
    scene.upstream.play([*_thought(), Hang()])
    ask(scene.page, QUESTION)
    expect(answer(scene.page)).to_contain_text(THOUGHTS[-1])


def thought(scene: Scene) -> None:
    scene.upstream.play([*_thought(), *mira([RIVERS])])
    ask(scene.page, QUESTION)
    scene.finished()
    scene.page.locator("[data-scroller]").evaluate("(box) => { box.scrollTop = 0; }")


def _thought() -> list[Send]:
    return [Send(mira_chunk({"reasoning_content": text})) for text in THOUGHTS]


def interrupted(scene: Scene) -> None:
    scene.answered("A straight river is unstable: any small bend makes the")
    scene.change("UPDATE chat_generation SET status = 'interrupted', error_code = ?, error_text = ?", *INTERRUPTED)
    scene.page.reload()
    expect_status(scene.page, "interrupted")


def editing(scene: Scene) -> None:
    scene.answered()
    scene.page.get_by_role("button", name="Edit", exact=True).click()
    expect(scene.page.get_by_role("textbox", name="Edit message")).to_be_focused()


def comment(scene: Scene) -> None:
    scene.answered()
    answer(scene.page).get_by_role("button", name="Good answer").click()
    answer(scene.page).get_by_role("button", name="Add a comment").click()
    expect(scene.page.get_by_role("textbox", name="Comment")).to_be_focused()


def models(scene: Scene) -> None:
    scene.page.get_by_role("button", name=re.compile("^Model")).click()
    expect(scene.page.get_by_role("dialog", name="Model")).to_be_visible()


def renaming(scene: Scene) -> None:
    scene.answered()
    scene.show_list()
    press(scene.page, QUESTION, "Rename")
    expect(scene.page.get_by_role("textbox", name="Title")).to_be_focused()


def deleted(scene: Scene) -> None:
    scene.answered()
    scene.show_list()
    press(scene.page, QUESTION, "Delete")
    expect(scene.page.get_by_role("button", name="Undo")).to_be_visible()
    expect(listed(scene.page, QUESTION)).to_have_count(0)
    if scene.is_phone:
        scene.page.keyboard.press("Escape")
    expect(scene.page.get_by_role("heading", name="This conversation was deleted")).to_be_visible()


def missing(scene: Scene) -> None:
    scene.go(f"/c/{NOBODY}/")
    expect(scene.page.get_by_role("link", name="Back to Brook")).to_be_visible()


def archived(scene: Scene) -> None:
    scene.answered()
    scene.show_list()
    press(scene.page, QUESTION, "Archive")
    expect(listed(scene.page, QUESTION)).to_have_count(0)
    scene.go("/conversations/?archived=1")
    expect(scene.page.get_by_role("link", name=QUESTION)).to_be_visible()


def shared(scene: Scene) -> None:
    share(scene)
    address = scene.page.get_by_role("textbox", name="Link").input_value()
    scene.page.context.clear_cookies()
    scene.page.goto(address)
    expect(scene.page.get_by_role("article", name="Model").get_by_role("table").first).to_be_visible()
    expect(scene.page.locator("[data-waiting]")).to_have_count(0)


def imported(scene: Scene) -> None:
    scene.go("/import/")
    file = {
        "name": "chats.json",
        "mimeType": "application/json",
        "buffer": b'{\n  "format": "brook",\n  "version": 1,\n',
    }
    scene.page.get_by_label("File").set_input_files(file)
    scene.button("Import")
    expect(scene.page.get_by_role("alert")).to_contain_text("Line")


FOR_STRANGERS = {setup, login}

# `setup` only before there is an account.
STATES: list[Callable[[Scene], None]] = [
    setup, login, empty, streaming, thinking, thought, done, stopped, failed, cut, interrupted, queued, files, offline,
    versions, message_menu, editing, comment, share, shared, options, models, temporary, search, find, shortcuts,
    sidebar, renaming, deleted, missing, archived, imported, settings, connection, without_socket,
]  # fmt: skip

IN_TWO = {
    setup, login, thinking, thought, interrupted, editing, comment, shared, models, renaming, deleted, missing,
    archived, imported, without_socket,
}  # fmt: skip
"""Of which a picture of a desktop in the light and one of a phone in the dark will do."""
