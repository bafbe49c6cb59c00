"""Titles by the model: after the first complete answer, for people who have asked for that in their settings.

A title is a nicety. Whatever goes wrong costs one line in the log, and the conversation keeps its first words.
"""

import asyncio
import logging
import re
from typing import NamedTuple
from uuid import UUID

from django.db import Error as DatabaseError

from chat.models import TITLE_CHARS, Conversation, Generation
from chat.relay.asking import Asking
from chat.relay.database import in_database
from chat.relay.errors import UpstreamError

logger = logging.getLogger(__name__)

SECONDS = 20.0
"""For all of it: a place, the request, the last word."""

EXCERPT_CHARS = 2_000
"""Of the question and of the answer each."""

TOKENS = 24

REQUEST = (
    "Give this exchange a title of at most six words, in the language in which it is written. "
    "Answer with the title alone."
)

NO_TITLE = re.compile(r"[<{\[]|(error|exception|sorry|i.m sorry|i am sorry|i can.t|i cannot|as an ai)\b", re.IGNORECASE)
"""How an error begins, or half a thought, or a refusal."""

WRAPPING = " \t\"'`*_#\u201c\u201d\u201e\u2018\u2019«»「」"


class Exchange(NamedTuple):
    model: str
    """Empty: the provider's first model."""

    question: str
    answer: str


async def entitle(asking: Asking, row: Generation) -> bool:
    """Gives the conversation a title from the model, if it is to have one; whether it has got one."""
    try:
        exchange = await in_database(_first_exchange, row.pk)
        if exchange is None:
            return False
        async with asyncio.timeout(SECONDS):
            title = title_of(await asking.few_words(exchange.model, _prompt(exchange), TOKENS))
        if title:
            return await in_database(_store, row.conversation_id, title)
        reason = "it said nothing that could be one"
    except UpstreamError as error:
        reason = error.code  # its words may repeat what was asked
    except (DatabaseError, TimeoutError) as error:
        reason = type(error).__name__
    except Exception:  # nobody waits for this task, who would hear of it
        logger.exception("Conversation %s got no title, by a defect of ours", row.conversation_id)
        return False
    logger.info("Conversation %s got no title from the model: %s", row.conversation_id, reason)
    return False


def title_of(said: str) -> str:
    """A title on one line out of what a model said; empty when that is none."""
    line = next(filter(None, map(str.strip, said.splitlines())), "")
    line = " ".join(re.sub(r"^\W*title\W*:", "", line, flags=re.IGNORECASE).strip(WRAPPING).split())
    line = line.rstrip(".。").rstrip(WRAPPING)
    if NO_TITLE.match(line) or not any(map(str.isalnum, line)):
        return ""
    return line if len(line) <= TITLE_CHARS else _shortened(line)


def _shortened(line: str) -> str:
    cut = line[: TITLE_CHARS - 1]
    return (cut.rsplit(" ", 1)[0] if line[TITLE_CHARS - 1] != " " else cut).rstrip(" ,.;:!?-") + "…"


def _prompt(exchange: Exchange) -> list[dict[str, str]]:
    """One message, with the request last: small models heed that best, and not all know a system prompt."""
    content = f"Question:\n{exchange.question}\n\nAnswer:\n{exchange.answer}\n\n{REQUEST}"
    return [{"role": "user", "content": content}]


def _first_exchange(key: UUID) -> Exchange | None:
    """What the generation `key` answered and how, if its conversation is to be given a title for it."""
    found = Generation.objects.filter(
        pk=key,
        conversation__titled_by=Conversation.Titled.WORDS,
        conversation__deleted_at=None,
        conversation__owner__profile__model_titles=True,
    )
    row = found.select_related("conversation", "message__parent").first()
    if row is None or row.conversation.generations.filter(status=Generation.Status.COMPLETE).exclude(pk=key).exists():
        return None
    question = row.message.parent.content if row.message.parent else ""
    model = row.requested_model or row.conversation.model
    return Exchange(model, question[:EXCERPT_CHARS], row.message.content[:EXCERPT_CHARS])


def _store(conversation: UUID, title: str) -> bool:
    """Only while nobody has given it another."""
    untitled = Conversation.objects.filter(pk=conversation, titled_by=Conversation.Titled.WORDS, deleted_at=None)
    return bool(untitled.update(title=title, titled_by=Conversation.Titled.MODEL))
