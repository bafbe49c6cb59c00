"""The reader owns the scroll: nothing moves what is being read but the reader."""

import re
from collections.abc import Iterable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.seeds import long_talk, talk
from tests.browser.steps import answer, ask, expect_status
from tests.support.dialects import mira_chunk
from tests.support.scripts import Gate, Hang, Send, WaitFor, mira
from tests.support.server import ServedBrook
from tests.support.upstream_thread import ScriptedUpstreamThread

LONG = "\n\n".join(f"Paragraph {number}. Water finds its way, and takes its time." for number in range(60))
WIDE = "Water finds its way, takes its time, and bends where the ground is soft, until it meets the sea. " * 4
CHAPTERS = ["\n\n".join(f"{name} {number}. {WIDE}" for number in range(60)) for name in ("River", "Delta")]
MORE = "\n\n" + "\n\n".join(f"Later {number}: and so it goes on." for number in range(20))

SCROLLED = "() => document.querySelector('[data-scroller]').scrollTop"
# A paragraph's own lines, whatever elements it is drawn with.
PLACE = """(words) => {
  const walker = document.createTreeWalker(document.querySelector('[data-transcript]'), NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.data.indexOf(words);
    if (at >= 0) {
      range.setStart(node, at);
      range.setEnd(node, at + words.length);
      return range.getBoundingClientRect().top;
    }
  }
  return null;
}"""
PICTURES = """() => new Promise((done) => {
  let left = 3;
  const next = () => (left-- ? requestAnimationFrame(next) : done());
  next();
})"""


def place(page: Page, words: str) -> float:
    """Where these words stand on the screen, when everything is drawn."""
    page.evaluate(PICTURES)
    return page.evaluate(PLACE, words)


def is_at_the_end(page: Page) -> bool:
    return page.evaluate("() => { const box = document.querySelector('[data-scroller]'); "
                         "return box.scrollHeight - box.clientHeight - box.scrollTop < 2; }")  # fmt: skip


def leave_upwards(page: Page, how: str) -> None:
    page.locator("[data-scroller]").hover()
    if how == "wheel":
        page.mouse.wheel(0, -30)
    else:
        page.locator("[data-scroller]").focus()
        page.keyboard.press("PageUp")
    expect(page.get_by_role("button", name="Jump to latest")).to_be_visible()
    until_still(page)


def until_still(page: Page) -> None:
    """A wheel goes smoothly, and what a finger does is seen a little later."""
    page.wait_for_function(
        """async () => {
          const box = document.querySelector('[data-scroller]');
          const before = box.scrollTop;
          await new Promise((done) => setTimeout(done, 150));
          return box.scrollTop === before;
        }"""
    )


@pytest.mark.parametrize("how", ["wheel", "key"])
def test_the_first_move_upward_ends_the_following(chat: Page, upstream: ScriptedUpstreamThread, how: str):
    gate = Gate()
    upstream.play(mira([LONG, WaitFor(gate), MORE]))
    ask(chat, "Tell me")
    expect(answer(chat)).to_contain_text("Paragraph 59.")
    assert place(chat, "Paragraph 59.") > 0
    assert is_at_the_end(chat)
    chat.evaluate("() => document.querySelector('[data-scroller]').setAttribute('tabindex', '-1')")
    leave_upwards(chat, how)
    before = place(chat, "Paragraph 50.")
    gate.open()
    expect(answer(chat)).to_contain_text("Later 19")
    expect_status(chat, "complete")
    assert place(chat, "Paragraph 50.") == pytest.approx(before, abs=1)
    jump = chat.get_by_role("button", name="Jump to latest")
    expect(jump).to_have_text(re.compile(r"Jump to latest · 1[34]\d new words"))
    jump.click()
    expect(jump).to_be_hidden()
    assert is_at_the_end(chat)


