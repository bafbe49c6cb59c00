"""A conversation of alice's, and an answer under way in it."""

import pytest

from chat.models import Conversation
from tests.models.exchanges import ask


@pytest.fixture
def conversation(alice):
    return Conversation.objects.create(owner=alice, title="Stars")


@pytest.fixture
def generation(conversation):
    return ask(conversation, "Why?")
