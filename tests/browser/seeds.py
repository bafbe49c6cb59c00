"""Conversations that are there before the page is opened: long ones, which nobody would type."""

import json

from tests.support.server import ServedBrook, manage

# Runs in a process of its own, as manage.py does: Playwright's loop forbids Django's database here.
_SCRIPT = """
import json, sys
from datetime import timedelta
from django.contrib.auth import get_user_model
from django.utils import timezone
from chat.models import Conversation, Generation, Message

owner, texts = json.load(open({given!r}))
found = Conversation.objects.create(owner=get_user_model().objects.get(username=owner), title="A long talk")
begun = timezone.now() - timedelta(days=1)
rows, answers, parent = [], [], None
for index, text in enumerate(texts):
    role = "assistant" if index % 2 else "user"
    at = begun + timedelta(seconds=index)
    row = Message(conversation=found, parent=parent, role=role, content=text, created_at=at)
    rows.append(row)
    if index % 2:
        answers.append(Generation(message=row, conversation=found, status="complete", finish_reason="stop"))
    parent = row
Message.objects.bulk_create(rows)
Generation.objects.bulk_create(answers)
print("seeded", found.pk, *[row.pk for row in rows])
"""


def long_talk(brook: ServedBrook, texts: list[str], owner: str = "alice") -> tuple[str, list[str]]:
    """Stores these messages, questions and answers by turns; the conversation's key, and theirs."""
    given = brook.data_dir / "seeds.json"
    given.write_text(json.dumps([owner, texts]))
    script = _SCRIPT.format(given=str(given))
    done = manage("shell", "-c", script, DATA_DIR=str(brook.data_dir))
    line = next((line for line in done.stdout.splitlines() if line.startswith("seeded ")), None)
    assert line, done.stderr
    _, conversation, *messages = line.split()
    return conversation, messages


def talk(count: int) -> list[str]:
    """As many messages, each of which says its number."""
    answer = "Rivers meander because water finds its way. "
    return [f"Message {number}. {answer * (1 + number % 4) if number % 2 else 'Why?'}" for number in range(count)]
