"""Reviewers: staff who may look at conversations, and staff who may not."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from tests.review import rows


@pytest.fixture
def talk(alice):
    return rows.conversation(alice)


@pytest.fixture
def clerk():
    """Staff without any permission."""
    return get_user_model().objects.create_user("clerk", is_staff=True)


@pytest.fixture
def reviewer():
    """Staff with the permission to view conversations, and no other."""
    user = get_user_model().objects.create_user("reviewer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_conversation"))
    return user


@pytest.fixture
def page(client, reviewer):
    """What the reviewer reads at an address of the admin, as text."""
    client.force_login(reviewer)

    def read(address):
        response = client.get(address)
        assert response.status_code == 200, (address, response.status_code, response.headers.get("Location"))
        return response.content.decode()

    return read