def test_at_the_end_the_text_is_followed_and_its_end_moves_nothing(chat: Page, upstream: ScriptedUpstreamThread):
    gates = [Gate(), Gate()]
    upstream.play(mira([LONG, WaitFor(gates[0]), MORE, WaitFor(gates[1])]))
    ask(chat, "Tell me")
    expect(answer(chat)).to_contain_text("Paragraph 59.")
    gates[0].open()
    expect(answer(chat)).to_contain_text("Later 19")
    before = place(chat, "Later 15")
    assert is_at_the_end(chat)
    gates[1].open()
    expect_status(chat, "complete")
    assert place(chat, "Later 15") == pytest.approx(before, abs=1)


def test_a_selection_survives_the_stream(chat: Page, upstream: ScriptedUpstreamThread):
    gate = Gate()
    upstream.play(mira(["Water finds its way.\n\nIt takes its ", WaitFor(gate), "time, and then some."]))
    ask(chat, "Tell me")
    expect(answer(chat)).to_contain_text("It takes its")
    place(chat, "finds its")
    chat.evaluate(
        """() => {
          const walker = document.createTreeWalker(document.querySelector('[data-transcript]'), NodeFilter.SHOW_TEXT);
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            const at = node.data.indexOf('finds its way');
            if (at >= 0) {
              getSelection().setBaseAndExtent(node, at, node, at + 'finds its way'.length);
            }
          }
        }"""
    )
    gate.open()
    expect(answer(chat)).to_contain_text("and then some.")
    expect_status(chat, "complete")
    assert chat.evaluate("String(getSelection())") == "finds its way"


def test_reasoning_that_is_read_stays_open_and_where_it_is(chat: Page, upstream: ScriptedUpstreamThread):
    gate = Gate()
    upstream.play(
        [
            Send(mira_chunk({"role": "assistant"})),
            Send(mira_chunk({"reasoning_content": LONG})),
            WaitFor(gate),
            *mira(["And so it is."])[1:],
        ]
    )
    ask(chat, "Think")
    expect(answer(chat).get_by_text("Paragraph 59.")).to_be_visible()
    leave_upwards(chat, "wheel")
    before = place(chat, "Paragraph 50.")
    gate.open()
    expect_status(chat, "complete")
    assert place(chat, "Paragraph 50.") == pytest.approx(before, abs=1)


def test_a_composer_that_grows_moves_nothing_that_is_read(chat: Page, brook: ServedBrook):
    conversation, _ = long_talk(brook, talk(40))
    chat.goto(f"{brook.url}/c/{conversation}/")
    expect(chat.get_by_text("Message 39.")).to_be_visible()
    leave_upwards(chat, "wheel")
    before = place(chat, "Message 37.")
    chat.get_by_role("textbox", name="Message").fill("one\ntwo\nthree\nfour\nfive")
    assert place(chat, "Message 37.") == pytest.approx(before, abs=1)


@pytest.mark.parametrize("change", ["a longer line", "a shorter text"])
def test_a_composer_that_is_measured_is_no_reader_who_moves_up(
    chat: Page, upstream: ScriptedUpstreamThread, change: str
):
    """As in browsers without `field-sizing`, where the box is made small to see how high its text is."""
    chat.add_init_script("CSS.supports = ((supports) => (...what) => what[0] !== 'field-sizing' && supports(...what))"
                         "(CSS.supports.bind(CSS))")  # fmt: skip
    chat.reload()
    box = chat.get_by_role("textbox", name="Message", exact=True)
    box.evaluate("box => { box.style.fieldSizing = 'fixed'; }")
    gate = Gate()
    upstream.play(mira([LONG, WaitFor(gate), MORE]))
    ask(chat, "Tell me")
    expect(answer(chat)).to_contain_text("Paragraph 59.")
    box.fill("one\ntwo\nthree\nfour\nfive")
    assert box.evaluate("box => box.clientHeight === box.scrollHeight && box.clientHeight > 100")
    chat.evaluate(PICTURES)
    box.press_sequentially(" and more") if change == "a longer line" else box.fill("one")
    chat.evaluate(PICTURES)
    assert box.evaluate("box => box.clientHeight") < (200 if change == "a longer line" else 40)
    assert is_at_the_end(chat)
    gate.open()
    expect(answer(chat)).to_contain_text("Later 19")
    expect_status(chat, "complete")
    assert is_at_the_end(chat)


