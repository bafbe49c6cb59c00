"""What is asked of the model: which one, with which instructions, how freely, how long."""

import json

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, WebSocketRoute, expect

from tests.browser.steps import answer, ask, expect_status, stop
from tests.support.scripts import endless, json_answer, mira
from tests.support.upstream_thread import ScriptedUpstreamThread


def offers(upstream: ScriptedUpstreamThread, *models: str) -> None:
    upstream.models = json_answer(200, {"data": [{"id": name} for name in models]})


def model_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Model:")


def models(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Models")


def panel(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Conversation options")


def open_panel(page: Page) -> Locator:
    page.get_by_role("button", name="Conversation options").click()
    expect(panel(page)).to_be_visible()
    return panel(page)


def save(page: Page) -> None:
    panel(page).get_by_role("button", name="Save").click()
    expect(panel(page)).to_be_hidden()


# The server asks for the list when it starts, and remembers it: with these goes `own_server`.


@pytest.fixture
def two_models(upstream: ScriptedUpstreamThread) -> None:
    offers(upstream, "small", "large")


@pytest.fixture
def many_models(upstream: ScriptedUpstreamThread) -> None:
    offers(upstream, *(f"model-{number}" for number in range(30)), "the-river-model")


@pytest.fixture
def no_list(upstream: ScriptedUpstreamThread) -> None:
    upstream.models = json_answer(404, {"error": "No such thing."})


@pytest.mark.own_server
@pytest.mark.usefixtures("two_models")
def test_a_model_is_chosen_for_a_new_chat_and_for_a_conversation(chat: Page, upstream: ScriptedUpstreamThread):
    model_button(chat).click()
    expect(models(chat).get_by_role("option", name="small")).to_contain_text("Default")
    models(chat).get_by_role("option", name="large").click()
    expect(models(chat)).to_be_hidden()
    expect(model_button(chat)).to_contain_text("large")
    upstream.play(mira(["One."]), mira(["Two."]))
    ask(chat, "Who are you?")
    expect_status(chat, "complete")
    assert upstream.next_request().body["model"] == "large"
    chat.reload()
    expect(model_button(chat)).to_contain_text("large")
    model_button(chat).click()
    models(chat).get_by_role("option", name="small").click()
    expect(model_button(chat)).to_contain_text("small")
    ask(chat, "And now?")
    expect(chat.get_by_role("article", name="Assistant")).to_have_count(2)
    expect_status(chat, "complete")
    assert upstream.next_request().body["model"] == "small"


@pytest.mark.own_server
@pytest.mark.usefixtures("two_models")
def test_it_is_chosen_by_keyboard_alone(chat: Page):
    model_button(chat).focus()
    chat.keyboard.press("Enter")
    expect(models(chat)).to_be_focused()
    chat.keyboard.press("ArrowDown")
    chat.keyboard.press("Enter")
    expect(model_button(chat)).to_contain_text("large")
    model_button(chat).click()
    chat.keyboard.press("Escape")
    expect(models(chat)).to_be_hidden()
    expect(model_button(chat)).to_contain_text("large")


@pytest.mark.own_server
@pytest.mark.usefixtures("many_models")
def test_a_long_list_is_searched(chat: Page):
    model_button(chat).click()
    search = chat.get_by_role("combobox", name="Name of a model")
    expect(search).to_be_focused()
    search.fill("river")
    expect(models(chat).get_by_role("option")).to_have_count(1)
    search.press("Enter")
    expect(model_button(chat)).to_contain_text("the-river-model")


@pytest.mark.own_server
@pytest.mark.usefixtures("two_models")
def test_a_list_that_was_lost_with_the_connection_is_asked_for_again(chat: Page):
    sockets: list[WebSocketRoute] = []

    def loses_the_first_list(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        server = socket.connect_to_server()
        is_first = len(sockets) == 1

        def pass_on(event: str | bytes) -> None:
            if not (is_first and json.loads(event)["type"] == "models"):
                socket.send(event)

        server.on_message(pass_on)

    chat.route_web_socket("**/ws/", loses_the_first_list)
    chat.reload()
    expect(chat.get_by_role("button", name="Send", exact=True)).to_be_enabled()
    model_button(chat).click()
    expect(chat.get_by_role("dialog", name="Choose a model")).to_contain_text("Asking which models there are")
    sockets[0].close(code=1012)
    expect(models(chat).get_by_role("option")).to_have_count(2)


@pytest.mark.own_server
@pytest.mark.usefixtures("many_models")
def test_while_an_answer_is_written_the_list_stays_as_it_is(chat: Page, upstream: ScriptedUpstreamThread):
    upstream.play(endless(every=0.02))
    ask(chat, "Go on and on")
    expect(answer(chat)).to_contain_text("word word")
    model_button(chat).click()
    option = models(chat).get_by_role("option", name="model-29")
    option.hover()  # which scrolls to it
    chat.mouse.down()
    words = answer(chat).inner_text()
    expect(answer(chat)).not_to_have_text(words)
    chat.wait_for_timeout(300)  # some more of them are drawn
    expect(option).to_be_in_viewport(ratio=1)
    chat.mouse.up()
    expect(model_button(chat)).to_contain_text("model-29")
    stop(chat)


@pytest.mark.own_server
@pytest.mark.usefixtures("no_list")
def test_where_there_is_no_list_a_name_is_typed(chat: Page, upstream: ScriptedUpstreamThread):
    model_button(chat).click()
    expect(chat.get_by_text("has no list. Type the name of a model.")).to_be_visible()
    chat.get_by_role("combobox", name="Name of a model").fill("my-own-model")
    chat.keyboard.press("Enter")
    expect(model_button(chat)).to_contain_text("my-own-model")
    upstream.play(mira(["One."]))
    ask(chat, "Who are you?")
    expect_status(chat, "complete")
    assert upstream.next_request().body["model"] == "my-own-model"


@pytest.mark.own_browser
def test_offline_the_picker_says_so(chat: Page, context: BrowserContext):
    context.set_offline(True)
    expect(chat.get_by_text("Offline. Your text is kept")).to_be_visible()
    model_button(chat).click()
    expect(chat.get_by_role("alert")).to_contain_text("Please try again when Brook is connected")
    context.set_offline(False)
    expect(chat.get_by_text("Offline.")).to_have_count(0)
    model_button(chat).click()
    expect(models(chat)).to_be_visible()


def test_options_go_with_the_first_message_of_a_new_chat(chat: Page, upstream: ScriptedUpstreamThread):
    dialog = open_panel(chat)
    dialog.get_by_role("textbox", name="Instructions").fill("Answer in rhymes.")
    dialog.get_by_role("spinbutton", name="Temperature as a number").fill("0.5")
    dialog.get_by_role("spinbutton", name="Longest answer").fill("200")
    save(chat)
    expect(chat.get_by_role("button", name="Instructions")).to_be_visible()
    upstream.play(mira(["In rhymes."]))
    ask(chat, "Why do rivers meander?")
    expect_status(chat, "complete")
    body = upstream.next_request().body
    assert body["messages"][0] == {"role": "system", "content": "Answer in rhymes."}
    assert (body["temperature"], body["max_tokens"]) == (0.5, 200)
    chat.get_by_role("button", name="New chat").first.click()
    expect(chat.get_by_role("button", name="Instructions")).to_be_hidden()


def test_a_change_shows_in_other_tabs_at_once_and_survives_a_reload(
    chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread
):
    upstream.play(mira(["One."]), mira(["Two."]))
    ask(chat, "One?")
    expect_status(chat, "complete")
    other = context.new_page()
    other.goto(chat.url)
    expect_status(other, "complete")
    open_panel(chat).get_by_role("textbox", name="Instructions").fill("Be brief.")
    save(chat)
    expect(other.get_by_role("button", name="Instructions")).to_be_visible()
    other.reload()
    expect_status(other, "complete")
    dialog = open_panel(other)
    expect(dialog.get_by_role("textbox", name="Instructions")).to_have_value("Be brief.")
    dialog.get_by_role("textbox", name="Instructions").fill("")
    save(other)
    expect(chat.get_by_role("button", name="Instructions")).to_be_hidden()


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ("Temperature as a number", "The temperature is a number from 0 to 2."),
        ("Longest answer", "The longest answer is a whole number of tokens, from 1 to 1,000,000."),
    ],
)
def test_what_is_no_number_is_not_taken_for_nothing(chat: Page, box: str, words: str):
    dialog = open_panel(chat)
    number = dialog.get_by_role("spinbutton", name=box)
    number.press_sequentially("abc")
    expect(dialog.get_by_role("alert")).to_have_text(words)
    number.press_sequentially("1e")
    expect(dialog.get_by_role("alert")).to_be_hidden()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_have_text(words)


def test_what_cannot_be_saved_stays_open_in_words(
    chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread
):
    upstream.play(mira(["One."]))
    ask(chat, "One?")
    expect_status(chat, "complete")
    dialog = open_panel(chat)
    dialog.get_by_role("spinbutton", name="Temperature as a number").fill("7")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_have_text("The temperature is a number from 0 to 2.")
    dialog.get_by_role("button", name="As the model does").click()
    dialog.get_by_role("textbox", name="Instructions").fill("x" * 20_001)
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("too long: 1 character too many")
    dialog.get_by_role("textbox", name="Instructions").fill("Be brief.")
    context.set_offline(True)
    expect(chat.get_by_text("Offline. Your text is kept")).to_be_visible()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("not connected")
    expect(dialog.get_by_role("textbox", name="Instructions")).to_have_value("Be brief.")
    context.set_offline(False)
    expect(chat.get_by_text("Offline.")).to_have_count(0)
    save(chat)


def test_the_temperature_is_given_back_to_the_model(chat: Page, upstream: ScriptedUpstreamThread):
    dialog = open_panel(chat)
    slider = dialog.get_by_role("slider", name="Temperature")
    expect(slider).to_have_attribute("aria-valuetext", "As the model does")
    slider.press("ArrowRight")
    expect(dialog.get_by_role("spinbutton", name="Temperature as a number")).to_have_value("1.1")
    dialog.get_by_role("button", name="As the model does").click()
    expect(dialog.get_by_role("spinbutton", name="Temperature as a number")).to_have_value("")
    save(chat)
    upstream.play(mira(["One."]))
    ask(chat, "One?")
    expect_status(chat, "complete")
    assert "temperature" not in upstream.next_request().body


@pytest.mark.own_browser
@pytest.mark.own_server
@pytest.mark.usefixtures("two_models")
def test_all_of_it_works_over_plain_http(chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread):
    context.route_web_socket("**/ws/", lambda socket: socket.close())
    chat.reload()
    expect(chat.get_by_text("Brook goes on over plain HTTP")).to_be_visible()
    model_button(chat).click()
    models(chat).get_by_role("option", name="large").click()
    expect(model_button(chat)).to_contain_text("large")
    upstream.play(mira(["One."]))
    ask(chat, "Who are you?")
    expect_status(chat, "complete")
    assert upstream.next_request().body["model"] == "large"
    open_panel(chat).get_by_role("textbox", name="Instructions").fill("Be brief.")
    save(chat)
    expect(chat.get_by_role("button", name="Instructions")).to_be_visible()
