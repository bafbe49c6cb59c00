from datetime import UTC, datetime, timedelta

import pytest

from chat.transfer.attachments import kind_of
from chat.transfer.format import Attachment, Facts, Head, Said
from chat.transfer.story import STEP, Story, check, in_order
from chat.transfer.wrong import Wrong

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


def said(key, parent=None, created=WHEN, **fields):
    return Said(key, parent, "user", created, key, **fields)


def told(*messages, created=WHEN, updated=WHEN):
    return Story(Head("1", "Rivers", created, updated), messages)


def test_what_holds_together_passes():
    check(
        told(
            said("b", "a"),
            said("a"),
            said("c", "a", files=[Attachment("f", "f.txt", b"x")]),
            said("d", files=[Attachment("f")]),
        ),
        kind_of,
    )
    check(told(), kind_of)


@pytest.mark.parametrize(
    ("story", "path", "words"),
    [
        (told(said("a"), said("a")), ("messages", 1, "id"), "another one"),
        (told(said("a"), said("b", "x")), ("messages", 1, "parent"), "of the same conversation"),
        (told(said("a", "a")), ("messages", 0, "parent"), "follows itself"),
        (told(said("x"), said("a", "b"), said("b", "a")), ("messages", 2, "parent"), "follows itself"),
        (told(said("a", created=LONG_AGO)), ("messages", 0, "created"), "from 1970 on"),
        (told(created=LONG_AGO), ("created",), "from 1970 on"),
        (told(updated=datetime(9999, 12, 31, tzinfo=UTC)), ("updated",), "from 1970 on"),
        (
            told(said("a", generation=Facts(finished=LONG_AGO))),
            ("messages", 0, "generation", "finished"),
            "from 1970 on",
        ),
        (told(said("a", files=[Attachment("f", "f", b"\0")])), ("messages", 0, "files", 0, "data"), "neither a text"),
        (told(said("a", files=[Attachment("f", "f")])), ("messages", 0, "files", 0), "missing"),
    ],
)
def test_what_does_not_is_wrong_where_it_does_not(story, path, words):
    with pytest.raises(Wrong, match=words) as wrong:
        check(story, kind_of)
    assert wrong.value.path == path or (wrong.value.path[-1] == "parent" and "follows" in words)


def test_messages_come_behind_what_they_follow_and_are_younger():
    ordered = in_order([said("c", "b"), said("b", "a"), said("a", created=WHEN + timedelta(hours=1)), said("d")])
    assert [(message.id, when - WHEN) for message, when in ordered] == [
        ("a", timedelta(hours=1)),
        ("d", timedelta()),
        ("b", timedelta(hours=1) + STEP),
        ("c", timedelta(hours=1) + 2 * STEP),
    ]


def test_nothing_is_later_than_it_may_be_and_what_follows_is_still_younger():
    later = WHEN + timedelta(days=1)
    given = [
        said("a", created=later),
        said("b", "a", created=later),
        said("c", "b"),
        said("d", created=WHEN - STEP * 9),
    ]
    whens = {message.id: when - WHEN for message, when in in_order(given, latest=WHEN)}
    assert whens == {"a": -4 * STEP, "b": -3 * STEP, "c": -2 * STEP, "d": -9 * STEP}


def test_a_long_conversation_is_no_matter():
    messages = [said(str(number), str(number - 1) if number else None) for number in range(50_000)]
    assert len(in_order(messages[::-1])) == 50_000
