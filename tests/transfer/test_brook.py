import json

import pytest

from chat.transfer import amount, brook
from chat.transfer.wrong import Wrong
from tests.transfer.memory import MB, peak

SAID = {"id": "m", "parent": None, "role": "user", "created": "2026-01-01T00:00:00Z", "content": "Hi"}
TALK = {
    "id": "c",
    "title": "T",
    "created": "2026-01-01T00:00:00Z",
    "updated": "2026-01-01T00:00:00Z",
    "messages": [SAID],
}
FILE = {"format": "brook", "version": 1, "exported": "2026-01-01T00:00:00Z", "conversations": [TALK]}


def stories(value):
    return list(brook.stories(json.dumps(value).encode()))


def wrong_of(value):
    with pytest.raises(Wrong) as wrong:
        stories(value)
    return wrong.value.path, str(wrong.value)


def test_a_file_is_read_conversation_by_conversation():
    [story] = stories(FILE)
    assert (story.head.id, story.head.title, [said.content for said in story.messages]) == ("c", "T", ["Hi"])
    assert stories({**FILE, "conversations": []}) == []


def test_what_later_versions_may_add_is_passed_over():
    assert stories({**FILE, "new": [1], "conversations": [{**TALK, "new": {}, "messages": [{**SAID, "new": 7}]}]})


def test_the_order_of_keys_is_free():
    assert stories(dict(reversed(FILE.items())))


@pytest.mark.parametrize(
    ("value", "path", "words"),
    [
        ({}, (), "“format” is missing here."),
        ({**FILE, "format": "other"}, ("format",), "“format” must be “brook”."),
        ({**FILE, "version": 2}, ("version",), "This file has the format's version 2, and this Brook reads version 1."),
        ({**FILE, "conversations": {}}, ("conversations",), "“conversations” must be a list that is not too long."),
        ({**FILE, "conversations": [TALK, 7]}, ("conversations", 1), "Something else was expected here"),
        ({**FILE, "conversations": [{**TALK, "title": 7}]}, ("conversations", 0, "title"), "“title” must be a text"),
        (
            {**FILE, "conversations": [{**TALK, "messages": [SAID, {**SAID, "role": "tool"}]}]},
            ("conversations", 0, "messages", 1, "role"),
            "“role” must be",
        ),
        (
            {**FILE, "conversations": [{**TALK, "options": {"temperature": 3}}]},
            ("conversations", 0, "options", "temperature"),
            "“temperature” must be a number from 0 to 2.",
        ),
    ],
)
def test_what_is_wrong_is_found_where_it_stands(value, path, words):
    found, said = wrong_of(value)
    assert found == path
    assert said.startswith(words)


def test_there_are_so_many_conversations_and_messages_at_most(monkeypatch):
    monkeypatch.setattr(amount, "MESSAGES", 2)
    assert stories({**FILE, "conversations": [{**TALK, "messages": [SAID] * 2}] * 2})
    path, words = wrong_of({**FILE, "conversations": [TALK, {**TALK, "messages": [SAID] * 3}]})
    assert (path, words) == (("conversations", 1, "messages"), "There are too many messages in this conversation.")
    monkeypatch.setattr(amount, "CONVERSATIONS", 1)
    assert wrong_of({**FILE, "conversations": [TALK] * 2}) == (
        ("conversations",),
        "There are too many conversations in this file.",
    )


def with_message(inner):
    talk = json.dumps({**FILE, "conversations": [{**TALK, "messages": ["HERE"]}]}).encode()
    return talk.replace(b'"HERE"', inner)


@pytest.mark.parametrize(
    "text",
    [
        with_message(b"1," * 1_000_000 + b"1"),
        with_message(b"{}," * 700_000 + b"{}"),
        with_message(json.dumps(SAID)[:-1].encode() + b',"generation":{"runs":[%s1]}}' % (b"999," * 500_000)),
        with_message(json.dumps(SAID)[:-1].encode() + b',"files":[%s{}]}' % (b'{"id":"a"},' * 200_000)),
        json.dumps({**FILE, "conversations": ["HERE"]}).encode().replace(b'"HERE"', b"{}," * 700_000 + b"{}"),
    ],
    ids=["numbers", "messages", "runs", "files", "conversations"],
)
def test_small_elements_do_not_become_large_objects(text):
    assert peak(lambda: list(brook.stories(text))) < 20 * MB
