"""The usual limits: values that only make sense together."""

from dataclasses import FrozenInstanceError, fields

import pytest

from chat.relay.limits import Limits


def test_every_limit_is_a_positive_number():
    for field in fields(Limits):
        assert getattr(Limits(), field.name) > 0, field.name


def test_the_clocks_can_each_ring_before_the_next():
    usual = Limits()
    assert usual.after_finish < usual.silence < usual.no_data < usual.total
    assert usual.connect < usual.first_byte < usual.total


def test_a_line_of_the_largest_size_fits_into_an_event():
    assert Limits().line_bytes <= Limits().event_bytes


def test_limits_cannot_be_changed_behind_the_back_of_who_uses_them():
    with pytest.raises(FrozenInstanceError):
        Limits().total = 1  # type: ignore[misc]  # what is tested: it is frozen
