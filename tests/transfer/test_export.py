import json
from datetime import UTC, datetime

import pytest

from chat.models import Conversation
from chat.transfer import export
from chat.transfer.export import document, everything
from chat.transfer.position import line_of
from tests.fixtures.naughty import NAUGHTY, kept
from tests.transfer.memory import MB, peak
from tests.transfer.rows import NOON, answer, attach, converse, lively, say

pytestmark = pytest.mark.django_db


def written(*conversations):
    return b"".join(document(conversations))


def test_a_file_says_what_it_is():
    whole = json.loads(written())
    assert (whole["format"], whole["version"], whole["conversations"]) == ("brook", 1, [])
    assert abs((datetime.now(UTC) - datetime.fromisoformat(whole["exported"])).total_seconds()) < 60


def test_a_conversation_is_written_with_all_that_belongs_to_it(alice):
    conversation = lively(alice)
    [talk] = json.loads(written(conversation))["conversations"]
    messages = talk.pop("messages")
    assert talk == {
        "id": str(conversation.pk),
        "title": "Élan vital 江河",
        "created": "2026-01-01T12:00:00Z",
        "updated": "2026-01-01T12:00:00Z",
        "titled_by": "person",
        "pinned": True,
        "options": {"model": "mira", "instructions": "Be brief.", "temperature": 0.5, "max_tokens": 100},
    }
    assert len(messages) == 8
    question, good, stopped, continued, edited, failed, _truncated, _interrupted = messages
    assert question["parent"] is None
    assert question["chosen"]
    assert [file["name"] for file in question["files"]] == ["notes.txt", "map.png"]
    assert question["files"][0]["data"] == "VWZlciAmIEF1w59lbnNlaXRlCg=="
    assert good == {
        "id": good["id"],
        "parent": question["id"],
        "role": "assistant",
        "created": "2026-01-01T12:01:00Z",
        "content": "Because water **erodes**.",
        "reasoning": "Think of banks.",
        "chosen": True,
        "rating": 1,
        "comment": "Short.",
        "generation": {
            "status": "complete",
            "finish_reason": "stop",
            "provider": "ours",
            "model": "mira-7",
            "request": "req-1",
            "started": "2026-01-01T12:01:00Z",
            "first_delta": "2026-01-01T12:01:01Z",
            "finished": "2026-01-01T12:01:03Z",
            "longest_gap_ms": 80,
            "thinking_ms": 1200,
            "chunks": 4,
            "usage": {"prompt_tokens": 7, "completion_tokens": 5},
            "runs": [15, 25],
        },
    }
    assert continued["generation"]["continues"] == stopped["id"]
    assert edited["files"] == [{"id": question["files"][0]["id"]}], "the same file is written once"
    assert failed["generation"]["error"] == {"code": "upstream", "message": "No such model."}


def test_each_message_has_a_line_of_its_own(alice):
    text = written(lively(alice), lively(alice))
    lines = text.splitlines()
    for number, talk in enumerate(json.loads(text)["conversations"]):
        for place, message in enumerate(talk["messages"]):
            line = line_of(text, ("conversations", number, "messages", place))
            assert line == 2 + number * 9 + place + 1
            assert lines[line - 1].startswith(b'{"id":"' + message["id"].encode())


def test_everything_is_ones_own_and_not_what_was_deleted(alice, bob):
    converse(bob, "Bob's")
    first, gone, archived = (converse(alice, title) for title in ("First", "Gone", "Archived"))
    Conversation.objects.filter(pk=gone.pk).update(deleted_at=NOON)
    Conversation.objects.filter(pk=archived.pk).update(archived=True)
    assert {found.title for found in everything(alice)} == {first.title, archived.title}


def test_a_conversation_that_is_deleted_meanwhile_is_left_out(alice):
    converse(alice, "First")
    converse(alice, "Second")
    mine = everything(alice)
    left = {"First", "Second"} - {next(mine).title}
    Conversation.objects.filter(title__in=left).delete()
    assert list(mine) == []


def test_never_more_than_a_few_messages_are_read_at_once(alice, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(export, "TOGETHER", 10)
    conversation = converse(alice)
    for number in range(35):
        say(conversation, f"message {number}", minute=number)
    with django_assert_max_num_queries(1 + 4 * 2):
        [talk] = json.loads(written(conversation))["conversations"]
    assert [message["content"] for message in talk["messages"]] == [f"message {number}" for number in range(35)]


def test_counts_of_other_making_are_left_out(alice):
    conversation = converse(alice)
    answer(conversation, "x", say(conversation, "Hi"), usage={"tokens": 5, "price": 0.1, "more": {"x": 1}, "less": -1})
    [talk] = json.loads(written(conversation))["conversations"]
    assert talk["messages"][1]["generation"]["usage"] == {"tokens": 5}


def test_hostile_text_is_written_to_the_letter(alice, subtests):
    for name, naughty in NAUGHTY:
        with subtests.test(name):
            conversation = converse(alice, kept(naughty)[:200])
            say(conversation, kept(naughty))
            [talk] = json.loads(written(conversation))["conversations"]
            assert (talk["title"], talk["messages"][0]["content"]) == (kept(naughty)[:200], kept(naughty))


def test_never_more_than_one_messages_files_are_in_memory(alice):
    conversation = converse(alice)
    for number in range(10):
        attach(say(conversation, "Look", minute=number), f"{number}.txt", b"x" * MB)
    most = peak(lambda: [len(piece) for piece in document([conversation])])
    assert most < 7 * MB, "a file, as base64, and its line"


def test_a_file_that_is_gone_meanwhile_is_left_out(alice, monkeypatch):
    conversation = converse(alice)
    file = attach(say(conversation, "Look"), "x.txt", b"x")
    pieces = document([conversation])
    found = export.attached

    def gone(messages):
        files = found(messages)
        file.delete()
        return files

    monkeypatch.setattr(export, "attached", gone)
    [talk] = json.loads(b"".join(pieces))["conversations"]
    assert "files" not in talk["messages"][0]
