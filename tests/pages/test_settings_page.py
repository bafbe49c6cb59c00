import uuid

import pytest
from django.test import Client

from chat.models import Conversation, ConversationQuerySet, Generation, Profile, Share
from tests.conftest import PASSWORD
from tests.fixtures.naughty import NAUGHTY, kept
from tests.support.html import Page

pytestmark = pytest.mark.django_db

SETTINGS, PASSWORD_PAGE, DELETE_ALL = "/settings/", "/settings/password/", "/settings/delete-all/"
FORM = {
    "theme": "system",
    "language": "",
    "enter_sends": "yes",
    "model": "",
    "instructions": "",
    "temperature": "",
    "max_tokens": "",
}


@pytest.fixture
def browser(client, alice):
    client.force_login(alice)
    return client


def save(browser, **fields):
    return browser.post(SETTINGS, {**FORM, **fields})


def shared(owner, title="Rivers"):
    conversation = Conversation.objects.create(owner=owner, title=title)
    message = conversation.messages.create(role="user", content="Why?")
    return Share.objects.create(conversation=conversation, leaf=message)


def said(browser, path=SETTINGS):
    return " ".join(Page(browser.get(path).text).texts("div", role="status"))


# The form


def test_every_box_has_a_name_and_what_helps_stands_with_it(browser):
    page = Page(browser.get(SETTINGS).text)
    names = ["Language", "Model", "Instructions", "Temperature", "Longest answer, in tokens"]
    for name in names:
        box = page.box(name)
        for key in box.attributes.get("aria-describedby", "").split():
            assert [element for element in page.elements if element.attributes.get("id") == key], (name, key)
    assert set(page.texts("legend")) == {"Theme", "The Enter key"}
    assert page.box("Let the model write a title after its first answer").attributes["type"] == "checkbox"
    assert [element.text for element in page.all("h1")] == ["Settings"]
    assert page.box("Model").attributes["list"] == page.all("datalist")[0].attributes["id"]


def test_what_is_saved_is_shown_again_and_said_once(browser, alice):
    wanted = {
        "theme": "dark",
        "language": "en",
        "enter_sends": "no",
        "model": "mira-1",
        "instructions": "Be brief.\r\nBe kind.",
        "temperature": "0.7",
        "max_tokens": "500",
        "model_titles": "on",
    }
    answer = save(browser, **wanted)
    assert (answer.status_code, answer.url) == (302, SETTINGS)
    profile = Profile.objects.get(user=alice)
    assert (profile.theme, profile.language, profile.enter_sends, profile.model) == ("dark", "en", False, "mira-1")
    assert profile.instructions == "Be brief.\nBe kind."
    assert (profile.temperature, profile.max_tokens, profile.model_titles) == (0.7, 500, True)

    page = Page(browser.get(SETTINGS).text)
    checked = [box.attributes["value"] for box in page.all("input", type="radio", checked="")]
    assert checked == ["dark", "no"]
    assert page.box("Model").attributes["value"] == "mira-1"
    assert page.box("Instructions").text.strip() == "Be brief.\nBe kind."
    assert "Your settings are saved." in " ".join(page.texts("div", role="status"))
    assert said(browser) == ""


def test_what_is_emptied_is_as_it_was_at_first(browser, alice):
    save(browser, theme="dark", model="mira-1", temperature="0.7", max_tokens="5", model_titles="on")
    save(browser)
    profile, untouched = Profile.objects.get(user=alice), Profile()
    for name in (
        "theme",
        "enter_sends",
        "language",
        "model",
        "instructions",
        "temperature",
        "max_tokens",
        "model_titles",
    ):
        assert getattr(profile, name) == getattr(untouched, name), name


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"theme": "pink"}, "theme"),
        ({"enter_sends": "perhaps"}, "enter_sends"),
        ({"language": "tlh"}, "language"),
        ({"model": "m" * 201}, "model"),
        ({"model": "m\0"}, "model"),
        ({"instructions": "i" * 20_001}, "instructions"),
        ({"instructions": "i\0"}, "instructions"),
        ({"temperature": "2.1"}, "temperature"),
        ({"temperature": "-0.1"}, "temperature"),
        ({"temperature": "nan"}, "temperature"),
        ({"temperature": "inf"}, "temperature"),
        ({"temperature": "warm"}, "temperature"),
        ({"max_tokens": "0"}, "max_tokens"),
        ({"max_tokens": "-1"}, "max_tokens"),
        ({"max_tokens": "1.5"}, "max_tokens"),
        ({"max_tokens": "9" * 30}, "max_tokens"),
    ],
)
def test_what_will_not_do_is_said_beside_its_box_and_nothing_is_saved(browser, fields, name):
    answer = save(browser, **fields)
    assert answer.status_code == 200
    page = Page(answer.text)
    [trouble] = page.all("p", class_="field-trouble")
    assert trouble.attributes["id"] == f"id_{name}_error"
    described = [
        element
        for element in page.elements
        if trouble.attributes["id"] in element.attributes.get("aria-describedby", "")
    ]
    assert len(described) == 1
    assert page.all("p", role="alert")
    assert not Profile.objects.exists()


