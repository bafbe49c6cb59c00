"""Files: whose they are, which nobody needs, and what a message says of them."""

from datetime import timedelta

import pytest
from django.db import connection
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
    """Nor what stands behind it in a table made before that came last: SQLite would walk through all of it."""
    text_file(alice)
    [file] = File.objects.light()
    assert file.get_deferred_fields() == {"owner_id", "created_at", "data"}
    assert file.summary()["size"] == 8


def test_what_is_in_a_file_stands_behind_all_else(alice):
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(cursor, File._meta.db_table)
    assert columns[-1].name == "data"


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps what is in them elsewhere")
def test_the_unused_are_found_without_a_look_at_the_files():
    assert "chat_file USING COVERING INDEX file_age" in File.objects.unused().only("pk").explain()


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
