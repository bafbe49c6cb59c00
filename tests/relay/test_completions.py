"""Events to chunks: both dialects, and every shape that servers send. Hostile ones: test_fuzz_completions.py."""

import json
from contextlib import suppress

import pytest

from chat.relay.completions import Chunk, Reader, error_words, request_body
from chat.relay.errors import UpstreamError
from chat.relay.sse import Decoder, Event
from tests.fixtures.streams import STREAMS, StreamFixture
from tests.support.outcomes import Outcome, outcome_of
from tests.support.scripts import pieces

HIGH, LOW, SMILE = "\ud83d", "\ude00", "\U0001f600"


def read(*data: str, kind: str = "message") -> Chunk:
    """The chunk of the last of these events."""
    reader = Reader()
    return [reader.read(Event(one, kind)) for one in data][-1]


def said(**delta: object) -> str:
    return json.dumps({"choices": [{"delta": delta}]})


def spoken(*contents: str) -> str:
    """What comes out of these deltas, and what the end leaves over."""
    reader = Reader()
    chunks = [reader.read(Event(said(content=content))) for content in contents]
    return "".join(chunk.content for chunk in [*chunks, reader.flush()])


def refusal(data: str, kind: str = "message") -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        read(data, kind=kind)
    return caught.value


def read_or_garbled(data: str) -> Chunk:
    """The chunk, or an empty one when it was refused as unreadable. Anything else that is raised fails the test."""
    try:
        return read(data)
    except UpstreamError as error:
        if error.code != "garbled":
            raise
        return Chunk()


# The request.


def test_the_body_names_model_and_messages_and_asks_for_a_stream():
    messages = [{"role": "user", "content": "Grüß dich"}]
    assert json.loads(request_body("m", messages)) == {"model": "m", "messages": messages, "stream": True}


def test_parameters_go_along():
    body = json.loads(request_body("m", [], {"temperature": 0.5, "max_tokens": 9, "stop": ["\n"]}))
    assert body == {"model": "m", "messages": [], "stream": True, "temperature": 0.5, "max_tokens": 9, "stop": ["\n"]}


def test_parameters_cannot_replace_model_messages_or_streaming():
    body = json.loads(request_body("m", [], {"model": "x", "messages": [1], "stream": False, "top_p": 1}))
    assert body == {"model": "m", "messages": [], "stream": True, "top_p": 1}


def test_a_content_of_parts_is_sent_as_it_is():
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,eA=="}}
    asked = {"role": "user", "content": [{"type": "text", "text": "What is this?"}, picture]}
    assert json.loads(request_body("m", [asked]))["messages"] == [asked]


# Shapes of a chunk. The streams of tests/fixtures/streams.py say how these look in an answer.


def test_a_whole_chunk_tells_text_reason_id_model_and_usage():
    data = {
        "id": "chatcmpl-1",
        "model": "m",
        "choices": [{"index": 0, "delta": {"content": "Hel", "reasoning": "Hm"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2},
    }
    assert read(json.dumps(data)) == Chunk(
        content="Hel",
        reasoning="Hm",
        finish_reason="stop",
        id="chatcmpl-1",
        model="m",
        usage={"prompt_tokens": 1, "completion_tokens": 2},
    )


def test_a_bare_chunk_is_enough():
    assert read('{"choices":[{"delta":{"content":"Hel"}}]}') == Chunk(content="Hel")


@pytest.mark.parametrize("data", ["[DONE]", " [DONE] ", "[DONE]\n"])
def test_done(data):
    assert read(data) == Chunk(done=True)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "  ",
        "{}",
        '{"choices": null}',
        '{"choices": []}',
        '{"choices": [null]}',
        '{"choices": [{}]}',
        '{"choices": [{"delta": null, "finish_reason": null}]}',
        '{"choices": [{"delta": {"content": null, "reasoning": null, "reasoning_content": null}}]}',
        '{"choices": [{"delta": {"content": []}, "finish_reason": ""}]}',
        '{"choices": [{"delta": {"content": [null, 1, "x", {}, {"text": null}, {"text": [{"text": "x"}]}]}}]}',
        '{"choices": [{"delta": {"content": [{"thinking": 1}, {"refusal": 1}], "refusal": {}}}]}',
        '{"choices": [{"delta": {"content": 1}, "finish_reason": 1}], "id": 1, "model": [], "usage": "x"}',
        '{"error": null, "object": null, "message": "no error without one"}',
        '{"choices": [], "error": null}',
    ],
)
def test_a_chunk_that_says_nothing_is_empty(data):
    assert read(data) == Chunk()


