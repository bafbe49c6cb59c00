"""Files and shared links of conversations, for those who may."""

import uuid

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from chat.models import Share
from tests.review import rows

pytestmark = pytest.mark.django_db

LIST = "/admin/chat/conversation/"
PNG = b"\x89PNG\r\n\x1a\n rest"


@pytest.fixture
def message(talk):
    return rows.answered(talk, "Look")


def address(talk, file):
    return f"{LIST}{talk.pk}/files/{file.pk}/"


def revoke(link):
    return f"{LIST}{link.conversation_id}/shares/{link.pk}/revoke/"


def test_a_reviewer_looks_at_a_picture_that_may_do_nothing(talk, message, reviewer, client):
    client.force_login(reviewer)
    answer = client.get(address(talk, rows.attached(message)))
    assert answer.content == PNG
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"].startswith("private")


def test_a_text_is_saved_as_text_whatever_it_holds(talk, message, reviewer, client):
    client.force_login(reviewer)
    answer = client.get(address(talk, rows.attached(message, "x.html", "text", b"<script>alert(1)</script>")))
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("who", ["alice", "bob", None])
def test_who_is_not_staff_reaches_no_file_and_no_link(talk, message, client, request, who):
    if who:
        client.force_login(request.getfixturevalue(who))
    link = rows.shared(message)
    for answer in (client.get(address(talk, rows.attached(message))), client.post(revoke(link))):
        assert answer.status_code == 302
        assert "/login/" in answer.headers["Location"]
    assert Share.objects.exists()


def test_staff_without_the_permission_reach_neither(talk, message, clerk, client):
    client.force_login(clerk)
    link = rows.shared(message)
    assert client.get(address(talk, rows.attached(message))).status_code == 403
    assert client.post(revoke(link)).status_code == 403
    assert Share.objects.exists()


def test_a_file_is_found_below_its_own_conversation_only(talk, message, bob, reviewer, client):
    client.force_login(reviewer)
    file, other = rows.attached(message), rows.conversation(bob)
    assert client.get(address(other, file)).status_code == 404
    assert client.get(f"{LIST}{talk.pk}/files/{uuid.uuid4()}/").status_code == 404
    assert client.get(address(talk, file)).status_code == 200


def test_revoking_takes_a_click_and_the_right_to_delete(message, reviewer, client):
    client.force_login(reviewer)
    link, other = rows.shared(message), rows.shared(message.parent)
    assert client.post(revoke(link)).status_code == 403, "looking is not revoking"
    reviewer.user_permissions.add(Permission.objects.get(codename="delete_conversation"))
    assert client.get(revoke(link)).status_code == 405
    assert client.post(revoke(link)).status_code == 302
    assert list(Share.objects.all()) == [other]
    assert client.post(revoke(link)).status_code == 302, "again is no error"


def test_a_link_is_revoked_below_its_own_conversation_only(message, bob, staff, client):
    client.force_login(staff)
    link, other = rows.shared(message), rows.conversation(bob)
    client.post(f"{LIST}{other.pk}/shares/{link.pk}/revoke/")
    assert Share.objects.filter(pk=link.pk).exists()


def test_a_forged_revocation_is_refused(message, staff):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(staff)
    link = rows.shared(message)
    assert browser.post(revoke(link)).status_code == 403
    assert Share.objects.exists()
