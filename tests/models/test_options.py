"""What a conversation asks of its model: on its way into the columns and back."""

import pytest

from chat.models import Conversation, Options


@pytest.mark.parametrize(
    ("options", "parameters"),
    [
        (Options(), {}),
        (Options("poet", "Rhyme.", 0.0, 1), {"temperature": 0.0, "max_tokens": 1}),
        (Options(temperature=2.0), {"temperature": 2.0}),
    ],
)
def test_options_are_stored_and_read_as_they_were(options, parameters):
    assert options.parameters == parameters
    assert Options.of(Conversation(**options.columns())) == options