def test_a_message_instead_of_a_delta_counts():
    assert read('{"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}') == Chunk(
        content="Hello", finish_reason="stop"
    )


def test_only_the_first_choice_counts():
    data = '{"choices": [{"delta": {"content": "a"}}, {"delta": {"content": "b"}, "finish_reason": "stop"}]}'
    assert read(data) == Chunk(content="a")


def test_reasoning_under_both_names_is_told_once():
    assert read(said(reasoning="Hm", reasoning_content="Hm")) == Chunk(reasoning="Hm")
    assert read(said(reasoning="Hm", reasoning_content="")) == Chunk(reasoning="Hm")


def test_a_refusal_counts_only_where_there_is_no_content():
    assert read(said(content="Hello", refusal="No.")) == Chunk(content="Hello")
    assert read(said(content="", refusal="No.")) == Chunk(content="No.")


def test_reasoning_under_a_name_of_its_own_goes_before_that_in_the_content():
    parts = [{"type": "thinking", "thinking": "Hm"}]
    assert read(said(content=parts, reasoning="Hm")) == Chunk(reasoning="Hm")


def test_the_last_of_two_equal_keys_counts():
    assert read('{"choices": [], "choices": [{"delta": {"content": "a", "content": "b"}}]}') == Chunk(content="b")


def test_words_for_the_database_are_short_and_clean():
    data = {"id": "i" * 101, "model": "m\0", "choices": [{"finish_reason": "f\0" * 200}]}
    assert read(json.dumps(data)) == Chunk(id="i" * 100, model="m", finish_reason="f" * 100)
    assert read('{"id": "\\ud83d", "choices": []}') == Chunk(id="\ufffd")


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        ('{"prompt_tokens": 9, "completion_tokens": 0}', {"prompt_tokens": 9, "completion_tokens": 0}),
        ('{"a": 1.5, "b": true, "c": null, "d": "1", "e": -1, "f": {"g": 1}, "h": [1]}', {}),
        (f'{{"a": {2**53 - 1}, "b": {2**53}, "c": {10**30}}}', {"a": 2**53 - 1}),
        ("null", None),
        ("[1]", None),
        ("7", None),
    ],
)
def test_usage_keeps_the_whole_numbers_that_a_database_can_hold(usage, counts):
    assert read(f'{{"choices": [], "usage": {usage}}}').usage == counts


@pytest.mark.parametrize(
    "data",
    [
        "[]",
        "null",
        "1",
        '"text"',
        '{"choices": {}}',
        '{"choices": ["Hel"]}',
        '{"choices": [[]]}',
        '{"choices": [{"delta": "Hel"}]}',
        '{"choices": [{"delta": ["Hel"]}]}',
    ],
)
def test_json_of_another_shape_is_an_error_and_not_skipped(data):
    assert refusal(data).code == "garbled"
    assert "JSON of another shape" in str(refusal(data))


@pytest.mark.parametrize(
    "data",
    ["Hello", "{", '{"choices":[}', '{"choices": []} trailing', "[DONE", "{'choices': []}", "\x00", "data: {}"],
)
def test_what_is_no_json_is_an_error_and_not_skipped(data):
    assert refusal(data).code == "garbled"


def test_a_web_page_is_called_one():
    error = refusal("<!DOCTYPE html><title>Bad gateway</title>")
    assert (error.code, str(error)) == (
        "not_a_stream",
        "The model's server answered with a web page instead of an answer.",
    )


def test_what_the_server_sent_is_not_in_the_error():
    for data in ('{"choices": "my secret"}', "my secret", '{"choices": [{"delta": "my secret"}]}'):
        assert "secret" not in str(refusal(data))


# Hostile JSON.


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("half", ["", "\\ud83d"], ids=["read quickly", "read slowly"])
def test_numbers_that_json_does_not_have_are_never_passed_on(number, half):
    chunk = read_or_garbled(f'{{"choices": [], "id": "{half}", "usage": {{"n": {number}}}}}')
    assert not chunk.usage