def test_what_stands_around_a_composer_that_is_measured_keeps_its_height(chat: Page):
    """Firefox and Safari move the text when it has become higher than its part of the page for a moment."""
    chat.add_init_script(
        """
        const supports = CSS.supports.bind(CSS);
        CSS.supports = (...what) => what[0] !== "field-sizing" && supports(...what);
        const { get } = Object.getOwnPropertyDescriptor(Element.prototype, "scrollHeight");
        window.heights = new Set();
        Object.defineProperty(Element.prototype, "scrollHeight", {
          get() {
            if (this.matches("textarea")) {
              heights.add(document.querySelector("[data-scroller]").clientHeight);
            }
            return get.call(this);
          },
        });
        """
    )
    chat.reload()
    box = chat.get_by_role("textbox", name="Message", exact=True)
    box.evaluate("box => { box.style.fieldSizing = 'fixed'; }")
    box.fill("one\ntwo\nthree\nfour\nfive")
    chat.evaluate("heights.clear()")
    box.press_sequentially(" and more")
    assert chat.evaluate("[...heights]") == [chat.evaluate("document.querySelector('[data-scroller]').clientHeight")]
    box.fill("one")
    assert box.evaluate("box => box.clientHeight") < 40


def test_a_pointer_that_holds_no_text_does_not_hold_the_view(chat: Page, upstream: ScriptedUpstreamThread):
    gates = [Gate(), Gate()]
    upstream.play(mira([LONG, WaitFor(gates[0]), MORE, WaitFor(gates[1]), MORE.replace("Later", "Even later")]))
    ask(chat, "Tell me")
    expect(answer(chat)).to_contain_text("Paragraph 59.")
    chat.locator("[data-scroller]").hover()
    chat.mouse.down(button="right")  # its menu is the browser's, which hears of the button's release
    gates[0].open()
    expect(answer(chat)).to_contain_text("Later 19")
    chat.evaluate(PICTURES)
    assert is_at_the_end(chat)
    chat.mouse.up(button="right")
    for kind, where in (("pointerdown", 10_000), ("pointerdown", 700), ("contextmenu", 700)):
        chat.locator("[data-scroller]").dispatch_event(kind, {"button": 0, "clientX": where})
    gates[1].open()
    expect(answer(chat)).to_contain_text("Even later 19")
    expect_status(chat, "complete")
    chat.evaluate(PICTURES)
    assert is_at_the_end(chat)


def test_one_s_own_message_brings_the_end_back(chat: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread):
    conversation, _ = long_talk(brook, talk(40))
    chat.goto(f"{brook.url}/c/{conversation}/")
    expect(chat.get_by_text("Message 39.")).to_be_visible()
    leave_upwards(chat, "wheel")
    upstream.play(mira(["Here.", Hang()]))
    ask(chat, "Where are we?")
    expect(answer(chat)).to_contain_text("Here.")
    expect(answer(chat)).to_be_in_viewport()
    expect(chat.get_by_role("button", name="Jump to latest")).to_be_hidden()


def test_versions_above_can_be_turned_without_losing_the_place(chat: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira([LONG]), mira([LONG + MORE]))
    ask(chat, "Tell me")
    expect_status(chat, "complete")
    answer(chat).get_by_role("button", name="Regenerate", exact=True).click()
    expect(answer(chat)).to_contain_text("Later 19")
    expect_status(chat, "complete")
    answer(chat).get_by_role("button", name="Previous version").click()
    expect(answer(chat)).to_contain_text("1 / 2")
    expect(answer(chat).get_by_role("button", name="Next version")).to_be_in_viewport()


