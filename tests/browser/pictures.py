"""Takes the pictures of docs/screenshots/: every state of the page, on a phone and on a desktop, light and dark.

    python -m tests.browser.pictures [FOLDER] [STATE…]

Not a test: somebody has to look at them.
"""

import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import ARGUMENTS, program
from tests.browser.steps import answer, ask, expect_status, stop
from tests.fixtures.markdown import RIVERS
from tests.support.scripts import Hang, json_answer, mira
from tests.support.server import ROOT, ServedBrook
from tests.support.upstream_thread import ScriptedUpstreamThread

SIZES = {1280: 800, 390: 844}
HALF = RIVERS.index("Rule of thumb")


class Scene:
    def __init__(self, page: Page, upstream: ScriptedUpstreamThread) -> None:
        self.page = page
        self.address = page.url.rstrip("/")
        self.upstream = upstream

    def button(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).locator("visible=true").first.click()

    def answered(self, text: str = RIVERS, finish: str = "stop") -> None:
        self.upstream.play(mira([text], finish=finish))
        ask(self.page, "Why do rivers meander?")
        expect_status(self.page, "complete")

    def streaming(self) -> None:
        self.upstream.play(mira([RIVERS[:HALF], Hang()]))
        ask(self.page, "Why do rivers meander?")
        answer(self.page).get_by_text("python").wait_for()


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
    ask(scene.page, "Why do rivers meander?")
    expect_status(scene.page, "failed")


def cut(scene: Scene) -> None:
    scene.answered("A straight river is unstable: any small bend makes the", "length")


def queued(scene: Scene) -> None:
    scene.streaming()
    box = scene.page.get_by_role("textbox", name="Message", exact=True)
    box.fill("And why do they dry up?")
    box.press("Enter")


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
    scene.page.get_by_text("Not sent yet").wait_for()


def versions(scene: Scene) -> None:
    scene.answered()
    scene.upstream.play(mira(["Because the outer bank erodes faster than the inner one."]))
    scene.button("Regenerate")
    expect_status(scene.page, "complete")
    scene.page.get_by_text("2 / 2").wait_for()


def message_menu(scene: Scene) -> None:
    scene.answered()
    answer(scene.page).get_by_role("button", name="More", exact=True).click()


def share(scene: Scene) -> None:
    scene.answered()
    scene.button("Share")
    scene.button("Make a link")
    scene.page.get_by_role("button", name="Revoke").first.wait_for()


def options(scene: Scene) -> None:
    scene.button("Conversation options")


def temporary(scene: Scene) -> None:
    scene.button("Temporary chat")


def search(scene: Scene) -> None:
    scene.answered()
    for _ in range(20):  # what was said is found when the next round of chores has read it
        scene.page.goto(f"{scene.address}/search/?q=erosion")
        if scene.page.locator("mark").count():
            break
        scene.page.wait_for_timeout(500)


def find(scene: Scene) -> None:
    search(scene)
    scene.page.goto(scene.address)
    expect(scene.page.get_by_role("button", name="Send", exact=True)).to_be_enabled()  # the scripts are there
    scene.page.keyboard.press("Control+k")
    scene.page.get_by_role("dialog").get_by_role("combobox").fill("erosion")
    scene.page.locator("mark").first.wait_for()


def shortcuts(scene: Scene) -> None:
    scene.page.evaluate("document.activeElement.blur()")  # in a box it would be a letter
    scene.page.keyboard.press("?")
    scene.page.get_by_role("dialog", name="Keyboard shortcuts").wait_for()


def sidebar(scene: Scene) -> None:
    scene.answered()
    if scene.page.viewport_size["width"] < 800:
        scene.page.locator("[data-action=open-drawer]").click()


def settings(scene: Scene) -> None:
    scene.page.goto(f"{scene.address}/settings/")


def connection(scene: Scene) -> None:
    scene.page.goto(f"{scene.address}/connection/")
    scene.page.get_by_role("button", name="Check again").wait_for()
    scene.page.wait_for_timeout(4_000)


STATES: list[Callable[[Scene], None]] = [
    empty, streaming, done, stopped, failed, cut, queued, files, offline, versions, message_menu, share, options,
    temporary, search, find, shortcuts, sidebar, settings, connection,
]  # fmt: skip


@contextmanager
def served(upstream: ScriptedUpstreamThread) -> Iterator[ServedBrook]:
    with tempfile.TemporaryDirectory() as folder, ServedBrook(Path(folder), UPSTREAM_URL=upstream.url) as brook:
        yield brook


def clear(brook: ServedBrook) -> None:
    """Each picture shows its own conversation alone."""
    with closing(sqlite3.connect(brook.data_dir / "brook.sqlite3", timeout=10)) as database, database:
        database.execute("UPDATE chat_conversation SET deleted_at = CURRENT_TIMESTAMP")


def main(folder: Path, names: list[str]) -> None:
    with sync_playwright() as playwright, ScriptedUpstreamThread() as upstream, served(upstream) as brook:
        name, _, value = brook.make_account("alice").partition("=")
        chromium = playwright.chromium.launch(executable_path=program(), args=ARGUMENTS)
        for state in STATES:
            if names and state.__name__ not in names:
                continue
            for width, height in SIZES.items():
                for theme in ("light", "dark"):
                    context = chromium.new_context(
                        viewport={"width": width, "height": height},
                        color_scheme=theme,
                        reduced_motion="reduce",
                        has_touch=width < 800,
                        is_mobile=width < 800,
                    )
                    context.add_cookies([{"name": name, "value": value, "url": brook.url}])
                    page = context.new_page()
                    page.goto(brook.url)
                    page.get_by_role("textbox", name="Message", exact=True).wait_for()
                    try:
                        state(Scene(page, upstream))
                        page.wait_for_timeout(700)
                    except Exception as error:
                        sys.stderr.write(f"{state.__name__} {width} {theme}: {error}\n")
                    page.screenshot(path=folder / f"{state.__name__.replace('_', '-')}-{width}-{theme}.png")
                    context.close()
                    upstream.begin_anew()
                    clear(brook)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshots", sys.argv[2:])
