"""The rows: conversations, their messages, and the generations that write the assistant's ones.

Reads go through `Conversation.objects.for_user(user)`; state changes are the verbs on the models, each one
transaction, so that they can be called whole from a thread. Rooms and rules: docs/architecture.md, "Data".
"""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from chat.relay import errors

LEASE = timedelta(seconds=10)
"""How long a generation is believed to be alive after its owner's last sign; the owner renews it every second or so."""

TICK = timedelta(milliseconds=1)
"""The step of SQLite's clock. A question and its answer are stored in less, and must not tie in the order."""

TITLE_CHARS = 60


class Busy(Exception):
    """The conversation already has a generation under way."""


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def for_user(self, user: Any) -> "ConversationQuerySet":
        """What `user` may see: a stranger's conversation is as good as missing."""
        return self.filter(owner=user)

    def recent(self) -> "ConversationQuerySet":
        """Newest first, each with `generating`: does it have an answer under way?"""
        live = Generation.objects.filter(conversation=OuterRef("pk"), status=Generation.Status.STREAMING)
        return self.annotate(generating=Exists(live)).order_by("-updated_at", "-pk")

    def begun_with(self, owner: Any, client_id: uuid.UUID, text: str) -> "Conversation":
        """The conversation that the send `client_id` of `owner` begins, made on the first call.

        Its key follows from the two, so that the same send, repeated or raced, can never begin a second one.
        """
        key = uuid.uuid5(client_id, str(owner.pk))
        conversation, _ = self.get_or_create(pk=key, defaults={"owner": owner, "title": title_from(text)})
        return conversation


class Conversation(models.Model):
    """The messages of one owner, as a tree."""

    class Source(models.TextChoices):
        WEB = "web", "Web"
        API = "api", "API"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=200)
    source = models.CharField(max_length=8, choices=Source, default=Source.WEB)
    system_prompt = models.TextField(blank=True)
    model = models.CharField(max_length=200, blank=True, help_text="Empty: the provider's first model.")
    parameters = models.JSONField(default=dict, blank=True, help_text="Sent upstream as they are: temperature, …")
    pinned = models.BooleanField(default=False)
    archived = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-updated_at"], name="conversation_recent"),  # a person's sidebar
            models.Index(fields=["-updated_at"], name="conversation_latest"),  # the review's list, of all owners
        ]

    def __str__(self) -> str:
        return self.title

    @transaction.atomic
    def ask(
        self, parent: "Message | None", text: str, client_id: uuid.UUID, *, owner_process: str
    ) -> tuple["Generation", bool]:
        """Stores what the person said under `parent` and begins the answer to it, both or neither.

        Returns the generation and whether it is new: the same `client_id` again is the same message and the same
        generation, whatever else is asked. Raises `Busy` while another answer is under way.
        """
        asked = self.messages.filter(client_id=client_id)
        # The first answer alone has no client_id; another one has that of its own command.
        known = Generation.objects.filter(message__parent__in=asked, message__client_id=None)

        def begin() -> Generation:
            message = self.messages.create(parent=parent, role=Message.Role.USER, content=text, client_id=client_id)
            return self._begin(message, None, owner_process)

        return _once(known, begin)

    @transaction.atomic
    def answer_again(
        self, message: "Message", client_id: uuid.UUID, *, owner_process: str
    ) -> tuple["Generation", bool]:
        """Begins another answer beside the assistant message `message`. Returns and raises like `ask`."""
        known = self.generations.filter(message__client_id=client_id)
        return _once(known, lambda: self._begin(message.parent, client_id, owner_process))

    def _begin(self, parent: "Message | None", client_id: uuid.UUID | None, owner_process: str) -> "Generation":
        """An empty assistant message and the generation that will write it; the database lets only one be live."""
        message = self.messages.create(
            parent=parent, role=Message.Role.ASSISTANT, client_id=client_id, created_at=Now() + TICK
        )
        try:
            with transaction.atomic():
                generation = self.generations.create(
                    message=message, owner_process=owner_process, lease_expires_at=Now() + LEASE
                )
        except IntegrityError as error:
            raise Busy from error
        self.touch()
        return generation

    def touch(self) -> None:
        """Moves the conversation to the top of its owner's list."""
        Conversation.objects.filter(pk=self.pk).update(updated_at=Now())


