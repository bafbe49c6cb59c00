"""A link by which anybody who has it reads one path of a conversation, until it is revoked."""

import secrets
from typing import Any

from django.db import models
from django.db.models.functions import Now

from chat.models.message import Message


def token() -> str:
    """128 bits that nobody guesses."""
    return secrets.token_urlsafe(16)


class ShareQuerySet(models.QuerySet["Share"]):
    def for_user(self, user: Any) -> "ShareQuerySet":
        return self.filter(conversation__owner=user, conversation__deleted_at=None)

    def open(self) -> "ShareQuerySet":
        """Those that lead somewhere: not the ones of deleted conversations, and of accounts that are closed."""
        return self.filter(conversation__deleted_at=None, conversation__owner__is_active=True)


class Share(models.Model):
    """`leaf` is the last message that is shown: what is written later is not shared."""

    id = models.CharField(primary_key=True, max_length=32, default=token, editable=False)
    conversation = models.ForeignKey("chat.Conversation", models.CASCADE, related_name="shares")
    leaf = models.ForeignKey(Message, models.CASCADE, related_name="shares")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ShareQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["leaf"], name="share_once")]

    def __str__(self) -> str:
        return f"a link to {self.conversation}"

    @classmethod
    def of(cls, message: Message) -> "Share":
        """The link to this message, made on the first call."""
        share, _ = cls.objects.get_or_create(leaf=message, defaults={"conversation_id": message.conversation_id})
        return share

    def summary(self) -> dict[str, Any]:
        """What a conversation says of it: docs/protocol.md, "summary"."""
        return {"id": self.pk, "message": str(self.leaf_id), "created": self.created_at.isoformat()}