def chapters(page: Page, brook: ServedBrook) -> None:
    """Two long answers, of which the middle is read."""
    conversation, _ = long_talk(brook, ["Tell me", CHAPTERS[0], "And then?", CHAPTERS[1]])
    page.goto(f"{brook.url}/c/{conversation}/")
    expect(page.get_by_text("Delta 59.")).to_be_visible()
    leave_upwards(page, "wheel")
    read_at(page, 0.6)


def read_at(page: Page, share: float) -> None:
    page.locator("[data-scroller]").evaluate("(box, share) => { box.scrollTop = box.scrollHeight * share; }", share)
    leave_upwards(page, "wheel")


def first_begun(page: Page) -> str:
    """The first words of the first paragraph whose beginning is seen."""
    return page.evaluate(
        """() => {
          const edge = document.querySelector('[data-scroller]').getBoundingClientRect().top;
          const paragraphs = [...document.querySelectorAll('[data-transcript] p')];
          const seen = paragraphs.find((paragraph) => paragraph.getBoundingClientRect().top >= edge);
          return seen.textContent.split('.')[0] + '.';
        }"""
    )


SIZES = {
    "narrow": ((1280, 800), (600, 800)),
    "narrower": ((1280, 800), (420, 800)),
    "twice as large": ((1280, 800), (640, 400)),
    "a phone that is turned": ((844, 390), (390, 844)),
}


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES.keys())
@pytest.mark.parametrize("share", [0.8, 0.3])
def test_a_page_of_another_width_shows_what_was_being_read(chat: Page, brook: ServedBrook, sizes, share: float):
    before, after = ({"width": width, "height": height} for width, height in sizes)
    chat.set_viewport_size(before)
    chapters(chat, brook)
    read_at(chat, share)
    words = first_begun(chat)
    stood = place(chat, words)
    for size in (after, before):
        chat.set_viewport_size(size)
        chat.wait_for_timeout(300)
        assert place(chat, words) == pytest.approx(stood, abs=4)
    expect(chat.get_by_role("button", name="Jump to latest")).to_be_visible()


def test_a_block_that_is_longer_than_the_page_keeps_its_share(chat: Page, brook: ServedBrook):
    conversation, _ = long_talk(
        brook, ["Tell me", " ".join(f"Word{number}" for number in range(6_000)), "And then?", "No."]
    )
    chat.goto(f"{brook.url}/c/{conversation}/")
    expect(chat.get_by_text("Word5999")).to_be_attached()
    leave_upwards(chat, "wheel")
    read_at(chat, 0.5)
    seen = "document.caretPositionFromPoint(innerWidth / 2, 100).offset"
    before = chat.evaluate(seen)
    chat.set_viewport_size({"width": 420, "height": 800})
    chat.wait_for_timeout(300)
    assert chat.evaluate(seen) == pytest.approx(before, abs=600)


def test_what_is_read_stays_when_the_page_becomes_narrow_while_the_answer_goes_on(
    chat: Page, upstream: ScriptedUpstreamThread
):
    gate = Gate()
    upstream.play(mira([CHAPTERS[0], WaitFor(gate), MORE]))
    ask(chat, "Tell me")
    expect(answer(chat)).to_contain_text("River 59.")
    leave_upwards(chat, "wheel")
    read_at(chat, 0.5)
    words = first_begun(chat)
    stood = place(chat, words)
    chat.set_viewport_size({"width": 500, "height": 800})
    gate.open()
    expect_status(chat, "complete")
    assert place(chat, words) == pytest.approx(stood, abs=4)


def test_the_end_is_followed_on_a_page_of_another_width(chat: Page, upstream: ScriptedUpstreamThread):
    gate = Gate()
    upstream.play(mira([CHAPTERS[0], WaitFor(gate), MORE]))
    ask(chat, "Tell me")
    expect(answer(chat)).to_contain_text("River 59.")
    chat.set_viewport_size({"width": 420, "height": 800})
    chat.evaluate(PICTURES)
    assert is_at_the_end(chat)
    gate.open()
    expect_status(chat, "complete")
    assert is_at_the_end(chat)


