"""What a person has set: the defaults until then, and what new conversations begin with."""

import pytest
from django.core.exceptions import ValidationError

from chat.models import Options, Profile
from chat.models.profile import MOST_TOKENS

pytestmark = pytest.mark.django_db


def test_who_has_set_nothing_has_the_defaults_and_no_row(alice):
    profile = Profile.of(alice)
    assert (profile.theme, profile.enter_sends, profile.options) == ("system", True, Options())
    assert not Profile.objects.exists()


def test_what_was_set_is_what_new_conversations_begin_with(alice, bob):
    Profile.objects.create(user=alice, model="poet", instructions="Rhyme.", temperature=0.0, max_tokens=7)
    assert Profile.of(alice).options == Options("poet", "Rhyme.", 0.0, 7)
    assert Profile.of(bob).options == Options()


@pytest.mark.parametrize(
    "fields",
    [
        {"temperature": -0.1},
        {"temperature": 2.1},
        {"max_tokens": 0},
        {"max_tokens": MOST_TOKENS + 1},
        {"theme": "pink"},
    ],
)
def test_what_makes_no_sense_is_not_taken(alice, fields):
    Profile(user=alice).full_clean()
    with pytest.raises(ValidationError):
        Profile(user=alice, **fields).full_clean()


def test_settings_name_themselves_for_people(alice):
    assert str(Profile.of(alice)) == "settings of alice"
