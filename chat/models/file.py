"""What people attach to a message: text that goes into the prompt as a quotation, pictures as parts of their own.

Kept in the database like everything else, so that one backup has it all and every process finds it.
"""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

UNUSED = timedelta(days=1)
"""A file that no message took in this time was given up; nor is one kept longer whose messages were deleted."""

LIGHT = ("name", "kind", "media_type", "size")
"""What is known of a file without looking into it."""


class FileQuerySet(models.QuerySet["File"]):
    def for_user(self, user: Any) -> "FileQuerySet":
        return self.filter(owner=user)

    def unused(self) -> "FileQuerySet":
        return self.filter(messages=None, created_at__lt=Now() - UNUSED)

    def light(self) -> "FileQuerySet":
        """Without what is in them."""
        return self.only(*LIGHT)


class File(models.Model):
    class Kind(models.TextChoices):
        TEXT = "text"
        IMAGE = "image"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="files")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=5, choices=Kind)
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField(help_text="Bytes.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    # The last one: SQLite has to walk through all of it to a column that stands behind.
    data = models.BinaryField(help_text="Text is UTF-8.")

    objects = FileQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [models.Index(fields=["created_at", "id"], name="file_age")]  # the unused, without a look at any file

    def __str__(self) -> str:
        return self.name

    def summary(self) -> dict[str, Any]:
        """What a message says of its file: docs/protocol.md, "row"."""
        return {"id": str(self.pk), "name": self.name, "kind": self.kind, "type": self.media_type, "size": self.size}
