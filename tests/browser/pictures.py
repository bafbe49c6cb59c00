"""Takes the pictures of docs/screenshots/: every state of states.py, on a phone and on a desktop, light and dark.

    python -m tests.browser.pictures [FOLDER] [STATE…]

Not a test: somebody has to look at them. A state that is not reached gives no picture; it is named, and the exit status
is 1.
"""

import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.conftest import ARGUMENTS, program
from tests.browser.states import FOR_STRANGERS, IN_TWO, STATES, Scene, setup
from tests.support.scripts import json_answer
from tests.support.server import ROOT, ServedBrook
from tests.support.upstream_thread import ScriptedUpstreamThread

SIZES = {1280: 800, 390: 844}
LOOKS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
TWO_LOOKS = [LOOKS[0], LOOKS[-1]]

NAMES = ("scripted", "brooklet-3b", "mira-large", "oxbow-70b-instruct")
MODELS = json_answer(200, {"data": [{"id": name} for name in NAMES]})

DRAWN = """async () => {
  await document.fonts.ready;
  await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
}"""


class Studio:
    """A browser and a server, and alice, who has an account as soon as somebody must be known."""

    def __init__(self, browser: Browser, upstream: ScriptedUpstreamThread, brook: ServedBrook, folder: Path) -> None:
        self._browser, self._upstream, self._brook, self._folder = browser, upstream, brook, folder
        self._cookie = ""

    def take(self, state: Callable[[Scene], None], width: int, theme: str) -> None:
        """One picture; raises what kept it from being one."""
        context = self._browser.new_context(
            viewport={"width": width, "height": SIZES[width]},
            color_scheme=theme,  # type: ignore[arg-type]  # one of two words
            reduced_motion="reduce",
            has_touch=width < 800,
            is_mobile=width < 800,
        )
        page = context.new_page()
        try:
            self._upstream.models = MODELS
            if state is not setup:
                self._cookie = self._cookie or self._brook.make_account("alice")
            if state not in FOR_STRANGERS:
                name, _, value = self._cookie.partition("=")
                context.add_cookies([{"name": name, "value": value, "url": self._brook.url}])
                page.goto(self._brook.url)
                expect(page.get_by_role("button", name="Model: scripted")).to_be_visible()
            state(Scene(page, self._upstream, self._brook))
            page.evaluate(DRAWN)
            page.wait_for_timeout(500)  # what fades, and what is late without being missed
            page.screenshot(path=self._folder / f"{state.__name__.replace('_', '-')}-{width}-{theme}.png")
        finally:
            context.close()
            self._upstream.begin_anew()
            self._clear()

    def _clear(self) -> None:
        """Each picture shows its own conversations alone."""
        with closing(sqlite3.connect(self._brook.data_dir / "brook.sqlite3", timeout=10)) as database, database:
            database.execute("UPDATE chat_conversation SET deleted_at = CURRENT_TIMESTAMP")


@contextmanager
def asked() -> Iterator[ScriptedUpstreamThread]:
    with ScriptedUpstreamThread() as upstream:
        upstream.models = MODELS  # the server asks for them as it starts
        yield upstream


@contextmanager
def studio(folder: Path) -> Iterator[Studio]:
    with (
        sync_playwright() as playwright,
        asked() as upstream,
        tempfile.TemporaryDirectory() as data,
        ServedBrook(Path(data), UPSTREAM_URL=upstream.url) as brook,
        playwright.chromium.launch(executable_path=program(), args=ARGUMENTS) as chromium,
    ):
        yield Studio(chromium, upstream, brook, folder)


def main(folder: Path, names: list[str]) -> int:
    """How many pictures could not be taken."""
    folder.mkdir(parents=True, exist_ok=True)
    unknown = set(names) - {state.__name__ for state in STATES}
    failed = [f"{name}: there is no such state" for name in sorted(unknown)]
    with studio(folder) as taken:
        for state in STATES:
            for width, theme in TWO_LOOKS if state in IN_TWO else LOOKS:
                if names and state.__name__ not in names:
                    continue
                try:
                    taken.take(state, width, theme)
                except Exception as error:
                    failed.append(f"{state.__name__}-{width}-{theme}: {error}")
    for line in failed:
        sys.stderr.write(f"{line}\n")
    return len(failed)


if __name__ == "__main__":
    sys.exit(bool(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshots", sys.argv[2:])))