@pytest.mark.parametrize("place", ['"usage": {"n": %s}', '"usage": %s', '"x": %s', '"choices": [{"logprobs": %s}]'])
def test_an_integer_of_5000_digits_breaks_nothing(place):
    for half in ("", "\\ud83d"):
        chunk = read_or_garbled("{" + place % ("9" * 5000) + f', "id": "{half}"' + "}")
        assert not chunk.usage


DEEP = {
    "an unknown field": '{"choices": [], "x": %s}',
    "content": '{"choices": [{"delta": {"content": %s}}]}',
    "usage": '{"choices": [], "usage": %s}',
    "error": '{"error": %s}',
    "a message": '{"object": "error", "message": %s}',
}
NESTS = {
    "lists": ("[", "]"),
    "text parts": ('[{"text":', "}]"),
    "errors": ('{"error":', "}"),
    "messages": ('{"message":', "}"),
}


@pytest.mark.parametrize("kind", ["message", "error"])
@pytest.mark.parametrize("nest", NESTS)
@pytest.mark.parametrize("place", DEEP)
def test_deep_nesting_breaks_nothing(place, nest, kind):
    opening, closing = NESTS[nest]
    for depth in (*range(300, 520, 3), *range(900, 1010, 2), 5_000, 100_000):  # around where Python's own limit lies
        data = DEEP[place] % (opening * depth + '"deep"' + closing * depth)
        with suppress(UpstreamError):
            read(data, kind=kind)
        error_words(data.encode())


# Surrogates and NUL.


@pytest.mark.parametrize(
    ("contents", "text"),
    [
        ([HIGH, LOW], SMILE),
        (["a" + HIGH, LOW + "b"], "a" + SMILE + "b"),
        ([HIGH, "", LOW], SMILE),
        ([HIGH], "\ufffd"),
        ([HIGH, "b"], "\ufffdb"),
        (["a" + HIGH + "b"], "a\ufffdb"),
        ([LOW, "b"], "\ufffdb"),
        ([LOW, HIGH], "\ufffd\ufffd"),
        ([HIGH, HIGH, LOW], "\ufffd" + SMILE),
        ([HIGH + LOW], SMILE),
        (["ä" + HIGH, "ö"], "ä\ufffdö"),
        (["a\0b", "\0", "c\0"], "abc"),
        (["\0" + HIGH, LOW + "\0"], SMILE),
    ],
)
def test_halves_of_a_pair_are_joined_or_replaced_and_nul_is_dropped(contents, text):
    assert spoken(*contents) == text


def test_a_half_waits_for_its_other_half_only():
    reader = Reader()
    assert reader.read(Event(said(content=HIGH))).content == ""
    assert reader.read(Event(said(reasoning="x"))) == Chunk(reasoning="x")
    assert reader.read(Event('{"choices": []}')).content == ""
    assert reader.read(Event(said(content=LOW))).content == SMILE


def test_reasoning_and_content_keep_their_halves_apart():
    reader = Reader()
    assert reader.read(Event(said(content=HIGH, reasoning="r" + HIGH))) == Chunk(reasoning="r")
    assert reader.read(Event(said(content="c", reasoning=LOW))) == Chunk(content="\ufffdc", reasoning=SMILE)


def test_flush_gives_each_half_once():
    reader = Reader()
    reader.read(Event(said(content=HIGH, reasoning=HIGH)))
    assert reader.flush() == Chunk(content="\ufffd", reasoning="\ufffd")
    assert reader.flush() == Chunk()


# Errors in mid-stream.


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ('{"error": "Overloaded"}', "Overloaded"),
        ('{"error": {"message": "Overloaded", "type": "t", "code": 503}}', "Overloaded"),
        ('{"error": {"code": "overloaded"}}', "overloaded"),
        ('{"error": {"type": "overloaded", "message": null}}', "overloaded"),
        ('{"error": {"message": {"detail": "Overloaded"}}}', "Overloaded"),
        ('{"error": {"error": {"message": "Overloaded"}}}', "Overloaded"),
        ('{"object": "error", "message": "Overloaded", "type": "BadRequestError", "code": 400}', "Overloaded"),
        ('{"choices": [{"delta": {"content": "x"}}], "error": {"message": "Overloaded"}}', "Overloaded"),
        ('{"error": "Over\\nloaded\\u0000\\t now"}', "Over loaded now"),
        ('{"error": "half \\ud83d"}', "half \ufffd"),
    ],
)
def test_an_error_is_told_in_the_servers_words(data, words):
    error = refusal(data)
    assert (error.code, str(error)) == ("upstream_error", f"The model's server reported an error: {words}")


