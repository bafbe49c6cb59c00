"""What the admin says before it deletes, and that it can delete what is deep."""

import re
import tracemalloc

import pytest
from django.contrib import admin
from django.contrib.admin.utils import get_deleted_objects
from django.contrib.auth.models import Permission

from chat.models import Conversation, Message, Passage
from tests.review import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def deleter(reviewer, client):
    reviewer.user_permissions.add(Permission.objects.get(codename="delete_conversation"))
    client.force_login(reviewer)
    return reviewer


def address(talk):
    return f"/admin/chat/conversation/{talk.pk}/delete/"


def test_deleting_needs_the_permission(talk, reviewer, client):
    client.force_login(reviewer)
    assert client.get(address(talk)).status_code == 403
    assert client.post(address(talk), {"post": "yes"}).status_code == 403
    assert Conversation.objects.filter(pk=talk.pk).exists()


def test_a_conversation_is_deleted_after_the_confirmation(talk, deleter, client):
    rows.answered(talk, "My secret", "Is safe")
    html = client.get(address(talk)).content.decode()
    assert "Messages: 2" in html
    assert "Generations: 1" in html
    assert "My secret" not in html
    assert client.post(address(talk), {"post": "yes"}).status_code == 302
    assert not Message.objects.exists()


def test_what_hangs_on_it_is_counted_where_people_know_it(talk, deleter, client):
    message = rows.answered(talk, "Look")
    rows.attached(message)
    rows.shared(message)
    Passage.objects.create(message=message, position=0, words="look")
    counts = re.findall(r"<li>([^<]+): \d+</li>", client.get(address(talk)).content.decode())
    assert set(counts) == {"Conversations", "Messages", "Generations", "Shares"}


def test_several_are_deleted_by_the_action(alice, deleter, client):
    talks = [rows.conversation(alice, "one"), rows.conversation(alice, "two")]
    form = {"action": "delete_selected", "_selected_action": [talk.pk for talk in talks]}
    html = client.post("/admin/chat/conversation/", form).content.decode()
    assert "Conversations: 2" in html
    client.post("/admin/chat/conversation/", form | {"post": "yes"})
    assert not Conversation.objects.exists()


def test_what_is_too_deep_for_django_can_be_deleted(talk, alice, staff, client, rf):
    rows.chain(talk, 2000)
    with pytest.raises(RecursionError):
        get_deleted_objects([talk], rf.get("/"), admin.site)
    client.force_login(staff)
    for page in (address(talk), f"/admin/auth/user/{alice.pk}/delete/"):
        assert "Messages: 2000" in client.get(page).content.decode()
    assert client.post(f"/admin/auth/user/{alice.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Message.objects.exists()


def test_all_of_a_person_is_counted_and_nothing_of_it_is_read(talk, alice, staff, client):
    message = rows.answered(talk, "x" * 5_000_000, "y" * 5_000_000)
    rows.attached(message, data=bytes(5_000_000))
    rows.attached(message, "second.png")
    rows.shared(message)
    client.force_login(staff)
    page = f"/admin/auth/user/{alice.pk}/delete/"
    client.get(page)  # what is loaded once
    tracemalloc.start()
    try:
        html = client.get(page).content.decode()
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
    counts = dict(re.findall(r"<li>([^<]+): (\d+)</li>", html))
    assert counts == {
        "Users": "1",
        "Conversations": "1",
        "Messages": "2",
        "Generations": "1",
        "Files": "2",
        "Shares": "1",
    }


def test_a_person_with_conversations_stays_where_those_may_not_be_deleted(talk, alice, reviewer, client):
    reviewer.user_permissions.add(*Permission.objects.filter(codename__in=["view_user", "delete_user"]))
    client.force_login(reviewer)
    page = f"/admin/auth/user/{alice.pk}/delete/"
    assert "doesn't have permission" in client.get(page).content.decode().replace("’", "'").replace("&#x27;", "'")
    assert client.post(page, {"post": "yes"}).status_code == 403
    talk.delete()
    assert client.post(page, {"post": "yes"}).status_code == 302, "it was the conversation that held her"


def test_nothing_chosen_is_nothing_to_delete(rf):
    assert admin.site.get_model_admin(Conversation).get_deleted_objects([], rf.get("/")) == ([], {}, set(), [])