# From elsewhere


@pytest.fixture
def streaming(chat: Page, upstream: ScriptedUpstreamThread) -> Page:
    """A long answer is under way, and followed."""
    upstream.play(mira([LONG, Hang()]))
    ask(chat, "Tell me")
    expect(answer(chat)).to_contain_text("Paragraph 59.")
    chat.evaluate(PICTURES)
    assert is_at_the_end(chat)
    return chat


def expect_left_by(page: Page, pixels: int) -> None:
    """The end is no longer followed, and at least as far away."""
    expect(page.get_by_role("button", name="Jump to latest")).to_be_visible()
    page.wait_for_function(
        """(pixels) => {
          const box = document.querySelector('[data-scroller]');
          return box.scrollHeight - box.clientHeight - box.scrollTop >= pixels;
        }""",
        arg=pixels,
    )


@pytest.mark.parametrize("where", ["[data-part=text]", "header.topbar"])
def test_a_wheel_beside_the_transcript_moves_it_and_ends_the_following(streaming: Page, where: str):
    streaming.locator(f"main {where}").last.hover()
    streaming.mouse.wheel(0, -400)
    expect_left_by(streaming, 390)
    streaming.mouse.wheel(0, 9_000)
    expect(streaming.get_by_role("button", name="Jump to latest")).to_be_hidden()


def test_a_long_text_in_the_message_box_takes_the_wheel_itself(streaming: Page):
    box = streaming.get_by_role("textbox", name="Message", exact=True)
    box.fill("line\n" * 60)
    box.evaluate("(box) => { box.scrollTop = box.scrollHeight; }")
    box.hover()
    streaming.mouse.wheel(0, -200)
    streaming.wait_for_function(
        "(box) => box.scrollHeight - box.clientHeight - box.scrollTop > 150", arg=box.element_handle()
    )
    streaming.evaluate(PICTURES)
    assert is_at_the_end(streaming)


@pytest.mark.parametrize(
    ("key", "pixels"), [("PageUp", 300), ("Shift+PageUp", 300), ("Control+Home", 1_000), ("Home", 1_000)]
)
def test_keys_that_the_empty_box_has_no_use_for_move_the_transcript(streaming: Page, key: str, pixels: int):
    box = streaming.get_by_role("textbox", name="Message", exact=True)
    box.focus()
    box.press(key)
    expect_left_by(streaming, pixels)
    box.press("Control+End")
    expect(streaming.get_by_role("button", name="Jump to latest")).to_be_hidden()
    expect(box).to_be_focused()


def test_in_a_text_home_is_the_caret_s_and_a_page_the_transcript_s(streaming: Page):
    box = streaming.get_by_role("textbox", name="Message", exact=True)
    box.fill("ater")
    box.press("Home")
    box.press_sequentially("W")
    expect(box).to_have_value("Water")
    assert is_at_the_end(streaming)
    box.press("PageUp")
    expect_left_by(streaming, 300)


@pytest.mark.parametrize(
    ("key", "pixels"),
    [("ArrowUp", 35), ("PageUp", 300), ("Shift+Space", 300), ("Home", 1_000), ("Control+Home", 1_000)],
)
def test_keys_move_the_transcript_while_the_focus_is_nowhere(streaming: Page, key: str, pixels: int):
    streaming.evaluate("document.activeElement.blur()")
    streaming.keyboard.press(key)
    expect_left_by(streaming, pixels)
    streaming.keyboard.press("Space")
    streaming.keyboard.press("PageDown")
    streaming.keyboard.press("ArrowDown")
    streaming.keyboard.press("End")
    expect(streaming.get_by_role("button", name="Jump to latest")).to_be_hidden()


