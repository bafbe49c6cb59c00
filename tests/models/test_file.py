"""Files: whose they are, which nobody needs, and what a message says of them."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from chat.models import File
from chat.models.file import UNUSED
from tests.models.exchanges import answered, text_file

pytestmark = pytest.mark.django_db


def test_people_see_their_own_files_only(alice, bob):
    file = text_file(alice)
    assert list(File.objects.for_user(alice)) == [file]
    assert not File.objects.for_user(bob).exists()


def test_a_file_is_given_up_when_no_message_took_it_for_a_day(conversation, alice):
    fresh, taken, old = (text_file(alice, name) for name in ("fresh", "taken", "old"))
    message = answered(conversation, "Why?", files=[taken])
    File.objects.exclude(pk=fresh.pk).update(created_at=Now() - UNUSED - timedelta(seconds=1))
    assert list(File.objects.unused()) == [old]
    message.parent.remove()
    assert set(File.objects.unused()) == {old, taken}


def test_a_file_is_looked_at_without_what_is_in_it(alice):
    text_file(alice)
    assert File.objects.light().get().get_deferred_fields() == {"data"}


def test_a_message_says_of_its_file_what_is_documented(alice):
    file = text_file(alice, "notes.txt", "👋")
    assert file.summary() == {
        "id": str(file.pk),
        "name": "notes.txt",
        "kind": "text",
        "type": "text/plain",
        "size": 4,
    }
    assert str(file) == "notes.txt"
