import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.db import connections
from django.test import Client

from tests.conftest import PASSWORD
from tests.support.html import Page

SETUP, LOGIN, LOGOUT = "/accounts/setup/", "/accounts/login/", "/accounts/logout/"
NEW_ACCOUNT = {"username": "alice", "password1": PASSWORD, "password2": PASSWORD}
CREDENTIALS = {"username": "alice", "password": PASSWORD}

User = get_user_model()


def is_logged_in(client):
    return client.get("/").status_code == 200


# The first account


@pytest.mark.django_db
def test_the_first_visitor_of_all_is_led_to_make_the_first_account(client):
    answer = client.get("/", follow=True)
    assert [url for url, _ in answer.redirect_chain] == [f"{LOGIN}?next=/", SETUP]
    page = Page(answer.text)
    assert page.box("Username").attributes["name"] == "username"
    assert page.box("Password").attributes["type"] == page.box("Confirm password").attributes["type"] == "password"
    assert page.texts("button") == ["Create account"]


@pytest.mark.django_db
def test_the_first_account_is_an_administrator_and_is_logged_in_at_once(client):
    answer = client.post(SETUP, NEW_ACCOUNT)
    assert (answer.status_code, answer.url) == (302, "/")
    account = User.objects.get()
    assert (account.username, account.is_staff, account.is_superuser, account.is_active) == ("alice", True, True, True)
    assert is_logged_in(client)
    assert client.get("/admin/").status_code == 200
    assert Client().login(**CREDENTIALS)


@pytest.mark.django_db
def test_the_setup_asks_for_nothing_else_and_takes_nothing_else(client):
    client.post(SETUP, {**NEW_ACCOUNT, "is_active": "", "email": "x@example.org", "id": "7"})
    account = User.objects.get()
    assert (account.is_active, account.email) == (True, "")
    assert account.pk != 7


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"password1": "x7Yq", "password2": "x7Yq"}, "at least 8 characters"),
        ({"password1": "password123", "password2": "password123"}, "too common"),
        ({"password1": "8206153947", "password2": "8206153947"}, "entirely numeric"),
        ({"username": "wellington", "password1": "wellington1", "password2": "wellington1"}, "similar to the username"),
        ({"password2": "something else entirely"}, "didn’t match"),
        ({"password1": "", "password2": ""}, "required"),
        ({"username": ""}, "required"),
        ({"username": "alice smith"}, "valid username"),
        ({"username": "a" * 151}, "at most 150 characters"),
    ],
)
@pytest.mark.django_db
def test_a_form_that_will_not_do_says_why_and_makes_no_account(client, fields, words):
    answer = client.post(SETUP, {**NEW_ACCOUNT, **fields})
    assert answer.status_code == 200
    page = Page(answer.text)
    troubles = page.all("p", class_="field-trouble")
    assert words in " ".join(trouble.text for trouble in troubles)
    for trouble in troubles:  # a screen reader reads it with its box
        name = trouble.attributes["id"].removesuffix("_error")
        [box] = [element for element in page.all("input") if element.attributes.get("id") == name]
        assert trouble.attributes["id"] in box.attributes["aria-describedby"].split()
        assert box.attributes["aria-invalid"] == "true"
    assert PASSWORD not in answer.text
    assert not User.objects.exists()
    assert not is_logged_in(client)


@pytest.mark.django_db
def test_there_is_no_setup_once_there_is_an_account(client, bob):
    visitor = Client()
    visitor.force_login(bob)
    for somebody in (client, visitor):
        assert somebody.get(SETUP).status_code == 404
        answer = somebody.post(SETUP, NEW_ACCOUNT)
        assert answer.status_code == 404
        assert "Create account" not in answer.text
    assert list(User.objects.values_list("username", flat=True)) == ["bob"]


@pytest.mark.django_db
def test_an_account_that_was_deactivated_still_counts_as_the_first(client, bob):
    User.objects.update(is_active=False)
    assert client.get(SETUP).status_code == client.post(SETUP, NEW_ACCOUNT).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_several_people_who_submit_the_setup_at_once_one_wins():
    people = ["alice", "bob", "carol", "alice"]
    at_once = threading.Barrier(len(people))

    def submit(name):
        browser = Client()
        assert browser.get(SETUP).status_code == 200
        at_once.wait(10)
        try:
            return name, browser.post(SETUP, {**NEW_ACCOUNT, "username": name}).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(people)) as pool:
        answers = list(pool.map(submit, people))
    assert sorted(status for _, status in answers) == [302, 404, 404, 404]
    [winner] = [name for name, status in answers if status == 302]
    assert User.objects.get().username == winner


# Logging in


@pytest.mark.django_db
def test_logging_in_leads_to_where_one_was_going(client, alice):
    asked = client.get("/conversations/?page=2")
    assert asked.url == f"{LOGIN}?next=/conversations/%3Fpage%3D2"
    form = Page(client.get(asked.url).text)
    assert form.box("Username").attributes["autocomplete"] == "username"
    assert form.box("Password").attributes["autocomplete"] == "current-password"
    assert form.texts("button") == ["Log in"]
    [target] = form.all("input", name_="next")
    answer = client.post(LOGIN, {**CREDENTIALS, "next": target.attributes["value"]})
    assert (answer.status_code, answer.url) == (302, "/conversations/?page=2")
    assert is_logged_in(client)


