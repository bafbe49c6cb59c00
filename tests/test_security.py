import base64
import hashlib
import re
from http import HTTPStatus
from pathlib import Path

import pytest
from django.conf import settings as project
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import connection
from django.test import Client
from django.urls import reverse

from chat.models import Conversation
from chat.security import POLICY, TRUSTED_TYPES, policy
from chat.static import import_map, import_map_hash
from tests.support.html import Page

ROOT = Path(project.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static").rglob("*.js"))
DIRECTIVES = dict(directive.split(" ", 1) for directive in POLICY.split("; "))

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, staff):
    client.force_login(staff)
    return client


# The headers of every kind of response


def assert_guarded(answer):
    assert answer.headers["Content-Security-Policy"] == policy(answer.wsgi_request.path)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", HTTPStatus.OK),
        ("/conversations/", HTTPStatus.OK),
        ("/conversations", HTTPStatus.MOVED_PERMANENTLY),
        ("/accounts/login/", HTTPStatus.FOUND),
        ("/accounts/logout/", HTTPStatus.METHOD_NOT_ALLOWED),
        ("/accounts/setup/", HTTPStatus.NOT_FOUND),
        ("/nowhere", HTTPStatus.NOT_FOUND),
        ("/admin/", HTTPStatus.OK),
        ("/admin/auth/user/", HTTPStatus.OK),
        ("/admin/nowhere/", HTTPStatus.NOT_FOUND),
        ("/healthz", HTTPStatus.OK),
        ("/static/nowhere.js", HTTPStatus.NOT_FOUND),
    ],
)
def test_every_response_carries_the_policy(browser, path, status):
    answer = browser.get(path)
    assert answer.status_code == status
    assert_guarded(answer)


@pytest.mark.parametrize("name", ["js/main.js", "css/base.css", "favicon.svg", "admin/css/base.css"])
def test_static_files_carry_the_policy_too(client, name):
    answer = client.get(staticfiles_storage.url(name))
    assert answer.status_code == 200
    assert_guarded(answer)  # an SVG that is opened by itself is a page
    assert_guarded(client.get(staticfiles_storage.url(name), headers={"If-None-Match": answer.headers["ETag"]}))


def test_refusals_before_any_view_carry_the_policy(client, staff):
    forged = Client(enforce_csrf_checks=True).post("/accounts/login/", {"username": "staff"})
    assert forged.status_code == 403
    assert_guarded(forged)
    misled = client.get("/", headers={"Host": "evil.example"})
    assert misled.status_code == 400
    assert_guarded(misled)


def test_a_page_that_breaks_carries_the_policy_and_tells_nothing(browser, monkeypatch):
    browser.raise_request_exception = False
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "NAME", "/nowhere/brook.sqlite3")
    answer = browser.get("/")
    connection.close()
    assert answer.status_code == 500
    assert_guarded(answer)
    assert "Something broke on our side" in answer.text
    assert "sqlite" not in answer.text


def test_the_policy_lets_nothing_inline_and_nothing_from_elsewhere_in():
    assert DIRECTIVES["default-src"] == DIRECTIVES["base-uri"] == DIRECTIVES["frame-ancestors"] == "'none'"
    assert DIRECTIVES["script-src"] == DIRECTIVES["style-src"] == DIRECTIVES["connect-src"] == "'self'"
    assert set(DIRECTIVES.values()) == {"'self'", "'none'"}


def test_our_own_pages_let_in_their_import_map_and_no_markup_but_what_dompurify_made():
    ours = policy("/")
    assert ours == POLICY.replace("script-src 'self'", f"script-src 'self' {import_map_hash()}") + f"; {TRUSTED_TYPES}"
    assert TRUSTED_TYPES == "require-trusted-types-for 'script'; trusted-types dompurify"
    assert policy("/administrators/") == ours


def test_the_admin_whose_scripts_write_markup_has_the_policy_without_that():
    assert policy("/admin/") == policy("/admin/auth/user/") == POLICY


def test_the_import_map_of_a_page_is_the_one_of_the_policy(client):
    answer = client.get("/accounts/login/", follow=True)
    [shown] = Page(answer.text).all("script", type="importmap")
    assert shown.text == import_map()
    digest = base64.b64encode(hashlib.sha256(shown.text.encode()).digest()).decode()
    assert f" 'sha256-{digest}';" in answer.headers["Content-Security-Policy"]


# What the policy would refuse is not there


def pages(browser, owner):
    """The addresses of every page that there is, each kind once, and of the admin all that it registers."""
    conversation = Conversation.objects.create(owner=owner, title="Rivers")
    yield from ("/", f"/c/{conversation.pk}/", "/conversations/", "/nowhere", "/admin/", "/admin/password_change/")
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        yield reverse(f"{name}_add")
        for row in model._default_manager.all()[:1]:
            yield from (reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history", "delete"))


def test_no_page_has_anything_inline(browser, staff):
    seen = 0
    for path in pages(browser, staff):
        answer = browser.get(path)
        if answer.status_code in (200, 404):
            assert (path, Page(answer.text).inline()) == (path, [])
            seen += answer.status_code == 200
    assert seen > 10


def test_no_page_for_visitors_has_anything_inline(client):
    for path in ("/accounts/setup/", "/accounts/login/", "/admin/login/"):
        assert Page(client.get(path, follow=True).text).inline() == []
    get_user_model().objects.create_user("alice")
    for answer in (client.get("/accounts/login/"), client.post("/accounts/login/", {}), client.get("/admin/login/")):
        assert answer.status_code == 200
        assert Page(answer.text).inline() == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "templates").as_posix())
def test_no_template_has_anything_inline(template):
    markup = re.sub(r"{%.*?%}", "", re.sub(r"{%\s*(?:static|url)\b.*?%}", "/", template.read_text()))
    assert Page(markup).inline() == []
    assert not re.search(r"\|\s*safe\b|autoescape\s+off|safeseq", template.read_text())


@pytest.mark.parametrize(
    "markup",
    [
        "<script>go()</script>",
        '<script type="module">go()</script>',
        '<script src="https://cdn.example/x.js"></script>',
        '<script src="//cdn.example/x.js"></script>',
        "<style>p { color: red }</style>",
        '<p style="color: red">',
        '<svg onload="go()">',
        '<A HREF=" JavaScript:go()">',
        '<link rel="stylesheet" href="https://cdn.example/x.css">',
        '<img src="data:image/png;base64,xx">',
    ],
)
def test_what_is_inline_would_be_seen(markup):
    assert len(Page(f"<body>{markup}</body>").inline()) == 1


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_writes_markup_or_runs_text(script):
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|cssText|\"style\""
    assert not re.search(forbidden, script.read_text())


# Cookies


def test_cookies_are_out_of_reach_for_scripts_and_other_sites(client, alice):
    client.get("/accounts/login/")
    client.post("/accounts/login/", {"username": "alice", "password": "correct horse battery"})
    assert set(client.cookies) == {"sessionid", "csrftoken"}
    for cookie in client.cookies.values():
        assert cookie["httponly"] is True
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
        assert cookie["secure"] == cookie["domain"] == ""


def test_cookies_travel_over_https_only_where_the_settings_say_so(client, alice, settings):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client.get("/accounts/login/")
    client.post("/accounts/login/", {"username": "alice", "password": "correct horse battery"})
    assert [cookie["secure"] for cookie in client.cookies.values()] == [True, True]


def test_pages_about_a_person_are_kept_by_no_cache(client, alice):
    client.force_login(alice)
    assert "Cookie" in client.get("/").headers["Vary"]
    assert "no-store" in client.get("/accounts/login/").headers["Cache-Control"]
