import msgspec
import pytest

from chat.transfer.chatgpt_content import Message, Reading, read
from tests.fixtures.chatgpt import node

PICTURE = {"content_type": "image_asset_pointer", "asset_pointer": "x"}


def reading(role, content, **metadata):
    message = node("n", None, role, content, **metadata)["message"]
    return read(msgspec.convert(message, Message))


@pytest.mark.parametrize("role", ["user", "assistant"])
def test_text_is_text(role):
    assert reading(role, "Hi") == Reading("Hi")
    assert reading(role, {"content_type": "text", "parts": ["a", "", "b"]}) == Reading("a\n\nb")
    assert reading(role, {"content_type": "text", "parts": None}) == Reading()


def test_the_facts_of_an_answer_come_along():
    facts = {"model_slug": "o3", "finish_details": {"type": "max_tokens", "stop_tokens": [1]}}
    assert reading("assistant", "Hi", **facts) == Reading("Hi", model="o3", end="length")


@pytest.mark.parametrize("odd", [None, 7, [], {}, {"type": 7}, {"type": []}, {"type": "unheard of"}])
def test_odd_facts_do_no_harm(odd):
    assert reading("assistant", "Hi", model_slug=odd, finish_details=odd) == Reading("Hi")


def test_pictures_are_counted_and_their_words_kept():
    parts = {"content_type": "multimodal_text", "parts": [PICTURE, "What?", PICTURE, {"text": 7}]}
    assert reading("user", parts) == Reading("What?", left_out=3)


def test_what_was_heard_is_text():
    parts = {"content_type": "multimodal_text", "parts": [{"content_type": "audio_transcription", "text": "Hello"}]}
    assert reading("user", parts) == Reading("Hello")


@pytest.mark.parametrize(
    ("language", "code", "text"),
    [
        ("python", "print(1)", "```python\nprint(1)\n```"),
        ("unknown", "x", "```\nx\n```"),
        (None, "x", "```\nx\n```"),
        ("c++", "a```b````c", "`````c++\na```b````c\n`````"),
        ('js" onmouseover="alert(1)', "x", "```\nx\n```"),
        ("python", "  \n", ""),
    ],
)
def test_code_stands_between_fences(language, code, text):
    assert reading("assistant", {"content_type": "code", "language": language, "text": code}).text == text


def test_what_was_thought_is_no_text_of_its_own():
    thoughts = {"content_type": "thoughts", "thoughts": [{"summary": "A", "content": "B"}, {"content": "C"}, {}]}
    assert reading("assistant", thoughts) == Reading(thoughts=("A\n\nB", "C", ""))


@pytest.mark.parametrize("kind", ["reasoning_recap", "user_editable_context", "model_editable_context"])
def test_chatgpts_own_notes_are_left_out_silently(kind):
    assert reading("user", {"content_type": kind, "text": "x", "parts": ["x"]}) == Reading()


@pytest.mark.parametrize("kind", ["tether_quote", "tether_browsing_display", "system_error", "unheard_of"])
def test_other_types_are_counted(kind):
    assert reading("assistant", {"content_type": kind, "text": "x"}) == Reading(left_out=1)
    assert reading("assistant", {"content_type": kind}) == Reading()


def test_tools_are_counted_and_the_system_and_the_hidden_are_not():
    assert reading("tool", "42") == Reading(left_out=1)
    assert reading("tool", {"content_type": "text", "parts": [""]}) == Reading()
    assert reading("system", "Obey.") == Reading()
    assert reading("user", "Hidden", is_visually_hidden_from_conversation=True) == Reading()
    assert reading("critic", "Unheard of") == Reading()