@pytest.mark.parametrize("error", ["{}", "[]", "true", "1", '""', '{"code": 503}', '{"message": ""}', "[1]"])
def test_an_error_without_words_is_still_an_error(error):
    assert str(refusal(f'{{"error": {error}}}')) == "The model's server reported an error."


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("Overloaded", ": Overloaded"),
        ('"Overloaded"', ": Overloaded"),
        ('{"message": "Overloaded"}', ": Overloaded"),
        ('{"error": {"message": "Overloaded"}}', ": Overloaded"),
        ('{"detail": "Overloaded"}', ": Overloaded"),
        ('"half \\ud83d"', ": half \ufffd"),
        ("", "."),
        ("{}", "."),
        ("null", "."),
    ],
)
def test_an_event_of_the_type_error_is_one_whatever_it_holds(data, words):
    assert str(refusal(data, kind="error")) == f"The model's server reported an error{words}"


def test_done_is_done_even_in_an_error_event():
    assert read("[DONE]", kind="error") == Chunk(done=True)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error": {"message": "No such model"}}', "No such model"),
        (b'{"error": "No such model"}', "No such model"),
        (b'{"message": "No such model"}', "No such model"),
        (b'{"detail": "No such model"}', "No such model"),
        (b'{"error": "half \\ud83d\\u0000"}', "half \ufffd"),
        ('{"error": "Fehler: zu groß"}'.encode("latin-1"), "Fehler: zu gro\ufffd"),
        (b'[{"error": {"code": 400, "message": "No such model"}}]', "No such model"),
        (
            b'{"detail": [{"loc": ["body"], "msg": "field required"}, {"msg": "and another"}]}',
            "field required; and another",
        ),
        (b"<html>Bad gateway</html>", ""),
        (b'"No such model"', ""),
        (b"[]", ""),
        (b"{", ""),
        (b"", ""),
    ],
)
def test_the_words_of_an_error_response(body, words):
    assert error_words(body) == words


# An answer that came whole.


def test_an_answer_that_does_not_stream_is_read_whole():
    body = '{"id": "i", "choices": [{"message": {"content": "Grüße"}, "finish_reason": "stop"}]}'
    assert Reader().read_body(f" \n{body}\n".encode()) == Chunk(content="Grüße", finish_reason="stop", id="i")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"error": "Overloaded"}', "upstream_error"),
        (b'{"object": "error", "message": "Overloaded"}', "upstream_error"),
        (b'{"detail": "Not Found"}', "garbled"),
        (b'{"choices": []}', "garbled"),
        (b"{}", "garbled"),
        (b'[{"choices": []}]', "garbled"),
        (b'{"choices": [{"message": {"content": "cut o', "garbled"),
    ],
)
def test_json_that_holds_no_answer_is_never_taken_for_an_empty_one(body, code):
    with pytest.raises(UpstreamError) as caught:
        Reader().read_body(body)
    assert caught.value.code == code


# Every stream of the table, cut anywhere.


def through(parts: list[bytes]) -> Outcome:
    """What decoder and reader make of a body that comes in these parts."""
    decoder, reader = Decoder(), Reader()
    chunks: list[Chunk] = []
    error = None
    try:
        for event in (event for part in parts for event in decoder.decode(part)):
            chunks.append(reader.read(event))
            if chunks[-1].done:
                break
    except UpstreamError as raised:
        error = raised
    cut_off = Chunk(done=decoder.cut_off().strip() == "[DONE]")  # as upstream.py ends a stream
    return outcome_of([*chunks, reader.flush(), cut_off], error)


@pytest.mark.parametrize("fixture", STREAMS, ids=str)
def test_a_stream_cut_anywhere_says_the_same(fixture: StreamFixture):
    whole = through([fixture.body])
    whole.check(fixture)
    assert through(pieces(fixture.body, 1)) == whole
    for position in range(len(fixture.body) + 1):
        assert through([fixture.body[:position], fixture.body[position:]]) == whole, f"cut at {position}"
    for seed in range(20):
        assert through(pieces(fixture.body, seed=seed)) == whole, f"cut by seed {seed}"
