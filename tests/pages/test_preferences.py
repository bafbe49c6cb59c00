import pytest
from django.contrib.sessions.models import Session

from chat.models import Profile
from tests.support.html import Page
from tests.support.rows import broken_table

pytestmark = pytest.mark.django_db

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}


@pytest.fixture
def browser(client, alice):
    client.force_login(alice)
    return client


def language(answer):
    assert answer.headers["Content-Language"] == Page(answer.text).all("html")[0].attributes["lang"]
    return answer.headers["Content-Language"]


def test_without_a_choice_the_pages_speak_as_the_browser_asks(client, browser):
    assert language(browser.get("/settings/")) == "en"
    assert language(browser.get("/settings/", headers=GERMAN)) == "de"
    assert language(browser.get("/settings/", headers={"Accept-Language": "tlh"})) == "en"


def test_a_visitor_is_spoken_to_as_the_browser_asks(client, alice):
    assert language(client.get("/accounts/login/", headers=GERMAN)) == "de"
    assert "Accept-Language" in client.get("/accounts/login/").headers["Vary"]


def test_what_a_person_has_chosen_goes_before_what_the_browser_asks(browser, alice):
    profile = Profile.objects.create(user=alice, language="de")
    assert language(browser.get("/settings/")) == "de"
    profile.language = "en"
    profile.save()
    assert language(browser.get("/settings/", headers=GERMAN)) == "en"


def test_a_language_that_is_gone_by_now_is_none(browser, alice):
    Profile.objects.create(user=alice, language="xx")
    assert language(browser.get("/settings/")) == "en"


def test_one_person_s_language_is_not_the_next_one_s(browser, client, alice, bob):
    Profile.objects.create(user=alice, language="de")
    assert language(browser.get("/settings/")) == "de"
    browser.force_login(bob)
    assert language(browser.get("/settings/")) == "en"


def test_the_review_desk_speaks_english(client, staff):
    client.force_login(staff)
    Profile.objects.create(user=staff, language="de")
    assert language(client.get("/admin/", headers=GERMAN)) == "en"


@pytest.mark.parametrize(
    ("theme", "scheme", "colors"),
    [
        ("system", "light dark", ["#fbfcfa", "#121918"]),
        ("light", "light", ["#fbfcfa"]),
        ("dark", "dark", ["#121918"]),
    ],
)
def test_a_page_comes_in_the_theme_and_tells_the_browser_its_colour(browser, alice, theme, scheme, colors):
    Profile.objects.create(user=alice, theme=theme)
    page = Page(browser.get("/settings/").text)
    assert page.all("html")[0].attributes["data-theme"] == theme
    assert page.all("meta", name_="color-scheme")[0].attributes["content"] == scheme
    found = page.all("meta", name_="theme-color")
    assert [meta.attributes["content"] for meta in found] == colors
    assert all(("media" in meta.attributes) == (theme == "system") for meta in found)


def test_pages_for_nobody_and_pages_about_errors_look_as_the_system_has_it(client, alice, settings):
    for path in ("/accounts/login/", "/nowhere"):
        assert Page(client.get(path).text).all("html")[0].attributes["data-theme"] == "system"
    refused = client.get("/", headers={"Host": "evil.example"})
    assert refused.status_code == 400
    assert Page(refused.text).all("html")[0].attributes["data-theme"] == "system"


def test_an_error_page_for_somebody_comes_in_their_theme(browser, alice):
    Profile.objects.create(user=alice, theme="dark")
    assert Page(browser.get("/nowhere").text).all("html")[0].attributes["data-theme"] == "dark"


def test_what_answers_without_a_person_asks_for_none(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/healthz").status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/healthz", "/manifest.webmanifest"])
def test_what_answers_without_a_person_answers_though_the_database_cannot_say_who_asks(browser, path):
    with broken_table(Session):
        answer = browser.get(path, headers=GERMAN)
    assert answer.status_code == 200
    assert answer.headers["Content-Language"] == "de"


def test_the_review_desk_asks_for_no_settings(client, staff, django_assert_max_num_queries):
    client.force_login(staff)
    with django_assert_max_num_queries(20) as queries:
        client.get("/admin/chat/conversation/")
    assert not [query for query in queries if "chat_profile" in query["sql"]]
