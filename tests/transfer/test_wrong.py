import msgspec
import pytest

from chat.transfer.format import Document, Said
from chat.transfer.wrong import Wrong, from_msgspec

GOOD = {"id": "1", "parent": None, "role": "user", "created": "2026-01-01T00:00:00Z", "content": "Hi"}


def wrong_of(kind, value):
    with pytest.raises(msgspec.ValidationError) as error:
        msgspec.json.decode(msgspec.json.encode(value), type=kind)
    return from_msgspec(error.value)


@pytest.mark.parametrize(
    ("changes", "words", "path"),
    [
        ({"role": "tool"}, "“role” must be “user”, “assistant” or “system”.", ("role",)),
        (
            {"created": "yesterday"},
            "“created” must be a time with its zone, such as 2026-11-21T15:31:00Z.",
            ("created",),
        ),
        ({"created": 7}, "“created” must be a time with its zone, such as 2026-11-21T15:31:00Z.", ("created",)),
        ({"content": 7}, "“content” must be a text that is not too long.", ("content",)),
        ({"content": "x" * 2_000_001}, "“content” must be a text that is not too long.", ("content",)),
        ({"rating": 5}, "“rating” must be -1, 0 or 1.", ("rating",)),
        ({"files": {}}, "“files” must be a list that is not too long.", ("files",)),
        ({"files": [{"id": "f", "data": "?"}]}, "“data” must be a file in base64.", ("files", 0, "data")),
        ({"generation": {"usage": {"n": -1}}}, "“usage” must be a whole number from 0 on.", ("generation", "usage")),
        (
            {"generation": {"runs": [1, "x"]}},
            "Something else was expected here (Expected `int`, got `str`).",
            ("generation", "runs", 1),
        ),
        (
            {"generation": {"runs": [1] * 10_001}},
            "“runs” must be a list that is not too long.",
            ("generation", "runs"),
        ),
        ({"generation": 7}, "Something else was expected here (Expected `object | null`, got `int`).", ("generation",)),
    ],
)
def test_what_was_expected_is_said_in_words(changes, words, path):
    wrong = wrong_of(Said, {**GOOD, **changes})
    assert (str(wrong), wrong.path) == (words, path)


def test_what_is_missing_is_named():
    wrong = wrong_of(Said, {"id": "1"})
    assert (str(wrong), wrong.path) == ("“parent” is missing here.", ())


def test_the_whole_may_be_something_else():
    assert wrong_of(Document, {"format": "brook", "version": 1, "conversations": "x"}).path == ("conversations",)


def test_the_way_to_it_is_put_together_from_the_outside():
    wrong = Wrong("No.", ("created",), 7).within("messages", 3).within("conversations", 1)
    assert (str(wrong), wrong.path, wrong.offset) == ("No.", ("conversations", 1, "messages", 3, "created"), 7)
