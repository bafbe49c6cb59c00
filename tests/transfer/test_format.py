from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.live.protocol.commands import Options
from chat.live.protocol.reading import FILES
from chat.models import Generation, Message
from chat.models.profile import INSTRUCTIONS_CHARS
from chat.relay.generation import RUNS_KEPT
from chat.relay.limits import Limits
from chat.transfer import format as transfer_format
from chat.transfer.format import Asked, Facts, Head, Said

WHEN = datetime(2026, 1, 1, tzinfo=UTC)


def test_it_knows_every_status_role_and_rating():
    def choices(struct, name):
        [field] = [field for field in msgspec.structs.fields(struct) if field.name == name]
        return set(msgspec.inspect.type_info(field.type).values)

    assert choices(Facts, "status") == set(Generation.Status.values)
    assert choices(Said, "role") == set(Message.Role.values)
    assert choices(Said, "rating") == set(Message.Rating.values)


def test_its_lengths_are_those_of_what_it_carries():
    assert transfer_format.INSTRUCTIONS_CHARS == INSTRUCTIONS_CHARS
    assert Limits().answer_chars <= transfer_format.CONTENT_CHARS


def test_what_it_takes_is_what_brook_itself_makes():
    assert transfer_format.RUNS == RUNS_KEPT
    assert transfer_format.FILES >= FILES
    for kind in (Asked, Options):
        msgspec.convert({"max_tokens": 1_000_000}, kind)
        with pytest.raises(msgspec.ValidationError, match="max_tokens"):
            msgspec.convert({"max_tokens": 1_000_001}, kind)


@pytest.mark.parametrize(
    "facts", [{"runs": [0] * 10_001}, {"usage": {str(number): 1 for number in range(51)}}], ids=["runs", "usage"]
)
def test_lists_have_an_end(facts):
    msgspec.convert({"runs": [0] * 10_000, "usage": {str(number): 1 for number in range(50)}}, Facts)
    with pytest.raises(msgspec.ValidationError, match="length <= "):
        msgspec.convert(facts, Facts)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_to_the_letter(text):
    said = Said("1", None, "user", WHEN, text, reasoning=text, comment=text[:4000])
    assert msgspec.json.decode(msgspec.json.encode(said), type=Said) == said


def test_what_is_as_usual_is_not_written():
    head = msgspec.json.encode(Head("1", "Rivers", WHEN, WHEN, options=Asked()))
    assert b"pinned" not in head
    assert b"\n" not in msgspec.json.encode(Said("1", None, "user", WHEN, "a\nb"))  # a line for each message


@pytest.mark.parametrize(
    "unknown", [b'{"id":"1","title":"","created":"2026-01-01T00:00:00Z","updated":"2026-01-01T00:00:00Z","later":{}}']
)
def test_what_a_later_version_may_add_is_passed_over(unknown):
    assert msgspec.json.decode(unknown, type=Head).id == "1"
