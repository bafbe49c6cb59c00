import pytest
from django.utils import translation

from chat.models import Generation
from chat.transfer.markdown import markdown
from tests.fixtures.naughty import NAUGHTY, kept
from tests.transfer.rows import answer, attach, converse, lively, say

pytestmark = pytest.mark.django_db


def test_the_shown_path_is_written_with_who_said_it_and_when(alice):
    assert (
        markdown(lively(alice))
        == """# Élan vital 江河

## You · 2026-01-01 12:00 UTC

Attached: notes.txt, map.png

Why do rivers meander?

## Assistant · mira-7 · 2026-01-01 12:01 UTC

Because water **erodes**.
"""
    )


@pytest.mark.parametrize(
    ("status", "facts", "words"),
    [
        ("complete", {"finish_reason": "stop"}, ""),
        ("complete", {"finish_reason": "length"}, "*Cut at the token limit*"),
        ("cancelled", {}, "*Stopped*"),
        ("truncated", {}, "*The connection ended before the answer was complete*"),
        ("failed", {"error_text": "No *such*\nmodel."}, "*Failed: No \\*such\\* model.*"),
        ("interrupted", {"error_text": "Restarted."}, "*Interrupted: Restarted.*"),
        ("streaming", {}, "*Still being written*"),
    ],
)
def test_how_an_answer_ended_is_said_where_it_is_not_whole(alice, status, facts, words):
    conversation = converse(alice)
    answer(conversation, "Half", say(conversation, "Hi"), status=status, **facts)
    assert markdown(conversation).split("Half\n")[1].strip() == words


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("```python\nprint(", "print(\n```"),
        ("~~~~\n```\nx", "x\n~~~~"),
        ("````\n```\n", "```\n````"),
        ("  ```js\nx\n  ```\nafter", "after"),
        ("```a`b\nno fence", "no fence"),
        ("````\nx\n```` \ntext", "text"),
        ("```\nx\n``` y", "``` y\n```"),
    ],
)
def test_code_that_was_cut_is_closed(alice, text, end):
    conversation = converse(alice)
    answer(conversation, text, say(conversation, "Hi"), status=Generation.Status.CANCELLED)
    assert markdown(conversation).endswith(f"{end}\n\n*Stopped*\n")


def test_words_that_are_not_the_messages_are_only_words(alice):
    conversation = converse(alice, "# *Title* [x](y)\n<b>`")
    attach(say(conversation, "Hi"), "a*b_c[d].txt", b"x")
    text = markdown(conversation)
    assert text.startswith("# \\# \\*Title\\* \\[x\\](y) \\<b\\>\\`\n")
    assert "Attached: a\\*b\\_c\\[d\\].txt" in text


def test_a_conversation_without_anything_is_written_too(alice):
    assert markdown(converse(alice, "")) == "# Untitled\n"


def test_it_speaks_the_persons_language(alice):
    with translation.override("de"):
        assert markdown(lively(alice))  # whatever the catalogue has by now: it must not fail


def test_its_queries_do_not_grow_with_the_conversation(alice, django_assert_num_queries):
    conversation = converse(alice)
    parent = None
    for number in range(30):
        parent = say(conversation, f"message {number}", parent, minute=number)
    with django_assert_num_queries(3):
        markdown(conversation)


def test_what_was_said_stands_there_to_the_letter(alice, subtests):
    for name, naughty in NAUGHTY:
        with subtests.test(name):
            conversation = converse(alice, kept(naughty)[:200])
            say(conversation, kept(naughty))
            assert kept(naughty).strip("\n") in markdown(conversation)
