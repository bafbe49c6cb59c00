"""The database of a server in another process, opened beside it: to make people, and to read what was stored."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import dj_database_url
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connections
from django.utils import timezone
from django.utils.crypto import get_random_string

from chat.models import Conversation, File, Generation, Message

_numbers = itertools.count(1)


class Person:
    """Somebody who is logged in: with a cookie, and without the second that a password would take."""

    def __init__(self, name: str, alias: str) -> None:
        self.user: Any = get_user_model()(username=f"{name}{next(_numbers)}")
        self.user.set_unusable_password()
        self.user.save(using=alias)
        self.session = Session.objects.using(alias).create(
            session_key=get_random_string(32, "abcdefghijklmnopqrstuvwxyz0123456789"),
            session_data=SessionStore().encode(
                {
                    SESSION_KEY: str(self.user.pk),
                    BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
                    HASH_SESSION_KEY: self.user.get_session_auth_hash(),
                }
            ),
            expire_date=timezone.now() + timedelta(days=1),
        )
        self.cookie = f"sessionid={self.session.session_key}"


class ServedDatabase:
    """What the server has stored, by the keys that tabs know. `alias` is Django's name for it, for `using`."""

    def __init__(self, alias: str) -> None:
        self.alias = alias

    def person(self, name: str) -> Person:
        return Person(name, self.alias)

    def generation(self, key: str) -> Generation:
        return Generation.objects.using(self.alias).select_related("message").get(pk=UUID(key))

    def cursor(self, generation: str) -> int:
        """How far its text is stored, which is not read for this."""
        return Generation.objects.using(self.alias).values_list("cursor", flat=True).get(pk=UUID(generation))

    def text(self, generation: str) -> str:
        """Reasoning and content."""
        message = self.generation(generation).message
        return message.reasoning + message.content

    def messages(self, person: Person) -> list[Message]:
        """Of what is not deleted."""
        mine = Conversation.objects.using(self.alias).for_user(person.user)
        return list(Message.objects.using(self.alias).filter(conversation__in=mine))

    def conversations(self, person: Person) -> list[Conversation]:
        """Those that are not deleted."""
        return list(Conversation.objects.using(self.alias).for_user(person.user))

    def file(self, person: Person, name: str = "notes.txt", text: str = "Line one") -> str:
        """A text file of the person's, as an upload leaves it; its key."""
        data = text.encode()
        facts = {"kind": File.Kind.TEXT, "media_type": "text/plain", "size": len(data), "data": data}
        return str(File.objects.using(self.alias).create(owner=person.user, name=name, **facts).pk)


@contextmanager
def served_database(place: Path | str) -> Iterator[ServedDatabase]:
    """Opens the database in a server's DATA_DIR, or at its DATABASE_URL, under a name of its own.

    The suite's own database stays what it is.
    """
    alias = f"served{next(_numbers)}"
    connections.databases[alias] = {**connections["default"].settings_dict, **_settings(place)}
    try:
        yield ServedDatabase(alias)
    finally:
        connections[alias].close()
        del connections[alias]
        del connections.databases[alias]


def _settings(place: Path | str) -> dict[str, Any]:
    if isinstance(place, Path):
        return {"NAME": str(place / "brook.sqlite3")}
    return {**dj_database_url.parse(place), "OPTIONS": {}}