def test_twenty_thousand_characters_are_counted_as_the_browser_counts_them(browser, alice):
    """A form sends two characters for a line's end, and the box lets in twenty thousand of one each."""
    save(browser, instructions="line\r\n" * 3_998 + "the last")
    assert len(Profile.objects.get(user=alice).instructions) == 3_998 * 5 + 8


def test_naughty_instructions_are_kept_and_shown_as_text(browser, alice):
    for name, naughty in NAUGHTY:
        text = kept(naughty).strip()[:20_000].strip()
        line = " ".join(text.split())[:200].strip()
        assert save(browser, instructions=text, model=line).status_code == 302, name
        profile = Profile.objects.get(user=alice)
        assert (profile.instructions, profile.model) == (text.replace("\r\n", "\n"), line), name
        if "<" in text or '"' in text:
            page = Page(browser.get(SETTINGS).text)
            assert page.box("Model").attributes.get("value", "") == line, name
            assert {element.name for element in page.elements} <= ORDINARY, name
            assert page.inline() == [], name


ORDINARY = set(
    """
    html head meta title link script body header a svg path nav main div p h1 h2 form section fieldset legend
    label input span select option textarea datalist button ul li time bdi
    """.split()  # noqa: SIM905  one name after the other
)


@pytest.mark.parametrize(("chosen", "asked", "spoken"), [("de", "en", "de"), ("en", "de", "en"), ("", "de", "de")])
def test_saving_is_said_in_the_language_that_was_chosen(browser, alice, chosen, asked, spoken):
    Profile.objects.create(user=alice, language="en" if chosen == "de" else "de")
    answer = browser.post(SETTINGS, {**FORM, "language": chosen}, headers={"Accept-Language": asked})
    assert (answer.status_code, answer.headers["Content-Language"]) == (302, spoken)


def test_the_settings_are_ones_own(browser, alice, bob):
    Profile.objects.create(user=bob, model="theirs")
    assert "theirs" not in browser.get(SETTINGS).text
    save(browser, model="mine", user=str(bob.pk), user_id=str(bob.pk))
    assert Profile.objects.get(user=bob).model == "theirs"
    assert Profile.objects.get(user=alice).model == "mine"


# Shared links


def test_ones_links_are_listed_and_can_be_revoked(browser, alice, bob):
    mine, theirs = shared(alice, "Rivers"), shared(bob, "A secret of theirs")
    page = Page(browser.get(SETTINGS).text)
    assert [link.attributes["href"] for link in page.all("a", id=f"share-{mine.pk}")] == [f"/s/{mine.pk}/"]
    assert page.texts("bdi")[0] == "Rivers"
    assert "A secret of theirs" not in browser.get(SETTINGS).text

    answer = browser.post(f"/settings/shares/{mine.pk}/revoke/")
    assert (answer.status_code, answer.url) == (302, SETTINGS)
    assert Client().get(f"/s/{mine.pk}/").status_code == 404
    assert Client().get(f"/s/{theirs.pk}/").status_code == 200


def test_a_stranger_s_link_stays_and_the_answer_is_as_for_a_missing_one(browser, bob):
    theirs = shared(bob)
    for token in (theirs.pk, "nothing-like-it"):
        answer = browser.post(f"/settings/shares/{token}/revoke/")
        assert (answer.status_code, answer.url) == (302, SETTINGS)
    assert Share.objects.filter(pk=theirs.pk).exists()
    assert browser.get(f"/settings/shares/{theirs.pk}/revoke/").status_code == 405


def test_links_of_deleted_conversations_are_not_listed(browser, alice):
    share = shared(alice)
    Conversation.objects.update(deleted_at=share.created_at)
    assert "/s/" not in browser.get(SETTINGS).text


# Deleting everything


def test_all_of_ones_conversations_are_deleted_after_the_password(browser, alice, bob):
    for title in ("Rivers", "Rain"):
        shared(alice, title)
    theirs = shared(bob)
    page = Page(browser.get(DELETE_ALL).text)
    assert "2 conversations" in page.texts("p", class_="page-text")[0]
    assert page.box("Your password").attributes["type"] == "password"

    answer = browser.post(DELETE_ALL, {"password": PASSWORD})
    assert (answer.status_code, answer.url) == (302, SETTINGS)
    assert said(browser) == "2 conversations were deleted."
    assert not Conversation.objects.for_user(alice).exists()
    assert list(Conversation.objects.for_user(bob)) == [theirs.conversation]
    assert not Share.objects.open().filter(conversation__owner=alice).exists()
    assert "There are none." in browser.get(DELETE_ALL).text


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD.upper(), f" {PASSWORD}"])
def test_without_the_password_nothing_is_deleted(browser, alice, password):
    shared(alice)
    answer = browser.post(DELETE_ALL, {"password": password})
    assert answer.status_code == 200
    assert Page(answer.text).all("p", id="id_password_error")
    assert Conversation.objects.for_user(alice).count() == 1
    assert not password or password not in answer.text


