import json
from datetime import UTC, datetime

import pytest

from chat.transfer import amount, chatgpt
from chat.transfer.format import Facts
from chat.transfer.story import check
from chat.transfer.wrong import Wrong
from tests.fixtures.chatgpt import BEGUN, branched, many_kinds, node, plain, talk
from tests.transfer.memory import MB, peak


def stories(*talks):
    found = list(chatgpt.stories(json.dumps(talks).encode()))
    for story in found:
        check(story, lambda data: None)
    return found


def read(one):
    [story] = stories(one)
    return story


def lines(story):
    return [(said.id, said.parent, said.role, said.content) for said in story.messages]


def at(seconds):
    return datetime.fromtimestamp(BEGUN + seconds, UTC)


def test_a_question_and_its_answer_are_read():
    story = read(plain())
    assert (story.head.id, story.head.title) == ("c1", "Rivers")
    assert (story.head.created, story.head.updated) == (at(0), at(600))
    assert lines(story) == [("q", None, "user", "Why do rivers meander?"), ("a", "q", "assistant", "Because.")]
    question, answer = story.messages
    assert (question.created, answer.created) == (at(1), at(5.5))
    assert question.generation is None
    assert answer.generation == Facts(provider="import", model="gpt-4o", finish_reason="stop")
    assert story.left_out == 0


def test_versions_stay_versions_and_the_shown_ones_are_chosen():
    story = read(branched())
    assert [(said.id, said.parent, said.chosen) for said in story.messages] == [
        ("q1", None, True),
        ("q2", None, False),
        ("a1", "q1", True),
        ("a2", "q1", False),
        ("a3", "q2", False),
    ]


def test_what_is_text_is_kept_and_what_is_none_is_counted():
    story = read(many_kinds())
    assert lines(story) == [
        ("pic", None, "user", "What is this?"),
        ("code", "pic", "assistant", "````python\nprint('```')\n````"),
        ("says", "code", "assistant", "A river."),
        ("heard", "says", "user", "Spoken words"),
        ("end", "heard", "assistant", "One\n\ntwo"),
    ]
    assert story.messages[1].reasoning == "Look\n\nAt it."
    assert story.messages[2].generation.finish_reason == "length"
    assert story.left_out == 4  # two pictures, an answer of a tool, an error


def test_a_message_without_a_time_has_that_of_its_conversation():
    assert [said.created for said in read(many_kinds()).messages] == [at(1), at(0), at(3), at(5), at(0)]


def test_a_conversation_without_any_text_is_a_story_without_messages():
    assert read(talk(node("root", None))).messages == []
    assert read(talk()).messages == []


def test_a_conversation_without_a_name_is_known_by_what_is_in_it():
    nameless = {key: value for key, value in plain().items() if key not in ("id", "conversation_id")}
    one, again, other = stories(nameless, nameless, {**nameless, "title": "x"})
    assert one.head.id == again.head.id != other.head.id


def test_old_files_have_fewer_fields():
    old = {key: plain()[key] for key in ("title", "create_time", "mapping", "id")}
    story = read(old)
    assert (story.head.created, story.head.updated, len(story.messages)) == (at(0), at(0), 2)


def test_an_archived_conversation_stays_archived():
    assert read({**plain(), "is_archived": True}).head.archived


def test_there_may_be_nothing_in_it():
    assert stories() == []


@pytest.mark.parametrize(
    ("changed", "path", "words"),
    [
        ({"mapping": []}, (1, "mapping"), "“mapping” must be the messages by their identifiers."),
        ({"title": 7}, (1, "title"), "“title” must be a text"),
        ({"create_time": "now"}, (1, "create_time"), "“create_time” must be a time in seconds"),
        ({"create_time": -5}, (1, "create_time"), "“create_time” must be a time in seconds"),
        ({"create_time": 1e300}, (1, "create_time"), "“create_time” must be a time in seconds"),
        ({"mapping": {"x": {"message": 7}}}, (1, "mapping", "x", "message"), "Something else was expected"),
        (
            {"mapping": {"x": node("x", None, "user", {"parts": []})}},
            (1, "mapping", "x", "message", "content"),
            "“content_type”",
        ),
        (
            {"mapping": {"x": node("x", "x", "user", "Hi")}},
            (1, "mapping", "x", "parent"),
            "This message follows itself",
        ),
        (
            {"mapping": {"x": node("x", None, "user", "Hi", -1)}},
            (1, "mapping", "x", "message", "create_time"),
            "“create_time”",
        ),
        (
            {"mapping": {"x": node("x", None, "user", "x" * 2_000_001)}},
            (1, "mapping", "x", "message", "content"),
            "“content”",
        ),
    ],
)
def test_what_is_wrong_is_found_where_it_stands(changed, path, words):
    with pytest.raises(Wrong) as wrong:
        stories(plain(), {**plain(), **changed})
    assert wrong.value.path == path
    assert str(wrong.value).startswith(words)


