"""The page in German: its own words, those of its scripts, and what the server says."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.scripts import Gate, WaitFor, mira
from tests.support.server import ServedBrook
from tests.support.upstream_thread import ScriptedUpstreamThread


@pytest.fixture
def german(chat: Page, brook: ServedBrook) -> Page:
    chat.set_extra_http_headers({"Accept-Language": "de-AT,de;q=0.9"})
    chat.goto(brook.url)
    return chat


def ask(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Nachricht", exact=True).fill(text)
    page.get_by_role("button", name="Senden", exact=True).click()


def test_a_question_is_asked_and_its_answer_stopped(german: Page, upstream: ScriptedUpstreamThread):
    expect(german.get_by_role("heading", name="Worüber wollen wir reden?")).to_be_visible()
    gate = Gate()
    upstream.play(mira(["Sie suchen ", WaitFor(gate), "das Meer."]))
    ask(german, "Warum mäandern Flüsse?")
    expect(german.get_by_role("article", name="Assistent")).to_contain_text("Sie suchen")
    german.get_by_role("button", name="Anhalten", exact=True).click()
    expect(german.get_by_role("status")).to_have_text("Angehalten")
    expect(german.get_by_role("region", name="Heute").get_by_role("link")).to_have_count(1)
    gate.open()


def test_what_the_server_refuses_or_reports_is_said_in_german(german: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["Hallo."]))
    ask(german, "Hallo")
    expect(german.get_by_role("article", name="Assistent")).to_have_attribute("data-status", "complete")
    words = german.evaluate(
        """async () => {
            const headers = { "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value };
            const [module, response] = await Promise.all([
                import(performance.getEntriesByType("resource").find(({ name }) => name.includes("/heard.")).name),
                fetch("/commands/", { method: "POST", headers, body: JSON.stringify({ type: "nonsense" }) }),
            ]);
            await module.ready;
            return (await response.json()).map((event) => module.heard(event).message);
        }"""
    )
    assert words == ["Dieser Server kennt den Befehl nicht. Vielleicht hilft es, die Seite neu zu laden."]
