"""A conversation: the messages of one owner, as a tree."""

import uuid
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, Max, OuterRef
from django.db.models.functions import Greatest, Now

from chat.models.file import File
from chat.models.generation import LEASE, Busy, Generation, GenerationQuerySet
from chat.models.message import Message
from chat.models.options import Options
from chat.models.tree import Tree

TICK = timedelta(milliseconds=1)
"""The step of SQLite's clock. A question and its answer are stored in less, and must not tie in the order."""

TITLE_CHARS = 60

REGRET = timedelta(minutes=2)
"""How long a deleted conversation can be brought back. The page offers it for some seconds; a slow line needs more."""

AHEAD = timedelta(days=365_000)
"""A conversation that is being brought in piece by piece counts as deleted, but so far in the future: what asks for
`deleted_at=None` does not see it. Less this, the time is that of the last sign of life of whoever brings it in."""

SIGN = timedelta(minutes=2)
"""Who brings conversations in and gives no sign of life for so long is gone."""


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def for_user(self, user: Any) -> "ConversationQuerySet":
        """What `user` may see: a stranger's conversation is as good as missing, and so is a deleted one."""
        return self.filter(owner=user, deleted_at=None)

    def deleted_by(self, user: Any) -> "ConversationQuerySet":
        """What this person deleted just now, and may still bring back."""
        return self.filter(owner=user).regrettable()

    def regrettable(self) -> "ConversationQuerySet":
        """Deleted, and not yet `forgotten`."""
        return self.arrived().filter(deleted_at__gte=Now() - REGRET)

    def forgotten(self) -> "ConversationQuerySet":
        """Deleted so long ago that nobody can bring them back, or never brought in wholly: to be removed for good."""
        given_up = models.Q(deleted_at__gt=Now() + AHEAD / 2, deleted_at__lt=Now() + AHEAD - SIGN)
        return self.filter(models.Q(deleted_at__lt=Now() - REGRET) | given_up)

    def arriving(self) -> "ConversationQuerySet":
        """On their way in, by somebody who is alive."""
        return self.filter(deleted_at__gte=Now() + AHEAD - SIGN)

    def arrived(self) -> "ConversationQuerySet":
        """All but those that are on their way in, or were when whoever brought them died."""
        return self.exclude(deleted_at__gt=Now() + AHEAD / 2)

    def recent(self) -> "ConversationQuerySet":
        """Newest first, each with `generating`: does it have an answer under way?"""
        live = Generation.objects.filter(conversation=OuterRef("pk"), status=Generation.Status.STREAMING)
        return self.annotate(generating=Exists(live)).order_by("-updated_at", "-pk")

    def begun_with(self, owner: Any, client_id: uuid.UUID, text: str, options: Options) -> "Conversation":
        """The conversation that the send `client_id` of `owner` begins, made on the first call.

        Its key follows from the two, so that the same send, repeated or raced, can never begin a second one.
        """
        key = uuid.uuid5(client_id, str(owner.pk))
        defaults = {"owner": owner, "title": title_from(text), **options.columns()}
        conversation, _ = self.get_or_create(pk=key, defaults=defaults)
        return conversation