@pytest.mark.parametrize(
    "fields", [{"password": "wrong"}, {"password": PASSWORD.upper()}, {"username": "nobody"}, {"username": "inactive"}]
)
@pytest.mark.django_db
def test_wrong_credentials_get_one_answer_whatever_is_wrong(client, alice, fields):
    User.objects.create_user("inactive", password=PASSWORD, is_active=False)
    answer = client.post(LOGIN, {**CREDENTIALS, **fields})
    [trouble] = Page(answer.text).all("p", role="alert")
    assert answer.status_code == 200
    assert trouble.text.startswith("Please enter a correct username and password.")
    assert not is_logged_in(client)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        " https://evil.example",
        "/\t/evil.example",
        "https://testserver@evil.example/",
    ],
)
@pytest.mark.django_db
def test_logging_in_never_leads_to_another_site(client, alice, target):
    assert client.post(LOGIN, {**CREDENTIALS, "next": target}).url == "/"
    assert client.get(LOGIN, {"next": target}).url == "/"  # who is logged in is led on at once


@pytest.mark.django_db
def test_who_is_logged_in_is_not_asked_again(client, alice):
    client.force_login(alice)
    assert client.get(LOGIN).url == "/"
    assert client.get(LOGIN, {"next": "/conversations/"}).url == "/conversations/"
    assert client.get(LOGIN, {"next": LOGIN}).url == "/"


@pytest.mark.django_db
def test_logging_in_changes_the_session_so_that_a_planted_one_is_worthless(client, alice):
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sessionid"] = planted = session.session_key
    client.post(LOGIN, CREDENTIALS)
    assert is_logged_in(client)
    assert client.cookies["sessionid"].value != planted


# Logging out


@pytest.mark.django_db
def test_logging_out_takes_a_click_and_ends_the_session(client, alice):
    client.force_login(alice)
    stolen = client.cookies["sessionid"].value
    assert client.get(LOGOUT).status_code == 405
    assert is_logged_in(client)
    answer = client.post(LOGOUT)
    assert (answer.status_code, answer.url) == (302, LOGIN)
    assert not is_logged_in(client)
    thief = Client()
    thief.cookies["sessionid"] = stolen
    assert not is_logged_in(thief)


@pytest.mark.django_db
def test_logging_out_twice_leads_to_the_login_page_and_from_there_to_the_chat(client, alice):
    """Two tabs, one session: the second tab's button must not become where the next login leads."""
    client.force_login(alice)
    client.post(LOGOUT)
    answer = client.post(LOGOUT)
    assert (answer.status_code, answer.url) == (302, LOGIN)


# Forged requests


@pytest.mark.parametrize(("path", "fields"), [(SETUP, NEW_ACCOUNT), (LOGIN, CREDENTIALS), (LOGOUT, {})])
@pytest.mark.django_db
def test_a_form_without_its_token_or_from_another_site_is_refused(path, fields):
    browser = Client(enforce_csrf_checks=True)
    if path != SETUP:
        User.objects.create_user("alice", password=PASSWORD)
    if path == LOGOUT:
        browser.force_login(User.objects.get())
    form = Page(browser.get("/" if path == LOGOUT else path).text)
    token = form.all("input", name_="csrfmiddlewaretoken")[0].attributes["value"]
    right = {**fields, "csrfmiddlewaretoken": token}

    for refused in (
        browser.post(path, fields),
        browser.post(path, {**fields, "csrfmiddlewaretoken": "x" * 64}),
        browser.post(path, right, headers={"Origin": "https://evil.example"}),
        browser.post(path, right, headers={"Origin": "null"}),
    ):
        assert refused.status_code == 403
        assert "Please try that again" in refused.text
    assert is_logged_in(browser) == (path == LOGOUT)
    assert User.objects.count() == (path != SETUP)

    assert browser.post(path, right, headers={"Origin": "http://testserver"}).status_code == 302
    assert is_logged_in(browser) == (path != LOGOUT)


@pytest.mark.django_db
def test_a_visitor_reaches_nothing_but_the_login(client, alice):
    missing = "00000000-0000-4000-8000-000000000000"
    for path in ("/", f"/c/{missing}/", "/conversations/", "/admin/", "/admin/auth/user/"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert urlsplit(answer.url).path in (LOGIN, "/admin/login/")
        assert urlsplit(answer.url).query == f"next={path}"
    for path in ("/", f"/c/{missing}/", "/conversations/"):
        assert client.post(path).status_code in (302, 405)


# What a new password must be


@pytest.mark.django_db
def test_the_rules_for_a_password_stand_on_the_setup_page_before_the_first_mistake(client):
    page = Page(client.get(SETUP).text)
    box = page.box("Password")
    [rules] = [element for element in page.elements if element.attributes.get("id") == "id_password1_helptext"]
    assert rules.attributes["id"] in box.attributes["aria-describedby"].split()
    assert "at least 8 characters" in rules.text
    assert not page.all("p", class_="field-trouble")
