"""Markdown on the page, in a real Chromium: streamed in any pieces it is what it is at once, and nothing in it runs."""

import html
import json
import random
import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.steps import answer, ask, expect_status
from tests.fixtures.answers import ANSWERS
from tests.fixtures.markdown import CUT, RIVERS, TEXTS
from tests.fixtures.naughty import NAUGHTY
from tests.fixtures.streams import STREAMS
from tests.support.scripts import Gate, WaitFor, mira
from tests.support.server import ServedBrook
from tests.support.upstream_thread import ScriptedUpstreamThread

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = "JSON.stringify(require('commonmark-spec').tests.map(({ markdown }) => markdown.replaceAll('→', '\\t')))"

HELPERS = """
async () => {
  const { MarkdownStream } = await import("/static/js/markdown-stream.js");
  const drawn = (pieces) => {
    const element = document.createElement("div");
    const stream = new MarkdownStream(element);
    for (const piece of pieces) {
      stream.take(piece);
      while (stream.step());
    }
    while (stream.step());
    while (stream.finish());
    return element;
  };
  const settled = async (element) => {
    while (element.querySelector("[data-waiting]")) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return element;
  };
  const pieces = (text, cuts) => [0, ...cuts].map((cut, at) => text.slice(cut, cuts[at] ?? text.length));

  window.drawn = drawn;
  window.differing = async (text, ways) => {
    const whole = await settled(drawn([text]));
    const streamed = ways.map((cuts) => drawn(pieces(text, cuts)));
    await Promise.all(streamed.map(settled));
    const at = streamed.findIndex((element) => element.innerHTML !== whole.innerHTML);
    return at < 0 ? null : pieces(text, ways[at]);
  };
  window.anatomy = async (text) => {
    const element = await settled(drawn([text]));
    return [
      [...element.querySelectorAll("*")].map(({ localName }) => localName),
      [...element.querySelectorAll("[href], [src], [action]")].map((each) => each.getAttribute("href") ?? each.src),
      element.textContent,
    ];
  };
}
"""


