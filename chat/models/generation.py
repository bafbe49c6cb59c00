"""One run that writes one assistant message, and how it ends."""

import uuid
from datetime import timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now

from chat.models.message import Message
from chat.models.prompt import Prompt, prompt_of
from chat.relay import errors

LEASE = timedelta(seconds=10)
"""How long a generation is believed to be alive after its owner's last sign; the owner renews it every second or so."""


class Busy(Exception):
    """The conversation already has a generation under way."""


class GenerationQuerySet(models.QuerySet["Generation"]):
    def for_user(self, user: Any) -> "GenerationQuerySet":
        return self.filter(conversation__owner=user, conversation__deleted_at=None)

    def streaming(self) -> "GenerationQuerySet":
        return self.filter(status=Generation.Status.STREAMING)

    def expired(self) -> "GenerationQuerySet":
        """Those whose owner has given no sign for a whole lease, by the database's clock."""
        return self.streaming().filter(lease_expires_at__lt=Now())

    def renew(self) -> int:
        """Their process is alive: another lease. Returns how many."""
        return self.streaming().update(lease_expires_at=Now() + LEASE)

    def request_cancel(self) -> int:
        """Leaves word for the owning process, which finds it at its next checkpoint. Returns how many."""
        return self.streaming().update(cancel_requested_at=Now())

    def interrupt(self) -> int:
        """`streaming → interrupted` for all of these, because their process is gone. Returns how many."""
        return self.streaming().update(
            status=Generation.Status.INTERRUPTED,
            error_code=errors.INTERRUPTED[0],
            error_text=errors.INTERRUPTED[1],
            finished_at=Now(),
        )


class Generation(models.Model):
    """One run that writes one assistant message; `status` is ours, `finish_reason` the upstream's own word."""

    class Status(models.TextChoices):
        STREAMING = "streaming"
        COMPLETE = "complete"
        CANCELLED = "cancelled"
        TRUNCATED = "truncated"
        FAILED = "failed"
        INTERRUPTED = "interrupted"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message = models.OneToOneField(Message, models.CASCADE, related_name="generation")
    conversation = models.ForeignKey("chat.Conversation", models.CASCADE, related_name="generations")
    status = models.CharField(max_length=11, choices=Status, default=Status.STREAMING)
    finish_reason = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001  null: the upstream gave none
    error_code = models.CharField(max_length=40, blank=True)
    error_text = models.TextField(blank=True)
    provider = models.CharField(max_length=200, blank=True)
    model = models.CharField(max_length=200, blank=True)
    requested_model = models.CharField(max_length=200, blank=True, help_text="Empty: the conversation's.")
    continues = models.ForeignKey(
        Message, models.SET_NULL, null=True, blank=True, related_name="+", help_text="The answer it goes on from."
    )
    upstream_request_id = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    first_delta_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    longest_gap_ms = models.PositiveIntegerField(default=0, help_text="Longest silence between two chunks.")
    thinking_ms = models.PositiveIntegerField(
        null=True, blank=True, help_text="From the first word of reasoning to the first of the answer."
    )
    chunk_count = models.PositiveIntegerField(default=0, help_text="Chunks that held text.")
    usage = models.JSONField(null=True, blank=True)
    left_out = models.PositiveIntegerField(default=0, help_text="Oldest messages that did not fit into the prompt.")
    cursor = models.PositiveBigIntegerField(default=0, help_text="Code points stored so far, reasoning and content.")
    runs = models.JSONField(null=True, blank=True, help_text="In which order they came: chat/relay/text.py.")
    closing_ms = models.PositiveIntegerField(
        null=True, blank=True, help_text="From a Stop until the upstream's connection was closed."
    )
    owner_process = models.CharField(max_length=100, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)

    objects = GenerationQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["conversation", "-started_at"], name="generation_latest")]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(status="streaming"), name="generation_one_streaming"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["streaming", "complete", "cancelled", "truncated", "failed", "interrupted"]),
                name="generation_status_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} by {self.model or 'unknown model'}"

    def prompt(self, chars: int) -> Prompt:
        """What is to be sent upstream for this generation, in at most so many characters."""
        return prompt_of(self, chars)

    @transaction.atomic
    def checkpoint(self, content: str, reasoning: str, **facts: Any) -> bool:
        """Stores the text so far and renews the lease. False when the generation has ended or is asked to.

        A checkpoint that arrives late, after a longer one, leaves the text alone: stored text never gets shorter.
        `facts` are columns by name, here and in the verbs below.
        """
        wanted = Generation.objects.streaming().filter(cancel_requested_at=None)
        return self._store(wanted, content, reasoning, lease_expires_at=Now() + LEASE, **facts)

    @transaction.atomic
    def complete(self, content: str, reasoning: str, **facts: Any) -> bool:
        """`streaming → complete`: [DONE] or a finish_reason arrived. First end wins; False if it had ended before."""
        return self._end(self.Status.COMPLETE, content, reasoning, **facts)

    @transaction.atomic
    def cancel(self, content: str, reasoning: str, **facts: Any) -> bool:
        """`streaming → cancelled`: somebody pressed Stop."""
        return self._end(self.Status.CANCELLED, content, reasoning, **facts)

    @transaction.atomic
    def truncate(self, content: str, reasoning: str, **facts: Any) -> bool:
        """`streaming → truncated`: the connection ended with neither [DONE] nor finish_reason."""
        return self._end(self.Status.TRUNCATED, content, reasoning, **facts)

    @transaction.atomic
    def fail(self, content: str, reasoning: str, **facts: Any) -> bool:
        """`streaming → failed`: an upstream or transport error, a limit, a timeout; `facts` hold its code and text."""
        return self._end(self.Status.FAILED, content, reasoning, **facts)

    @transaction.atomic
    def interrupt(self, content: str, reasoning: str, **facts: Any) -> bool:
        """`streaming → interrupted`: our own process stops."""
        return self._end(self.Status.INTERRUPTED, content, reasoning, **facts)

    def _end(self, status: Status, content: str, reasoning: str, **facts: Any) -> bool:
        streaming = Generation.objects.streaming()
        ended = self._store(streaming, content, reasoning, status=status, finished_at=Now(), **facts)
        if ended:
            self.conversation.touch()
        return ended

    def _store(self, wanted: GenerationQuerySet, content: str, reasoning: str, **fields: Any) -> bool:
        """The one compare-and-set behind every verb: only while among `wanted`, and the text only when it grew."""
        cursor = len(content) + len(reasoning)
        runs = fields.pop("runs", None)  # they belong to the text
        if not wanted.filter(pk=self.pk).update(**fields):
            return False
        if Generation.objects.filter(pk=self.pk, cursor__lt=cursor).update(cursor=cursor, runs=runs):
            Message.objects.filter(pk=self.message_id).update(content=content, reasoning=reasoning)
        return True
