"""One row per message. An edit or another answer is a sibling under the same parent; nothing is overwritten."""

import time
import uuid
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Case, Q, When
from django.db.models.functions import Now

from chat.models.file import LIGHT, File

BATCH = 10
"""Rows that are removed in one transaction, for which others wait: ten of two million characters or of 5 MiB take a
quarter of a second."""

TURN = 0.02
"""Seconds between two transactions of a long removal, in which others have their turn."""


class Message(models.Model):
    class Role(models.TextChoices):
        SYSTEM = "system"
        USER = "user"
        ASSISTANT = "assistant"

    class Rating(models.IntegerChoices):
        BAD = -1, "thumbs down"
        NONE = 0, "not rated"
        GOOD = 1, "thumbs up"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey("chat.Conversation", models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")
    role = models.CharField(max_length=9, choices=Role)
    content = models.TextField(blank=True)
    reasoning = models.TextField(blank=True)
    files = models.ManyToManyField(File, blank=True, related_name="messages")
    client_id = models.UUIDField(null=True, editable=False, help_text="Made by the browser, one for each send.")
    chosen = models.BooleanField(default=False, help_text="Its owner turned to this one of several versions.")
    rating = models.SmallIntegerField(choices=Rating, default=Rating.NONE)
    comment = models.TextField(blank=True, help_text="What its owner says about the rated answer.")
    indexed = models.BooleanField(default=False, editable=False, help_text="Its words can be found.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [
            models.Index(fields=["conversation", "created_at"], name="message_order"),
            models.Index(fields=["created_at"], condition=Q(indexed=False), name="message_unindexed"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "client_id"], name="message_client_id_once"),
            models.CheckConstraint(condition=~Q(parent=models.F("id")), name="message_not_its_own_parent"),
            models.CheckConstraint(condition=Q(role__in=["system", "user", "assistant"]), name="message_role_known"),
            models.CheckConstraint(condition=Q(rating__in=[-1, 0, 1]), name="message_rating_known"),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.content[:40]}"

    def attach(self, files: Iterable[File]) -> None:
        """In the order in which they are given, which that of the links is to keep."""
        Link = Message.files.through
        Link.objects.bulk_create([Link(message_id=self.pk, file_id=file.pk) for file in files])

    def path(self, rows: "models.QuerySet[Message] | None" = None) -> "list[Message]":
        """The messages from the root of the tree down to this one; of them those among `rows`, read as these say."""
        keys = self._path_keys()
        found = (Message.objects.all() if rows is None else rows).in_bulk(keys)
        return [found[key] for key in keys if key in found]

    def _path_keys(self) -> list[uuid.UUID]:
        parents = dict(Message.objects.filter(conversation=self.conversation_id).values_list("pk", "parent_id"))
        keys: list[uuid.UUID] = []
        key: uuid.UUID | None = self.pk
        while key in parents:
            keys.append(key)
            key = parents.pop(key)  # pop: even a loop in the data would end
        return keys[::-1]

    def choose(self) -> None:
        """The reader turned to this version: it is the one that is shown, until something newer is made beside it."""
        versions = Message.objects.filter(conversation=self.conversation_id, parent=self.parent_id)
        # In one statement: of two tabs that choose at once, the later one wins.
        versions.filter(Q(chosen=True) | Q(pk=self.pk)).update(chosen=Case(When(pk=self.pk, then=True), default=False))

    def show(self) -> None:
        """The path that is shown leads through this new message, whatever was chosen before on the way to it."""
        rows = Message.objects.filter(conversation=self.conversation_id)
        chosen = list(rows.filter(chosen=True).values_list("pk", "parent_id"))
        if not chosen:
            return
        above = dict(rows.values_list("pk", "parent_id"))
        path: set[uuid.UUID | None] = {None}  # with what the roots hang on
        key: uuid.UUID | None = self.pk
        while key is not None and key not in path:
            path.add(key)
            key = above.get(key)
        passed = [key for key, parent in chosen if key not in path and parent in path]
        rows.filter(pk__in=passed).update(chosen=False)

    def rate(self, rating: int, comment: str) -> None:
        """What its owner thinks of this answer; 0 takes it back."""
        Message.objects.filter(pk=self.pk).update(rating=rating, comment=comment if rating else "")

    def remove(self) -> None:
        """Deletes it with all that hangs below it; what the search has of long messages before, bit by bit.

        Not in one transaction, for which everybody would wait: if it ends in the middle, some is left to be deleted
        again, and hangs together.
        """
        keys = self.below()
        passages = apps.get_model("chat.Passage").objects.filter(message__in=keys)  # its module knows ours
        while passages.thin_out():
            time.sleep(TURN)
        while keys:
            keys, last = keys[:-BATCH], keys[-BATCH:]  # nothing hangs on these: Django would go down level by level
            Message.objects.filter(pk__in=last).only("pk").delete()
            if keys:
                time.sleep(TURN)

    def below(self) -> list[uuid.UUID]:
        """This message and all that hangs below it."""
        parents = dict(Message.objects.filter(conversation=self.conversation_id).values_list("pk", "parent_id"))
        children: dict[Any, list[uuid.UUID]] = {}
        for key, parent in parents.items():
            children.setdefault(parent, []).append(key)
        found = [self.pk]
        for key in found:  # grows while it is read
            found.extend(children.pop(key, []))  # pop: even a loop in the data would end
        return found


def attached(messages: Any) -> dict[uuid.UUID, list[File]]:
    """The files of these messages (rows, or a query for them), in the order in which they were attached.

    Without what is in them: of a path with pictures that is more than a process has room for.
    """
    links = Message.files.through.objects.filter(message__in=messages).select_related("file").order_by("pk")
    found: dict[uuid.UUID, list[File]] = {}
    for link in links.only("message", *(f"file__{column}" for column in LIGHT)):
        found.setdefault(link.message_id, []).append(link.file)
    return found