class Conversation(models.Model):
    class Source(models.TextChoices):
        WEB = "web", "Web"
        API = "api", "API"

    class Titled(models.TextChoices):
        WORDS = "words", "its first words"
        MODEL = "model", "the model"
        PERSON = "person", "its owner"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=200)
    titled_by = models.CharField(max_length=6, choices=Titled, default=Titled.WORDS)
    source = models.CharField(max_length=8, choices=Source, default=Source.WEB)
    system_prompt = models.TextField(blank=True)
    model = models.CharField(max_length=200, blank=True, help_text="Empty: the provider's first model.")
    parameters = models.JSONField(default=dict, blank=True, help_text="Sent upstream as they are: temperature, …")
    pinned = models.BooleanField(default=False)
    archived = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-updated_at"], name="conversation_recent"),  # a person's sidebar
            models.Index(fields=["-updated_at"], name="conversation_latest"),  # the review's list, of all owners
            models.Index(  # what is to be removed for good: rarely anything
                fields=["deleted_at"], condition=models.Q(deleted_at__isnull=False), name="conversation_deleted"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def options(self) -> Options:
        return Options.of(self)

    @transaction.atomic
    def ask(
        self,
        parent: Message | None,
        text: str,
        client_id: uuid.UUID,
        *,
        owner_process: str,
        files: Iterable[File] = (),
    ) -> tuple[Generation, bool]:
        """Stores what the person said under `parent` and begins the answer to it, both or neither.

        Returns the generation and whether it is new: the same `client_id` again is the same message and the same
        generation, whatever else is asked. Raises `Busy` while another answer is under way, and
        `Conversation.DoesNotExist` when the conversation was deleted meanwhile.
        """
        asked = self.messages.filter(client_id=client_id)
        # The first answer alone has no client_id; another one has that of its own command.
        known = Generation.objects.filter(message__parent__in=asked, message__client_id=None)

        def begin() -> Generation:
            message = self.messages.create(
                parent=parent,
                role=Message.Role.USER,
                content=text,
                client_id=client_id,
                created_at=self._behind_all(),
            )
            message.attach(files)
            return self._begin(message, None, owner_process)

        return _once(known, begin)

    @transaction.atomic
    def answer_again(
        self, message: Message, client_id: uuid.UUID, *, owner_process: str, model: str = ""
    ) -> tuple[Generation, bool]:
        """Begins another answer beside the assistant message `message`, by `model` if one is named.

        Returns and raises like `ask`.
        """
        known = self.generations.filter(message__client_id=client_id)
        begin = partial(self._begin, message.parent, client_id, owner_process, requested_model=model)
        return _once(known, begin)

    @transaction.atomic
    def go_on(self, message: Message, client_id: uuid.UUID, *, owner_process: str) -> tuple[Generation, bool]:
        """Begins an answer beside `message` that starts with its text and goes on from there. Like `answer_again`."""
        known = self.generations.filter(message__client_id=client_id)
        before = message.generation
        begin = partial(
            self._begin,
            message.parent,
            client_id,
            owner_process,
            text=(message.content, message.reasoning),
            requested_model=before.requested_model,
            continues=message,
            cursor=before.cursor,
            runs=before.runs,
            thinking_ms=before.thinking_ms,
        )
        return _once(known, begin)

    def _begin(
        self,
        parent: Message | None,
        client_id: uuid.UUID | None,
        owner_process: str,
        *,
        text: tuple[str, str] = ("", ""),
        **facts: Any,
    ) -> Generation:
        """An assistant message and the generation that will write it; the database lets only one be live."""
        content, reasoning = text
        message = self.messages.create(
            parent=parent,
            role=Message.Role.ASSISTANT,
            client_id=client_id,
            content=content,
            reasoning=reasoning,
            created_at=self._behind_all(),
        )
        try:
            with transaction.atomic():
                generation = self.generations.create(
                    message=message, owner_process=owner_process, lease_expires_at=Now() + LEASE, **facts
                )
        except IntegrityError as error:
            raise Busy from error
        message.show()
        if not self.touch():  # the lock of the row makes who deletes it at this moment wait, or come before
            raise Conversation.DoesNotExist
        return generation

    def _behind_all(self) -> Now | Greatest:
        """Now, but behind all that is there: a page sorts by time, and what was brought in may be of a clock ahead."""
        newest = self.messages.aggregate(newest=Max("created_at"))["newest"]
        return Greatest(Now(), newest + TICK) if newest else Now()

    def touch(self) -> bool:
        """Moves the conversation to the top of its owner's list. False when it was deleted."""
        return bool(Conversation.objects.filter(pk=self.pk, deleted_at=None).update(updated_at=Now()))

    # What its owner does with it, which does not move it in the list

    def rename(self, title: str) -> None:
        self._change(title=title, titled_by=self.Titled.PERSON)

    def pin(self, pinned: bool) -> None:
        self._change(pinned=pinned)

    def archive(self, archived: bool) -> None:
        self._change(archived=archived)

    def configure(self, options: Options) -> None:
        """What it asks of its model from now on."""
        self._change(**options.columns())

    def discard(self) -> None:
        """Deletes it as its owner sees it; `restore` brings it back while it is not `forgotten`.

        An answer that was begun at the last moment is asked to end. In a transaction of its own: whoever ends an answer
        takes hold of its row first and of the conversation's then, and the two would wait for each other.
        """
        self._change(deleted_at=Now())
        self.generations.streaming().request_cancel()

    @transaction.atomic
    def restore(self) -> None:
        """Leaves alone what is `forgotten`: some of it may be gone."""
        row = Conversation.objects.filter(pk=self.pk)
        # By a statement of its own: who had to wait for the removal of a part of it looks at the clock again.
        row.select_for_update().first()
        row.regrettable().update(deleted_at=None)

    def _change(self, **fields: Any) -> None:
        Conversation.objects.filter(pk=self.pk).update(**fields)

    def path(self) -> list[Message]:
        """The messages that its owner sees, in order; their texts are not read yet."""
        return Tree(self.messages.order_by("created_at", "pk").only("conversation", "parent", "chosen")).path()

    def summary(self) -> dict[str, Any]:
        """What a list of conversations shows of it: docs/protocol.md, "summary". Needs `recent()`."""
        return {
            "id": str(self.pk),
            "title": self.title,
            "updated": self.updated_at.isoformat(),
            "generating": bool(getattr(self, "generating", False)),
            "pinned": self.pinned,
            "archived": self.archived,
        }

    def details(self) -> dict[str, Any]:
        """The same with what only the page of this conversation needs."""
        shares = [share.summary() for share in self.shares.all()]
        return {**self.summary(), "options": self.options._asdict(), "shares": shares}


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
