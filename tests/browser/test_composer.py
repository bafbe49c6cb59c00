"""The box at the foot of the page: drafts, keys, the queue of one."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.budgets import deltas, rivers
from tests.browser.steps import answer, ask, expect_status, question, stop
from tests.browser.tracing import traced
from tests.support.dialects import mira_chunk
from tests.support.scripts import Gate, Hang, Send, Step, WaitFor, json_answer, mira
from tests.support.upstream_thread import ScriptedUpstreamThread


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message", exact=True)


def waiting(page: Page) -> Locator:
    """The message that waits for the end of the answer."""
    return page.get_by_role("group", name="Waiting message")


def write(page: Page, text: str) -> None:
    box(page).fill(text)
    box(page).press("Enter")


def until_sent(upstream: ScriptedUpstreamThread, number: int) -> list[str]:
    """What the model was asked in its last of so many requests."""
    for _ in range(number - 1):
        upstream.next_request()
    return [message["content"] for message in upstream.next_request().body["messages"]]


# Drafts


def test_a_draft_survives_a_reload_and_belongs_to_its_conversation(chat: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["Of rivers."]))
    ask(chat, "Rivers?")
    expect_status(chat, "complete")
    box(chat).fill("Half a thought about rivers")
    chat.reload()
    expect(box(chat)).to_have_value("Half a thought about rivers")
    chat.get_by_role("button", name="New chat").first.click()
    expect(box(chat)).to_have_value("")
    box(chat).fill("Something new")
    chat.get_by_role("link", name="Rivers?").click()
    expect(box(chat)).to_have_value("Half a thought about rivers")


# Keys


def test_arrow_up_in_an_empty_box_edits_ones_last_message(chat: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["One."]), mira(["Another."]))
    ask(chat, "Say one")
    expect_status(chat, "complete")
    box(chat).fill("text")
    box(chat).press("ArrowUp")
    expect(chat.get_by_role("textbox", name="Edit message")).to_have_count(0)
    box(chat).fill("")
    box(chat).press("ArrowUp")
    editor = chat.get_by_role("textbox", name="Edit message")
    expect(editor).to_be_focused()
    expect(editor).to_have_value("Say one")
    editor.fill("Say another")
    editor.press("Enter")
    expect(answer(chat)).to_contain_text("Another.")


def test_where_enter_breaks_the_line_ctrl_enter_sends(chat: Page, upstream: ScriptedUpstreamThread):
    chat.route(chat.url, _with_enter_breaking_the_line)
    chat.reload()
    upstream.play(mira(["Sent."]))
    box(chat).press_sequentially("one")
    box(chat).press("Enter")
    box(chat).press_sequentially("two")
    expect(box(chat)).to_have_value("one\ntwo")
    expect(chat.get_by_role("article")).to_have_count(0)
    box(chat).press("Control+Enter")
    expect_status(chat, "complete")
    assert until_sent(upstream, 1) == ["one\ntwo"]


def _with_enter_breaking_the_line(route):
    page = route.fetch()
    route.fulfill(response=page, body=page.text().replace('data-enter-sends="true"', 'data-enter-sends="false"'))


HOLD_UP = 50  # milliseconds of the main thread, beyond which a key waits noticeably
TYPED = "These words are typed by hand while text streams. "


def long_answer(_: object) -> Iterator[Step]:
    """300 kB at once, and then on and on, 200 deltas a second."""
    text = rivers(300_000)
    yield Send(mira_chunk({"role": "assistant"}))
    for start in range(0, len(text), 10_000):
        yield Send(mira_chunk({"content": text[start : start + 10_000]}))
    yield Send(mira_chunk({"content": "\n\nAnd so it goes on.\n\n"}))
    for delta in deltas(text):
        yield Send(mira_chunk({"content": delta})) if isinstance(delta, str) else delta
    yield Hang()


def longest_task_while_typing(page: Page) -> float:
    with traced(page) as trace:
        page.keyboard.type(TYPED, delay=20)
    return trace.longest


def test_a_long_paste_and_typing_stay_quick_at_the_end_of_a_long_answer_that_streams(
    chat: Page, upstream: ScriptedUpstreamThread
):
    upstream.play(long_answer)
    ask(chat, "Go on and on")
    chat.wait_for_function(
        "() => document.querySelector('[data-transcript]').textContent.includes('And so it goes on')"
    )
    text = " ".join(f"word{number}" for number in range(3000)) + " "
    box(chat).focus()
    chat.keyboard.insert_text(text)
    longest = longest_task_while_typing(chat)
    again = TYPED if longest > HOLD_UP else ""  # as in test_budgets.py: what holds in one of two runs holds
    longest = min(longest, longest_task_while_typing(chat)) if again else longest
    assert longest <= HOLD_UP
    assert box(chat).input_value() == f"{text}{TYPED}{again}"
    stop(chat)
    expect_status(chat, "cancelled")


# The queue


def test_what_waits_in_a_tab_that_is_closed_waits_in_the_next_one(
    chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread
):
    gate = Gate()
    upstream.play(mira(["First ", WaitFor(gate), "answer."]), mira(["Second answer."]))
    ask(chat, "One")
    expect(answer(chat)).to_contain_text("First")
    write(chat, "Two")
    with context.expect_page() as opened:
        chat.evaluate("() => { open(location.href); }")  # which copies what the tab keeps
    copy = opened.value
    expect(answer(copy)).to_contain_text("First")
    expect(waiting(copy)).to_be_hidden()
    chat.reload()
    expect(waiting(chat)).to_contain_text("Two")
    chat.close()
    copy.reload()
    expect(waiting(copy)).to_contain_text("Two")
    gate.open()
    expect(answer(copy)).to_contain_text("Second answer.")
    assert until_sent(upstream, 2)[-1] == "Two"


def test_what_is_sent_during_an_answer_goes_out_once_when_it_ends(chat: Page, upstream: ScriptedUpstreamThread):
    gate = Gate()
    upstream.play(mira(["First ", WaitFor(gate), "answer."]), mira(["Second answer."]))
    ask(chat, "One")
    expect(answer(chat)).to_contain_text("First")
    write(chat, "Two")
    expect(waiting(chat)).to_contain_text("Will be sent when the answer ends.")
    expect(waiting(chat)).to_contain_text("Two")
    expect(box(chat)).to_have_value("")
    expect(chat.get_by_role("button", name="Stop", exact=True)).to_be_visible()
    box(chat).fill("Being typed meanwhile")
    gate.open()
    expect(answer(chat)).to_contain_text("Second answer.")
    expect_status(chat, "complete")
    expect(waiting(chat)).to_be_hidden()
    expect(box(chat)).to_have_value("Being typed meanwhile")
    assert until_sent(upstream, 2) == ["One", "First answer.", "Two"]
    assert len(upstream.requests) == 2


def test_it_survives_a_reload(chat: Page, upstream: ScriptedUpstreamThread):
    gate = Gate()
    upstream.play(mira(["First ", WaitFor(gate), "answer."]), mira(["Second answer."]))
    ask(chat, "One")
    expect(answer(chat)).to_contain_text("First")
    write(chat, "Two")
    expect(waiting(chat)).to_be_visible()
    chat.reload()
    expect(waiting(chat)).to_contain_text("Two")
    gate.open()
    expect(answer(chat)).to_contain_text("Second answer.")
    assert len(upstream.requests) == 2


def test_it_can_be_edited_and_removed(chat: Page, upstream: ScriptedUpstreamThread):
    gate = Gate()
    upstream.play(mira(["First ", WaitFor(gate), "answer."]))
    ask(chat, "One")
    expect(answer(chat)).to_contain_text("First")
    write(chat, "Two")
    waiting(chat).get_by_role("button", name="Edit").click()
    expect(waiting(chat)).to_be_hidden()
    expect(box(chat)).to_have_value("Two")
    expect(box(chat)).to_be_focused()
    box(chat).press("Enter")
    waiting(chat).get_by_role("button", name="Remove").click()
    expect(waiting(chat)).to_be_hidden()
    gate.open()
    expect_status(chat, "complete")
    expect(chat.get_by_role("article", name="You")).to_have_count(1)
    assert len(upstream.requests) == 1


def test_a_second_one_is_refused_and_kept(chat: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["First ", Hang()]))
    ask(chat, "One")
    expect(answer(chat)).to_contain_text("First")
    write(chat, "Two")
    write(chat, "Three")
    expect(chat.get_by_text("One message is waiting already.")).to_be_visible()
    expect(box(chat)).to_have_value("Three")
    expect(waiting(chat)).to_contain_text("Two")
    stop(chat)


def test_send_now_stops_the_answer_first(chat: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["On and on ", Hang()]), mira(["Second answer."]))
    ask(chat, "One")
    expect(answer(chat)).to_contain_text("On and on")
    write(chat, "Two")
    waiting(chat).get_by_role("button", name="Stop and send").click()
    upstream.next_request().hung_up(within=1.0)
    expect(answer(chat)).to_contain_text("Second answer.")
    assert len(upstream.requests) == 2


@pytest.mark.parametrize("ending", ["stopped", "failed"])
def test_after_stop_or_a_failure_it_is_offered(chat: Page, upstream: ScriptedUpstreamThread, ending: str):
    gate = Gate()
    first = mira(["First ", Hang()]) if ending == "stopped" else [WaitFor(gate), *json_answer(500, {"error": "No."})]
    upstream.play(first, mira(["Second answer."]))
    ask(chat, "One")
    expect_status(chat, "streaming")
    write(chat, "Two")
    if ending == "stopped":
        stop(chat)
    gate.open()
    expect(waiting(chat)).to_contain_text("Not sent yet")
    assert len(upstream.requests) == 1
    waiting(chat).get_by_role("button", name="Send", exact=True).click()
    expect(answer(chat)).to_contain_text("Second answer.")


def test_it_belongs_to_its_conversation(chat: Page, upstream: ScriptedUpstreamThread):
    gate = Gate()
    upstream.play(mira(["Of rivers ", WaitFor(gate), "and lakes."]), mira(["Of photons."]), mira(["Of seas."]))
    ask(chat, "Rivers?")
    expect(answer(chat)).to_contain_text("Of rivers")
    write(chat, "And seas?")
    chat.get_by_role("button", name="New chat").first.click()
    expect(waiting(chat)).to_be_hidden()
    ask(chat, "Photons?")
    expect_status(chat, "complete")
    gate.open()
    chat.get_by_role("link", name="Rivers?").click()
    expect(answer(chat)).to_contain_text("Of seas.")


def test_a_button_queues_where_no_key_does(chat: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["First ", Hang()]))
    ask(chat, "One")
    expect(answer(chat)).to_contain_text("First")
    queue = chat.get_by_role("button", name="Send next")
    expect(queue).to_be_hidden()
    box(chat).fill("Two")
    queue.click()
    expect(waiting(chat)).to_contain_text("Two")
    stop(chat)


# Offline


def test_what_is_sent_offline_waits_and_goes_out_once(
    chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread
):
    upstream.play(mira(["Here."]), mira(["Sent at last."]))
    ask(chat, "Are you there?")
    expect_status(chat, "complete")
    context.set_offline(True)
    expect(chat.get_by_text("Offline. Your text is kept")).to_be_visible()
    write(chat, "And now?")
    expect(question(chat)).to_contain_text("It will be sent when connected.")
    write(chat, "And later?")
    expect(waiting(chat)).to_contain_text("And later?")
    upstream.play(mira(["Later, too."]))
    context.set_offline(False)
    expect(answer(chat)).to_contain_text("Later, too.")
    expect_status(chat, "complete")
    assert len(upstream.requests) == 3


def test_what_is_queued_behind_the_first_message_of_a_new_chat_goes_with_it(
    chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread
):
    upstream.play(mira(["Of rivers."]), mira(["First answer."]), mira(["Second answer."]))
    ask(chat, "Rivers?")
    expect_status(chat, "complete")
    chat.get_by_role("button", name="New chat").first.click()
    context.set_offline(True)
    expect(chat.get_by_text("Offline. Your text is kept")).to_be_visible()
    write(chat, "One")
    write(chat, "Two")
    expect(waiting(chat)).to_contain_text("Two")
    chat.get_by_role("link", name="Rivers?").click()
    expect(waiting(chat)).to_be_hidden()
    context.set_offline(False)
    chat.get_by_role("link", name="One").click()
    expect(answer(chat)).to_contain_text("Second answer.")
    assert until_sent(upstream, 3) == ["One", "First answer.", "Two"]


def test_what_is_typed_before_the_script_is_there_stays(chat: Page):
    held = []
    chat.route("**/js/main.*.js", lambda route: held.append(route))
    chat.reload(wait_until="commit")
    chat.get_by_role("textbox", name="Message", exact=True).fill("Typed early")
    chat.wait_for_function("() => performance.getEntriesByType('resource').length > 3")
    expect(chat.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    held.pop().continue_()
    expect(chat.get_by_text("The model that answers is")).to_be_visible()
    expect(chat.get_by_role("textbox", name="Message", exact=True)).to_have_value("Typed early")
    expect(chat.get_by_role("button", name="Send", exact=True)).to_be_enabled()