def test_what_is_being_written_is_told_to_stop(browser, alice, bob):
    def writing(owner):
        conversation = Conversation.objects.create(owner=owner, title="Rivers")
        return conversation.ask(None, "Why?", uuid.uuid4(), owner_process="elsewhere")[0]

    mine, theirs = writing(alice), writing(bob)
    browser.post(DELETE_ALL, {"password": PASSWORD})
    assert not mine.checkpoint("Because", ""), "the process that writes it finds the word here"
    assert theirs.checkpoint("Because", "")
    assert Generation.objects.get(pk=mine.pk).status == "streaming", "that process ends it, and keeps what was written"


def test_what_begins_at_the_last_moment_is_told_to_stop_too(browser, alice, monkeypatch):
    mine, begun = Conversation.objects.create(owner=alice, title="Rivers"), []
    really = ConversationQuerySet.update

    def beaten_to_it(conversations, **fields):
        monkeypatch.setattr(ConversationQuerySet, "update", really)
        begun.extend(mine.ask(None, "Why?", uuid.uuid4(), owner_process="elsewhere"))
        return conversations.update(**fields)

    monkeypatch.setattr(ConversationQuerySet, "update", beaten_to_it)
    browser.post(DELETE_ALL, {"password": PASSWORD})
    assert not begun[0].checkpoint("Because", "")


def test_what_was_deleted_before_stays_as_it_was(browser, alice):
    gone = shared(alice).conversation
    moment = gone.created_at.replace(year=2020)
    Conversation.objects.update(deleted_at=moment)
    browser.post(DELETE_ALL, {"password": PASSWORD})
    gone.refresh_from_db()
    assert gone.deleted_at == moment


# The password


def test_the_rules_for_a_password_stand_there_before_the_first_mistake(browser):
    page = Page(browser.get(PASSWORD_PAGE).text)
    box = page.box("New password")
    [rules] = [element for element in page.elements if element.attributes.get("id") == "id_new_password1_helptext"]
    assert rules.attributes["id"] in box.attributes["aria-describedby"]
    assert "at least 8 characters" in rules.text


def test_everybody_can_change_their_password_and_stays_logged_in_here_alone(alice):
    here, elsewhere = Client(), Client()
    for device in (here, elsewhere):
        assert device.login(username="alice", password=PASSWORD)
    fresh = "another horse battery"
    form = {"old_password": PASSWORD, "new_password1": fresh, "new_password2": fresh}
    answer = here.post(PASSWORD_PAGE, form)
    assert (answer.status_code, answer.url) == (302, SETTINGS)
    assert "Your password is changed." in said(here)
    assert elsewhere.get(SETTINGS).status_code == 302
    assert Client().login(username="alice", password=fresh)
    assert not Client().login(username="alice", password=PASSWORD)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"old_password": "wrong"}, "old_password"),
        ({"new_password2": "something else"}, "new_password2"),
        ({"new_password1": "x7Yq", "new_password2": "x7Yq"}, "new_password2"),
    ],
)
def test_a_password_that_will_not_do_is_said_beside_its_box(browser, alice, fields, name):
    fresh = "another horse battery"
    form = {"old_password": PASSWORD, "new_password1": fresh, "new_password2": fresh}
    answer = browser.post(PASSWORD_PAGE, {**form, **fields})
    assert answer.status_code == 200
    assert [trouble.attributes["id"] for trouble in Page(answer.text).all("p", class_="field-trouble")] == [
        f"id_{name}_error"
    ]
    assert fresh not in answer.text
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


# Who


@pytest.mark.parametrize("path", [SETTINGS, PASSWORD_PAGE, DELETE_ALL])
def test_a_visitor_is_sent_to_log_in(client, alice, path):
    for answer in (client.get(path), client.post(path, {"password": PASSWORD})):
        assert answer.status_code == 302
        assert answer.headers["Location"] == f"/accounts/login/?next={path}"


@pytest.mark.parametrize("path", [SETTINGS, PASSWORD_PAGE, DELETE_ALL, "/settings/shares/x/revoke/"])
def test_a_forged_form_changes_nothing(alice, path):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    assert browser.post(path, {**FORM, "password": PASSWORD}).status_code == 403
    assert not Profile.objects.exists()


@pytest.mark.parametrize("path", [SETTINGS, PASSWORD_PAGE, DELETE_ALL])
def test_no_cache_keeps_what_a_person_has_set(browser, path):
    assert "no-store" in browser.get(path).headers["Cache-Control"]