def thought(text, key="t", parent=None):
    return node(key, parent, "assistant", {"content_type": "thoughts", "thoughts": [{"content": text}]})


def test_what_was_thought_belongs_to_one_answer():
    """A file of a megabyte would be three hundred in memory, and in the database."""
    ends = [node(f"e{number}", "t", "assistant", "Hi") for number in range(3)]
    assert [said.reasoning for said in read(talk(thought("Hm."), *ends)).messages] == ["Hm.", "", ""]


def test_what_was_thought_may_be_as_long_as_what_was_said_and_no_longer():
    end = node("e", "u", "assistant", "Hi")
    just = talk(thought("x" * 1_000_000), thought("y" * 999_998, "u", "t"), end)
    assert len(read(just).messages[0].reasoning) == 2_000_000
    with pytest.raises(Wrong, match="“thoughts” must be a text that is not too long") as wrong:
        read(talk(thought("x" * 1_000_000), thought("y" * 999_999, "u", "t"), end))
    assert wrong.value.path == (0, "mapping", "e")


def test_a_conversation_has_so_many_nodes_at_most(monkeypatch):
    monkeypatch.setattr(amount, "MESSAGES", 4)
    assert len(read(plain()).messages) == 2
    with pytest.raises(Wrong, match="too many messages") as wrong:
        stories(plain(), branched())
    assert wrong.value.path == (1, "mapping")


def test_a_file_has_so_many_conversations_at_most(monkeypatch):
    monkeypatch.setattr(amount, "CONVERSATIONS", 1)
    assert len(stories(plain())) == 1
    with pytest.raises(Wrong, match="too many conversations"):
        stories(plain(), plain())


@pytest.mark.parametrize(
    "text",
    [
        b'[{"mapping":{%s}}]' % b",".join(b'"%d":{}' % number for number in range(200_000)),
        b'[{"mapping":{"a":{"message":{"author":{"role":"user"},"content":{"content_type":"text","parts":[%s1]}}}}}]'
        % (b"{}," * 700_000),
        b'[{"mapping":{"a":{"message":{"author":{"role":"user"},"content":{"content_type":"thoughts","thoughts":[%s{}]}}}}}]'
        % (b"{}," * 700_000),
        b'[{"mapping":{"a":{"message":{"author":{"role":"user"},"content":{"content_type":"text"},"metadata":{"x":[%s1]}}}}}]'
        % (b"[]," * 700_000),
        b"[%s{}]" % (b"1," * 1_000_000),
        b"[%s{}]" % (b'{"mapping":{}},' * 130_000),
    ],
    ids=["nodes", "parts", "thoughts", "metadata", "numbers", "conversations"],
)
def test_small_elements_do_not_become_large_objects(text):
    assert len(text) < 2.5 * MB
    assert peak(lambda: list(chatgpt.stories(text))) < 20 * MB


def test_many_messages_with_many_parts_are_held_as_texts():
    parts = b'{"message":{"author":{"role":"user"},"content":{"content_type":"text","parts":[%s"x"]}}}' % (
        b"{}," * 9_000
    )
    nodes = b",".join(b'"%d":%s' % (number, parts) for number in range(100))
    text = b'[{"mapping":{%s}}]' % nodes
    assert peak(lambda: list(chatgpt.stories(text))) < 3 * len(text)


def test_what_is_no_conversation_is_wrong():
    with pytest.raises(Wrong, match="“mapping” is missing") as wrong:
        stories(plain(), {"format": "other"})
    assert wrong.value.path == (1,)


@pytest.mark.timeout(20)
def test_a_hostile_tree_takes_no_longer():
    """A long chain of nodes that are left out, and as many answers at its end."""
    thought = {"content_type": "thoughts", "thoughts": [{"summary": "x" * 50}]}
    chain = [node(f"t{n}", f"t{n - 1}" if n else None, "assistant", thought) for n in range(5_000)]
    ends = [node(f"e{n}", "t4999", "assistant", "Hi") for n in range(5_000)]
    messages = read(talk(*chain, *ends)).messages
    assert len(messages) == 5_000
    assert max(len(said.reasoning) for said in messages) < 5_000
