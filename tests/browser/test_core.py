"""The whole of it, as a person goes through it: the first account, an answer that is stopped, one that completes, and
the review of both."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import answer, ask, expect_announced, expect_status, question, stop
from tests.support.scripts import Gate, Hang, WaitFor, mira, vigthoria
from tests.support.server import PASSWORD, ServedBrook
from tests.support.upstream_thread import ScriptedUpstreamThread


def test_from_the_first_account_to_the_review(page: Page, brook: ServedBrook, upstream: ScriptedUpstreamThread):
    page.goto(brook.url)
    expect(page).to_have_url(f"{brook.url}/accounts/setup/")
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Confirm password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("textbox", name="Message")).to_be_focused()

    gates = [Gate(), Gate()]
    upstream.play(mira(["Water ", WaitFor(gates[0]), "finds ", WaitFor(gates[1]), "its way ", Hang()]))
    ask(page, "Why do rivers meander?")
    for text, gate in zip(["Water ", "Water finds "], gates, strict=True):
        expect(answer(page)).to_contain_text(text.strip())
        expect_status(page, "streaming")
        gate.open()
    expect(answer(page)).to_contain_text("Water finds its way")
    expect_announced(page, "Generating")

    stop(page)
    expect_status(page, "cancelled")
    expect_announced(page, "Stopped")
    upstream.next_request().hung_up(within=1.0)

    page.reload()
    expect(answer(page)).to_contain_text("Water finds its way")
    expect(answer(page)).to_contain_text("Stopped")
    expect_status(page, "cancelled")

    upstream.play(vigthoria(["Because ", "of small ", "disturbances."]))
    ask(page, "And in one sentence?")
    expect_status(page, "complete")
    expect(answer(page)).to_contain_text("Because of small disturbances.")
    expect_announced(page, "Finished")

    page.get_by_role("button", name="alice").click()
    page.get_by_role("link", name="Review").click()
    page.goto(f"{brook.url}/admin/chat/conversation/")
    page.get_by_role("link", name="Why do rivers meander?").click()
    for words in ("Water finds its way", "Stopped", "And in one sentence?", "Because of small disturbances."):
        expect(page.locator("main, #content").first).to_contain_text(words)


def test_a_prompt_to_try_is_sent_and_takes_nothing_away_that_was_typed(chat: Page, upstream: ScriptedUpstreamThread):
    box = chat.get_by_role("textbox", name="Message")
    prompt = chat.get_by_role("button", name="Why do rivers meander?")
    box.fill("I was about to say")
    prompt.click()
    expect(box).to_have_value("Why do rivers meander?\n\nI was about to say")
    expect(box).to_be_focused()
    expect(chat.get_by_role("article")).to_have_count(0)
    box.fill("")
    upstream.play(mira(["They seek the sea."]))
    prompt.click()
    expect(answer(chat)).to_contain_text("They seek the sea.")
    expect(box).to_have_value("")


def test_a_prompt_to_try_is_not_sent_with_a_file_that_waits_for_a_question(chat: Page):
    files = [{"name": "gauge.csv", "mimeType": "text/csv", "buffer": b"day,level"}]
    chat.locator("input[type=file]").set_input_files(files)
    expect(chat.get_by_role("button", name="Remove gauge.csv")).to_be_visible()
    chat.get_by_role("button", name="Why do rivers meander?").click()
    expect(chat.get_by_role("textbox", name="Message")).to_have_value("Why do rivers meander?")
    expect(chat.get_by_role("article")).to_have_count(0)


def test_the_prompt_holds_the_conversation_so_far(chat: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["Two."]), mira(["Three."]))
    ask(chat, "One?")
    expect_status(chat, "complete")
    ask(chat, "And then?")
    expect(answer(chat)).to_contain_text("Three.")
    upstream.next_request()
    said = upstream.next_request().body["messages"]
    assert [(message["role"], message["content"]) for message in said] == [
        ("user", "One?"),
        ("assistant", "Two."),
        ("user", "And then?"),
    ]


def test_stop_works_before_the_first_word(chat: Page, upstream: ScriptedUpstreamThread):
    upstream.play([Hang()])
    ask(chat, "Are you there?")
    request = upstream.next_request()
    stop(chat)
    request.hung_up(within=1.0)
    expect_status(chat, "cancelled")
    expect(chat.get_by_role("button", name="Send", exact=True)).to_be_visible()


def test_escape_stops(chat: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["On and on ", Hang()]))
    ask(chat, "Go on")
    expect(answer(chat)).to_contain_text("On and on")
    chat.keyboard.press("Escape")
    upstream.next_request().hung_up(within=1.0)
    expect_status(chat, "cancelled")


def test_a_failure_is_told_in_words_and_can_be_retried(chat: Page, upstream: ScriptedUpstreamThread):
    from tests.support.scripts import json_answer

    upstream.play(json_answer(429, {"error": {"message": "Come back at noon."}}), mira(["Here I am."]))
    ask(chat, "Are you there?")
    expect_status(chat, "failed")
    expect(answer(chat)).to_contain_text("Come back at noon.")
    expect(chat.get_by_role("status")).to_contain_text("Failed: ")
    answer(chat).get_by_role("button", name="Retry").click()
    expect(answer(chat)).to_contain_text("Here I am.")
    expect_status(chat, "complete")
    assert len(chat.get_by_role("article", name="Assistant").all()) == 1
    expect(answer(chat)).to_contain_text("2 / 2")


def test_an_answer_cut_at_the_token_limit_says_so(chat: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["And then"], finish="length"))
    ask(chat, "Tell me a long story")
    expect_status(chat, "complete")
    expect(answer(chat)).to_contain_text("token limit")


def test_a_truncated_answer_is_not_called_finished(chat: Page, upstream: ScriptedUpstreamThread):
    upstream.play(vigthoria(["Half an ans"], done=False))
    ask(chat, "Tell me")
    expect_status(chat, "truncated")
    expect(answer(chat)).to_contain_text("Half an ans")
    expect(chat.get_by_role("status")).to_contain_text("Failed: ")


@pytest.mark.parametrize("press", ["button", "enter"])
def test_sending_twice_in_a_hurry_sends_once(chat: Page, upstream: ScriptedUpstreamThread, press: str):
    upstream.play(mira(["Once."]))
    chat.get_by_role("textbox", name="Message").fill("Only once")
    if press == "button":
        chat.get_by_role("button", name="Send", exact=True).dblclick()
    else:
        chat.keyboard.press("Enter")
        chat.keyboard.press("Enter")
    expect(answer(chat)).to_contain_text("Once.")
    expect_status(chat, "complete")
    expect(chat.get_by_role("article", name="You")).to_have_count(1)
    assert len(upstream.requests) == 1


def test_a_long_paste_arrives_whole(chat: Page, upstream: ScriptedUpstreamThread):
    text = " ".join(f"word{number}" for number in range(3000))
    ask(chat, text)
    expect_status(chat, "complete")
    assert upstream.next_request().body["messages"][-1]["content"] == text
    chat.reload()
    expect(question(chat)).to_contain_text("word2999")


def test_shift_enter_breaks_the_line_and_blank_text_is_not_sent(chat: Page, upstream: ScriptedUpstreamThread):
    box = chat.get_by_role("textbox", name="Message")
    box.fill("   ")
    box.press("Enter")
    expect(chat.get_by_role("article")).to_have_count(0)
    box.fill("one")
    box.press("Shift+Enter")
    box.press_sequentially("two")
    box.press("Enter")
    expect_status(chat, "complete")
    assert upstream.next_request().body["messages"][-1]["content"] == "one\ntwo"


def test_markup_is_shown_as_text(chat: Page, upstream: ScriptedUpstreamThread):
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script> \u202e {{ 7*7 }}"
    upstream.play(mira([hostile]))
    ask(chat, hostile)
    expect_status(chat, "complete")
    expect(answer(chat)).to_contain_text("<img src=x onerror=alert(1)>")
    expect(question(chat)).to_contain_text("<script>alert(2)</script>")
    expect(chat.locator("article img")).to_have_count(0)


def test_edit_and_regenerate_keep_every_version(chat: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["First answer."]), mira(["Second answer."]), mira(["Third answer."]))
    ask(chat, "Say something")
    expect(answer(chat)).to_contain_text("First answer.")
    expect_status(chat, "complete")
    answer(chat).get_by_role("button", name="Regenerate").click()
    expect(answer(chat)).to_contain_text("Second answer.")
    expect_status(chat, "complete")

    question(chat).get_by_role("button", name="Edit").click()
    chat.get_by_role("textbox", name="Edit message").fill("Say something else")
    chat.get_by_role("button", name="Send edit").click()
    expect(answer(chat)).to_contain_text("Third answer.")
    expect_status(chat, "complete")
    expect(question(chat)).to_contain_text("Say something else")

    question(chat).get_by_role("button", name="Previous version").click()
    expect(question(chat)).to_contain_text("Say something")
    expect(answer(chat)).to_contain_text("Second answer.")
    answer(chat).get_by_role("button", name="Previous version").click()
    expect(answer(chat)).to_contain_text("First answer.")


def test_reasoning_is_shown_apart_from_the_answer(chat: Page, upstream: ScriptedUpstreamThread):
    from tests.fixtures.streams import STREAMS
    from tests.support.scripts import Send

    fixture = next(stream for stream in STREAMS if stream.reasoning and stream.ends == "complete")
    upstream.play([Send(fixture.body)])
    ask(chat, "Think first")
    expect_status(chat, "complete")
    expect(answer(chat)).to_contain_text(fixture.content)
    answer(chat).get_by_text("Thought").click()
    expect(answer(chat)).to_contain_text(fixture.reasoning)


@pytest.mark.parametrize("width", [320, 390, 640])
def test_nothing_reaches_beyond_a_narrow_screen(chat: Page, upstream: ScriptedUpstreamThread, width: int):
    chat.set_viewport_size({"width": width, "height": 640})
    upstream.play(mira(["A".ljust(200, "a"), " and an ordinary sentence that is rather long."]))
    ask(chat, "A title that is much longer than a telephone is wide, as titles usually are")
    expect_status(chat, "complete")
    assert chat.evaluate("document.documentElement.scrollWidth") <= width
    expect(chat.get_by_role("button", name="Send", exact=True)).to_be_in_viewport(ratio=1)
    expect(chat.get_by_role("button", name="New chat")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("trouble", ["forbidden", "full"])
def test_a_browser_that_keeps_nothing_is_good_for_everything_else(
    chat: Page, upstream: ScriptedUpstreamThread, trouble: str
):
    fail = f"throw new DOMException('It is {trouble}', 'SecurityError')"
    chat.add_init_script(
        f"for (const name of ['localStorage', 'sessionStorage'])"
        f"  Object.defineProperty(window, name, {{ get() {{ {fail}; }} }});"
        if trouble == "forbidden"
        else f"Storage.prototype.setItem = () => {{ {fail}; }};"
    )
    chat.reload()
    upstream.play(mira(["They seek the sea."]))
    ask(chat, "Why do rivers meander?")
    expect_status(chat, "complete")
    chat.get_by_role("button", name="Hide conversations").click()
    expect(chat.get_by_role("button", name="Conversations", exact=True)).to_be_focused()
    chat.get_by_role("button", name="Conversations", exact=True).click()
    chat.get_by_role("button", name="Keyboard shortcuts").click()
    chat.get_by_role("checkbox").uncheck()
    expect(chat.get_by_role("checkbox")).not_to_be_checked()
    chat.keyboard.press("Escape")
    chat.get_by_role("article").last.click()
    chat.keyboard.press("?")
    expect(chat.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()
