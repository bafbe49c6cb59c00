"""Arbitrary documents into the reader: whatever an upstream makes up, what comes out can be stored, sent and shown.

The same examples in each run; what a wider search finds becomes an example here.
"""

import json
from collections.abc import Iterable

from hypothesis import example, given, settings
from hypothesis import strategies as st

from chat.relay.completions import Chunk, Reader, error_words
from chat.relay.errors import UpstreamError
from chat.relay.sse import Decoder, Event
from tests.support.scripts import pieces

REPEATABLE = settings(derandomize=True, database=None, deadline=None, max_examples=200)
HIGH, LOW, SMILE = "\ud83d", "\ude00", "\U0001f600"

FIELDS = [
    *("choices", "delta", "message", "content", "text", "type", "reasoning", "reasoning_content", "thinking"),
    *("refusal", "finish_reason", "error", "object", "usage"),
]
ODD = st.sampled_from([HIGH, LOW, HIGH + LOW, "a" + HIGH, LOW + "b", "\0", "\u2028", SMILE])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | ODD
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=12,
)
WORDS = ODD | st.text(max_size=6) | JSON
DELTA = st.fixed_dictionaries({}, optional=dict.fromkeys(("content", "reasoning", "refusal"), WORDS))
LIKELY = st.fixed_dictionaries(
    {"choices": st.lists(st.fixed_dictionaries({"delta": DELTA | JSON, "finish_reason": WORDS}), max_size=2)},
    optional={"usage": JSON, "id": JSON, "model": JSON},
)
BAD = st.fixed_dictionaries(
    {}, optional={"choices": JSON, "error": JSON, "object": st.just("error"), "message": JSON, "detail": JSON}
)
DOCUMENTS = LIKELY | BAD | JSON
KINDS = st.sampled_from(["message", "error", "x"])


def written(document: object, escaped: bool) -> bytes:
    """One event. Half a pair that is not escaped is no UTF-8, as from a server that cuts its text by bytes."""
    return b"data: " + json.dumps(document, ensure_ascii=escaped).encode("utf-8", "surrogatepass") + b"\n\n"


EVENTS = st.builds(written, LIKELY, st.booleans()) | st.builds(written, DOCUMENTS, st.booleans())
NOISE = st.sampled_from([b": ping\n\n", b"data: [DONE]\n\n", b"event: error\n", b"data:\n\n", b"\xff", b"\n"])
BODIES = st.lists(EVENTS | EVENTS | NOISE, max_size=5).map(b"".join)


def check_text(*texts: str) -> None:
    """What databases and sockets take: UTF-8, without half a surrogate pair and without NUL."""
    for text in texts:
        text.encode()
        assert "\0" not in text


def check_chunk(chunk: Chunk) -> None:
    check_text(chunk.content, chunk.reasoning, chunk.finish_reason or "", chunk.id, chunk.model, *(chunk.usage or ()))
    json.dumps(chunk.usage, allow_nan=False)


def through(parts: Iterable[bytes]) -> tuple[str, str, list[str], str]:
    """Content, reasoning, finish_reasons and the error of a body that comes in these parts, all of them checked."""
    decoder, reader = Decoder(), Reader()
    chunks, words = [], ""
    try:
        for event in (event for part in parts for event in decoder.decode(part)):
            chunks.append(reader.read(event))
    except UpstreamError as error:
        words = f"{error.code} {error}"
    chunks.append(reader.flush())
    for chunk in chunks:
        check_chunk(chunk)
    check_text(words)
    contents = "".join(chunk.content for chunk in chunks)
    reasons = [chunk.finish_reason for chunk in chunks if chunk.finish_reason]
    return contents, "".join(chunk.reasoning for chunk in chunks), reasons, words


@REPEATABLE
@given(body=BODIES, sizes=st.lists(st.integers(0, 40), max_size=40))
@example(body=written({"choices": [{"delta": {"content": HIGH}}]}, True) * 2, sizes=[1] * 40)
def test_any_documents_in_any_cuts_say_the_same_and_can_be_stored(body, sizes):
    whole = through([body])
    assert through(pieces(body, sizes)) == whole
    assert through(pieces(body, 1)) == whole


@REPEATABLE
@given(data=st.lists(st.text() | DOCUMENTS.map(json.dumps), max_size=4), kind=KINDS)
@example(data=["\ud83d"], kind="error")
@example(data=["\0"], kind="error")
def test_any_events_raise_nothing_but_an_upstream_error(data, kind):
    reader, words = Reader(), ""
    try:
        for one in data:
            check_chunk(reader.read(Event(one, kind)))
    except UpstreamError as error:
        words = f"{error.code} {error}"
    check_text(words)
    check_chunk(reader.flush())


@REPEATABLE
@given(body=st.binary(max_size=60) | DOCUMENTS.map(lambda value: json.dumps(value).encode()))
def test_any_body_that_is_no_stream_raises_nothing_but_an_upstream_error(body):
    check_text(error_words(body))
    try:
        check_chunk(Reader().read_body(body))
    except UpstreamError as error:
        check_text(str(error))


UNITS = st.sampled_from([HIGH, LOW, "a", "ä", "世", "é", "\u2028"])


@REPEATABLE
@given(units=st.lists(UNITS, max_size=12), sizes=st.lists(st.integers(0, 4), max_size=12))
@example(units=[HIGH, LOW], sizes=[1, 0, 1])
def test_a_text_that_its_deltas_cut_anywhere_is_the_text(units, sizes):
    """Between the halves of a pair too, which is where servers cut that count as JavaScript does."""
    text = "".join(units)
    deltas = [text[sum(sizes[:number]) :][:size] for number, size in enumerate(sizes)] + [text[sum(sizes) :]]
    body = b"".join(written({"choices": [{"delta": {"content": delta}}]}, True) for delta in deltas)
    assert through([body])[0] == text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