def examples() -> list[str]:
    found = subprocess.run(["tools/node", "node", "-p", EXAMPLES], cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(found.stdout)


def cuts(text: str, dice: random.Random) -> list[list[int]]:
    """Each single cut of a short text, some of a long one; each character alone; and five times at random."""
    length = len(text.encode("utf-16-le")) // 2
    singles = [[at] for at in range(1, length)] if length < 120 else [[dice.randrange(length)] for _ in range(60)]
    at_random = [sorted(dice.sample(range(length + 1), min(length, 1 + length // 15))) for _ in range(5)]
    return [*singles, list(range(1, length)), *at_random] if length < 3000 else [*singles[:4], *at_random[:2]]


@pytest.fixture
def lab(chat: Page) -> Page:
    """The chat page, with the modules at hand."""
    chat.evaluate(HELPERS)
    return chat


@pytest.mark.timeout(300)  # some twenty thousand texts
def test_streamed_in_any_pieces_a_text_looks_as_it_does_at_once(lab: Page):
    dice = random.Random(4)  # noqa: S311  repeatable, no secret
    fixtures = {stream.content for stream in STREAMS} | {fixture.content for fixture in ANSWERS}
    texts = [*examples(), *sorted(fixtures), RIVERS, *TEXTS]
    assert len(texts) > 652
    for text in texts:
        assert (text, lab.evaluate("([text, ways]) => differing(text, ways)", [text, cuts(text, dice)])) == (text, None)


@pytest.mark.timeout(300)
def test_where_a_long_text_is_cut_follows_from_the_text(lab: Page):
    dice = random.Random(5)  # noqa: S311  repeatable, no secret
    for text in CUT:
        few = [sorted(dice.sample(range(len(text)), count)) for count in (1, 3, 20)]
        ways = cuts(text, dice) if len(text) < 1_000 else few
        assert (text[:200], lab.evaluate("([text, ways]) => differing(text, ways)", [text, ways]) is None) == (
            text[:200],
            True,
        )


LOOKS = """
(text) => {
  const element = drawn([text]);
  element.classList.add("prose");
  document.body.append(element);
  for (const part of element.children) {
    part.style.contentVisibility = "visible";
  }
  const leaves = [...element.querySelectorAll("li:not(:has(li))")];
  const items = leaves.map((item) => ({ text: item.textContent, place: item.getBoundingClientRect() }));
  const gap = ({ text, place }, { place: up }) => [text, Math.round(place.top - up.bottom), place.left - up.left];
  const gaps = items.map((item, at) => (item.text === items[at - 1]?.text ? gap(item, items[at - 1]) : []));
  const seen = {
    heads: [...element.querySelectorAll("table")].map(({ rows }) => [rows[0].cells[0].textContent, rows.length]),
    starts: [...element.querySelectorAll("ol")].map(({ start, children }) => [start, children.length]),
    opened: [...element.querySelectorAll(".opened")].map((item) => getComputedStyle(item).listStyleType),
    gaps: [...new Set(gaps.map(String))].filter(Boolean),
  };
  element.remove();
  return seen;
}
"""


def test_what_is_cut_looks_as_one(lab: Page):
    rows = "".join(f"| {at} | b | c |\n" for at in range(250))
    table = f"| no | b | c |\n|---|---|---|\n{rows}\n"
    assert lab.evaluate(LOOKS, table + "3. item\n" * 300 + "* all\n" + "    - inner\n" * 300) == {
        "heads": [["no", 51], ["no", 51], ["no", 51], ["no", 51], ["no", 51]],
        "starts": [[3, 128], [131, 128], [259, 44]],
        "opened": ["none"],
        "gaps": ["item,5,0", "inner,5,0"],
    }


# What Markdown itself reads as a mark and not as a word: the numbers of a list, more than the name of a language, the
# cells of a row that its table has no column for.
NOT_ALL_WORDS = {"looks-like-a-list", "fence-with-hostile-language", "table-without-end"}


def test_hostile_text_is_text(lab: Page):
    for name, text in [*enumerate(TEXTS), *NAUGHTY]:
        names, addresses, said = lab.evaluate("(text) => anatomy(text)", text)
        assert not set(names) & {"script", "img", "iframe", "object", "embed", "form", "base", "meta", "link", "style"}
        assert [address for address in addresses if not address.startswith(("http://", "https://", "mailto:"))] == []
        if isinstance(name, str) and name not in NOT_ALL_WORDS:
            words = re.findall(r"[^\W_]+", html.unescape(text.replace("\0", " ")))
            seen = " ".join([said, *addresses])
            assert (name, [word[:50] for word in words if word not in seen]) == (name, [])
    assert lab.evaluate("window.ran") is None


def test_no_script_can_write_markup(browser: Browser, brook: ServedBrook):
    page = browser.new_page()
    page.goto(brook.url)
    refused = page.evaluate(
        """() => {
          try {
            document.body.innerHTML = "<b>x</b>";
            return "";
          } catch (error) {
            return error.name;
          }
        }"""
    )
    page.close()
    assert refused == "TypeError"


# What must stay the same object: closed blocks with all they hold, and the lines of an open fence.
NOTE = """() => {
  const prose = [...document.querySelectorAll('[data-role=assistant] .prose')].at(-1);
  const blocks = [...prose.querySelectorAll(':is(h1, p, ul), :is(h1, p, ul) *')];
  window.standing = blocks.map((node) => [node, node.outerHTML]);
  const texts = document.createTreeWalker(prose.querySelector('pre'), NodeFilter.SHOW_TEXT);
  window.lines = [];
  while (texts.nextNode()) {
    lines.push([texts.currentNode, texts.currentNode.data]);
  }
  const [[first]] = lines;
  getSelection().setBaseAndExtent(first, 0, first, 'print(1)'.length);
  return [standing.length, lines.length > 0, prose.querySelectorAll('[class*=hljs]').length];
}"""
IS_KEPT = "() => standing.every(([node, before]) => node.isConnected && node.outerHTML === before)"
IS_ONLY_LONGER = "() => lines.every(([node, before]) => node.isConnected && node.data.startsWith(before))"


def test_an_answer_grows_as_markdown_and_leaves_alone_what_is_closed(chat: Page, upstream: ScriptedUpstreamThread):
    more, closing, rest = Gate(), Gate(), Gate()
    begun = "# Rivers\n\nThey *meander* and\n\n- erode.\n\nSo:\n\n```python\nprint(1)\nwidth"
    upstream.play(
        mira(
            [begun, WaitFor(more), " = 2\nlen", WaitFor(closing), "gth\n```\n\nTh", WaitFor(rest), "en\n\n# They end."]
        )
    )
    ask(chat, "Why?")
    code = answer(chat).locator("pre")
    expect(code).to_have_text("print(1)\nwidth")
    assert chat.evaluate(NOTE) == [6, True, 0]
    more.open()
    expect(code).to_have_text("print(1)\nwidth = 2\nlen")
    assert chat.evaluate(IS_ONLY_LONGER)

    closing.open()  # the colours come as soon as the block is closed
    expect(code.locator(".hljs-built_in")).to_have_text("print")
    expect_status(chat, "streaming")
    assert chat.evaluate("String(getSelection())") == "print(1)"

    rest.open()
    expect_status(chat, "complete")
    expect(answer(chat).get_by_role("heading", name="They end.")).to_be_visible()
    assert chat.evaluate(IS_KEPT)
    assert chat.evaluate("String(getSelection())") == "print(1)"


def test_code_is_copied_without_the_rest(chat: Page, context, upstream: ScriptedUpstreamThread):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    upstream.play(mira(["Run `this`:\n\n```sh\nls <dir> &&\n  pwd\n```\n"]))
    ask(chat, "How?")
    expect_status(chat, "complete")
    answer(chat).get_by_role("button", name="Copy code", exact=True).click()
    expect(answer(chat).get_by_role("button", name="Copied", exact=True)).to_be_visible()
    assert chat.evaluate("navigator.clipboard.readText()") == "ls <dir> &&\n  pwd"


def test_formulas_are_set_and_their_library_is_loaded_only_for_them(chat: Page, upstream: ScriptedUpstreamThread):
    loaded: list[str] = []
    chat.on("request", lambda request: loaded.append(request.url))
    upstream.play(mira(["Nothing but $5 and $6"]))
    ask(chat, "How much?")
    expect_status(chat, "complete")
    assert not [url for url in loaded if "vendor" in url]
    upstream.play(mira(["It is $x^2$."]))
    ask(chat, "And?")
    expect(answer(chat).locator(".katex")).to_be_visible()
    assert [url for url in loaded if "katex" in url]


def test_nothing_wide_makes_the_page_wide(chat: Page, upstream: ScriptedUpstreamThread):
    chat.set_viewport_size({"width": 390, "height": 844})
    wide = f"```\n{'x' * 300}\n```\n\n{'| word ' * 12}|\n{'|---' * 12}|\n\n$${'x + ' * 60}x$$\n\n{'y' * 300}\n"
    upstream.play(mira([wide]))
    ask(chat, "Wide?")
    expect_status(chat, "complete")
    expect(answer(chat).locator(".katex").first).to_be_visible()
    assert chat.evaluate("document.documentElement.scrollWidth") == 390
    assert chat.evaluate("(e) => e.scrollWidth <= e.clientWidth", chat.query_selector("[data-scroller]"))