class Message(models.Model):
    """One row per message. An edit or another answer is a sibling under the same parent; nothing is overwritten."""

    class Role(models.TextChoices):
        SYSTEM = "system"
        USER = "user"
        ASSISTANT = "assistant"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")
    role = models.CharField(max_length=9, choices=Role)
    content = models.TextField(blank=True)
    reasoning = models.TextField(blank=True)
    client_id = models.UUIDField(null=True, editable=False, help_text="Made by the browser, one for each send.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [models.Index(fields=["conversation", "created_at"], name="message_order")]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "client_id"], name="message_client_id_once"),
            models.CheckConstraint(condition=~Q(parent=models.F("id")), name="message_not_its_own_parent"),
            models.CheckConstraint(condition=Q(role__in=["system", "user", "assistant"]), name="message_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.content[:40]}"

    def path(self) -> "list[Message]":
        """The messages from the root of the tree down to this one."""
        rows = {message.pk: message for message in Message.objects.filter(conversation=self.conversation_id)}
        path: list[Message] = []
        key: uuid.UUID | None = self.pk
        while key is not None:
            message = rows.pop(key)  # pop: even a loop in the data would end
            path.append(message)
            key = message.parent_id
        return path[::-1]


class GenerationQuerySet(models.QuerySet["Generation"]):
    def for_user(self, user: Any) -> "GenerationQuerySet":
        return self.filter(conversation__owner=user)

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


class Prompt(NamedTuple):
    """The messages for one generation, oldest first, and what the conversation asks for."""

    messages: list[dict[str, str]]
    model: str
    """Empty: the provider's first model."""

    parameters: dict[str, Any]


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
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="generations")
    status = models.CharField(max_length=11, choices=Status, default=Status.STREAMING)
    finish_reason = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001  null: the upstream gave none
    error_code = models.CharField(max_length=40, blank=True)
    error_text = models.TextField(blank=True)
    provider = models.CharField(max_length=200, blank=True)
    model = models.CharField(max_length=200, blank=True)
    upstream_request_id = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    first_delta_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    longest_gap_ms = models.PositiveIntegerField(default=0, help_text="Longest silence between two chunks.")
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

    def prompt(self) -> "Prompt":
        """What is to be sent upstream for this generation: the path down to the message that it answers."""
        conversation = self.conversation
        path = self.message.parent.path() if self.message.parent else []
        messages = [{"role": message.role, "content": message.content} for message in path if message.content]
        if conversation.system_prompt:
            messages.insert(0, {"role": Message.Role.SYSTEM.value, "content": conversation.system_prompt})
        return Prompt(messages, conversation.model, conversation.parameters)

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


def _once(known: GenerationQuerySet, begin: Callable[[], Generation]) -> tuple[Generation, bool]:
    """What is known already, else what `begin` makes; of the same send, come twice at once, one begins."""
    if found := known.first():
        return found, False
    try:
        with transaction.atomic():
            return begin(), True
    except IntegrityError:  # the other one was quicker, on PostgreSQL; SQLite lets them write one after another
        if found := known.first():
            return found, False
        raise


def title_from(text: str) -> str:
    """The first words of a message, on one line, at most `TITLE_CHARS` characters; cut at a word where it can be."""
    line = " ".join(text[: TITLE_CHARS * 4].split())
    if len(line) <= TITLE_CHARS:
        return line
    cut = line[:TITLE_CHARS].rsplit(" ", 1)[0]
    return cut.rstrip(",.;:!?-") + "…"
