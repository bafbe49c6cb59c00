"""Pieces of messages as the search finds them. How they come about is tested with the search."""

import pytest
from django.db import IntegrityError, transaction

from chat.models import Passage
from chat.models.passage import AT_ONCE
from tests.models.exchanges import answered

pytestmark = pytest.mark.django_db


def test_a_place_in_a_message_has_one_passage(conversation):
    message = answered(conversation, "Why?")
    passage = Passage.objects.create(message=message, position=0, words="because")
    assert str(passage) == f"{message.pk} at 0"
    with pytest.raises(IntegrityError), transaction.atomic():
        Passage.objects.create(message=message, position=0, words="because")


def test_many_are_removed_bit_by_bit_down_to_what_may_go_at_once(conversation):
    message, other = answered(conversation, "Why?"), answered(conversation, "And?")
    for each in (message, other):
        Passage.objects.bulk_create(Passage(message=each, position=at, words="rain") for at in range(2 * AT_ONCE + 1))
    found = Passage.objects.filter(message=message)
    assert [found.thin_out(), found.count()] == [True, AT_ONCE + 1]
    assert [found.thin_out(), found.count()] == [True, 1]
    assert [found.thin_out(), found.count()] == [False, 1]
    assert other.passages.count() == 2 * AT_ONCE + 1
