"""Taking conversations along: out of the list's menu and the settings, and in again elsewhere."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import empty
from tests.browser.steps import answer, ask, expect_status, listed, open_menu
from tests.support.scripts import mira
from tests.support.server import ServedBrook
from tests.support.upstream_thread import ScriptedUpstreamThread

QUESTION = "Why do rivers meander? <b>"
ANSWERS = ["They seek the sea.", "They **wander**, with 🌊:\n\n```python\nprint('sea')\n```"]
TITLE = "Why do rivers meander? <b>"


@pytest.fixture
def rivers(chat: Page, upstream: ScriptedUpstreamThread) -> Page:
    """The chat page with one conversation, whose answer has two versions."""
    upstream.play(*(mira([text]) for text in ANSWERS))
    ask(chat, QUESTION)
    expect_status(chat, "complete")
    answer(chat).get_by_role("button", name="Regenerate", exact=True).click()
    expect(answer(chat)).to_contain_text("2 / 2")
    expect_status(chat, "complete")
    return chat


def downloaded(page: Page, name: str, to: Path) -> Path:
    """The file that this link leads to, under the name that the browser would give it."""
    with page.expect_download() as begun:
        page.get_by_role("link", name=name, exact=True).click()
    path = to / begun.value.suggested_filename
    begun.value.save_as(path)
    return path


def bring(page: Page, brook: ServedBrook, file: Path) -> None:
    page.goto(f"{brook.url}/settings/")
    page.get_by_label("Import conversations").set_input_files(file)
    page.get_by_role("button", name="Import", exact=True).click()


def spoilt(file: Path) -> tuple[Path, int]:
    """A copy of it with something wrong in one line, and the number of that line."""
    lines = file.read_text().splitlines()
    number = next(number for number, line in enumerate(lines, start=1) if ANSWERS[0] in line)
    lines[number - 1] = lines[number - 1].replace('"assistant"', '"oracle"')
    copy = file.with_name("wrong.json")
    copy.write_text("\n".join(lines))
    return copy, number


def titles(page: Page, brook: ServedBrook) -> list[str]:
    page.goto(brook.url)
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_enabled()
    rows = page.get_by_role("navigation", name="Conversations").get_by_role("listitem")
    return rows.get_by_role("link").all_inner_texts()


def test_a_conversation_is_saved_from_its_menu_for_reading_and_with_all_its_versions(rivers: Page, tmp_path: Path):
    open_menu(rivers, TITLE)
    text = downloaded(rivers, "Export as Markdown", tmp_path)
    assert text.suffix == ".md"
    assert text.stem.startswith("Why do rivers meander")
    read = text.read_text()
    assert read.startswith("# Why do rivers meander? \\<b\\>\n\n## You · ")
    assert QUESTION in read
    assert ANSWERS[1] in read
    assert ANSWERS[0] not in read  # the shown path

    open_menu(rivers, TITLE)
    saved = json.loads(downloaded(rivers, "Export as JSON", tmp_path).read_text())
    (talk,) = saved["conversations"]
    assert talk["title"] == TITLE
    assert sorted(message["content"] for message in talk["messages"]) == sorted([QUESTION, *ANSWERS])


def test_everything_is_saved_and_taken_in_by_another_account_but_nothing_of_a_wrong_file(
    rivers: Page, brook: ServedBrook, tmp_path: Path
):
    rivers.goto(f"{brook.url}/settings/")
    file = downloaded(rivers, "Export everything", tmp_path)
    empty(brook)
    name, _, value = brook.make_account("bob").partition("=")
    rivers.context.add_cookies([{"name": name, "value": value, "url": brook.url}])

    wrong, line = spoilt(file)
    bring(rivers, brook, wrong)
    expect(rivers.get_by_role("alert")).to_contain_text("Nothing was imported")
    expect(rivers.get_by_role("alert")).to_contain_text(f"Line {line}, conversation 1, message 2: “role” must be")
    assert titles(rivers, brook) == []

    bring(rivers, brook, file)
    expect(rivers.get_by_role("status")).to_contain_text("1 conversation with 3 messages was imported.")
    assert titles(rivers, brook) == [TITLE]
    listed(rivers, TITLE).get_by_role("link").click()
    expect(answer(rivers).locator("strong")).to_have_text("wander")
    expect(answer(rivers).locator("pre")).to_have_text("print('sea')")
    answer(rivers).get_by_role("button", name="Previous version").click()
    expect(answer(rivers)).to_contain_text(ANSWERS[0])

    bring(rivers, brook, file)
    expect(rivers.get_by_role("status")).to_contain_text("was there already")
    assert titles(rivers, brook) == [TITLE]


def test_a_title_by_the_model_comes_into_the_list_by_itself(
    chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread
):
    chat.goto(f"{brook.url}/settings/")
    chat.get_by_label("Let the model write a title").check()
    chat.get_by_role("button", name="Save", exact=True).click()
    chat.goto(brook.url)
    upstream.play(mira(["They seek the sea."]), mira(['"Why Rivers Bend"']))
    ask(chat, QUESTION)
    expect_status(chat, "complete")
    expect(listed(chat, "Why Rivers Bend")).to_be_visible()
    expect(chat).to_have_title("Why Rivers Bend · Brook")
