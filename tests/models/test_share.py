"""Links to a path: one for each message, hard to guess, and dead with their conversation."""

import pytest
from django.db import IntegrityError, transaction

from chat.models import Share
from tests.models.exchanges import answered

pytestmark = pytest.mark.django_db


@pytest.fixture
def message(conversation):
    return answered(conversation, "Why?")


def test_the_same_message_has_the_same_link(message):
    first = Share.of(message)
    assert Share.of(message) == first
    assert (first.leaf, first.conversation) == (message, message.conversation)


def test_nobody_guesses_a_link(message, conversation):
    links = {Share.of(answered(conversation, str(number))).pk for number in range(20)}
    assert len(links) == 20
    assert min(map(len, links)) >= 22  # 128 bits in base 64


def test_the_database_refuses_a_second_link_to_one_message(message):
    share = Share.of(message)
    with pytest.raises(IntegrityError), transaction.atomic():
        Share.objects.create(conversation=share.conversation, leaf=message)


def test_people_see_their_own_links_only(message, alice, bob):
    share = Share.of(message)
    assert list(Share.objects.for_user(alice)) == [share]
    assert not Share.objects.for_user(bob).exists()


def test_a_link_leads_nowhere_while_its_conversation_is_deleted(message, conversation):
    share = Share.of(message)
    assert list(Share.objects.open()) == [share]
    conversation.discard()
    assert not Share.objects.open().exists()
    conversation.restore()
    assert list(Share.objects.open()) == [share]


def test_a_link_leads_nowhere_while_its_owners_account_is_closed(message, alice):
    Share.of(message)
    for is_active in (False, True):
        type(alice).objects.update(is_active=is_active)
        assert Share.objects.open().exists() == is_active


def test_a_conversation_says_of_its_links_what_is_documented(message):
    share = Share.of(message)
    assert share.summary() == {
        "id": share.pk,
        "message": str(message.pk),
        "created": share.created_at.isoformat(),
    }
    assert str(share) == "a link to Stars"