def test_behind_a_dialog_no_key_moves_the_transcript(streaming: Page):
    streaming.keyboard.press("Control+k")
    expect(streaming.get_by_role("dialog", name="Search")).to_be_visible()
    streaming.keyboard.press("PageUp")
    streaming.evaluate("document.activeElement.blur()")
    streaming.keyboard.press("PageUp")
    streaming.evaluate(PICTURES)
    assert is_at_the_end(streaming)


# On a phone


@pytest.fixture
def phone(brook: ServedBrook, browser: Browser) -> Iterator[Page]:
    """The chat page under a finger."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    name, _, value = brook.make_account("alice").partition("=")
    context.add_cookies([{"name": name, "value": value, "url": brook.url}])
    page = context.new_page()
    page.goto(brook.url)
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_enabled()
    yield page
    context.close()


# A finger that has begun to drag, before the browser makes a scroll of it.
BEGIN_TO_DRAG = """() => {
  const target = document.querySelector('[data-scroller]');
  for (const [type, clientY] of [['touchstart', 300], ['touchmove', 301]]) {
    const touches = [new Touch({ identifier: 0, target, clientX: 195, clientY })];
    target.dispatchEvent(new TouchEvent(type, { touches, bubbles: true }));
  }
}"""


def drag(page: Page, heights: Iterable[int]) -> None:
    """Rests before it leaves: nothing rolls on."""
    finger = page.context.new_cdp_session(page)
    for at, height in enumerate(heights):
        touch = {"type": "touchMove" if at else "touchStart", "touchPoints": [{"x": 195, "y": height}]}
        finger.send("Input.dispatchTouchEvent", touch)
    expect(page.get_by_role("button", name="Jump to latest")).to_be_visible()
    until_still(page)
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.parametrize("how", ["begun", "done"])
def test_the_first_drag_of_a_finger_ends_the_following(phone: Page, upstream: ScriptedUpstreamThread, how: str):
    gates = [Gate(), Gate()]
    upstream.play(mira([LONG, WaitFor(gates[0]), MORE, WaitFor(gates[1]), MORE.replace("Later", "Last")]))
    ask(phone, "Tell me")
    expect(answer(phone)).to_contain_text("Paragraph 59.")
    phone.evaluate(PICTURES)
    assert is_at_the_end(phone)
    if how == "begun":
        phone.evaluate(BEGIN_TO_DRAG)
    else:
        drag(phone, range(300, 500, 20))
    before = place(phone, "Paragraph 50.")
    gates[0].open()
    expect(answer(phone)).to_contain_text("Later 19")
    jump = phone.get_by_role("button", name="Jump to latest")
    expect(jump).to_be_visible()
    assert place(phone, "Paragraph 50.") == pytest.approx(before, abs=1)

    jump.tap()
    expect(jump).to_be_hidden()
    gates[1].open()
    expect(answer(phone)).to_contain_text("Last 19")
    expect_status(phone, "complete")
    assert place(phone, "Last 19") > 0
    assert is_at_the_end(phone)


def test_over_a_keyboard_the_message_box_and_the_end_of_the_text_are_seen(
    phone: Page, upstream: ScriptedUpstreamThread
):
    """As Safari tells of its keyboard, which takes nothing away from the window."""
    upstream.play(mira([LONG]))
    ask(phone, "Tell me")
    expect_status(phone, "complete")
    box = phone.get_by_role("textbox", name="Message", exact=True)
    box.tap()
    for height in (508, 844):
        phone.evaluate(
            """(height) => {
              Object.defineProperty(visualViewport, "height", { configurable: true, value: height });
              visualViewport.dispatchEvent(new Event("resize"));
            }""",
            height,
        )
        phone.evaluate(PICTURES)
        frame = phone.locator(".composer-box").bounding_box()
        assert frame is not None
        assert height - 60 < frame["y"] + frame["height"] <= height
        assert 0 < place(phone, "Paragraph 59.") < frame["y"]
        assert is_at_the_end(phone)
