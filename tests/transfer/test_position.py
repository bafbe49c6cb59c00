import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.transfer import position
from chat.transfer.position import line_at, line_of

TEXT = rb"""{
  "format": "brook", "skipped": [[{"a": "]}\"["}], {}, [], 1.5e3, true, null, "x"],
  "conversations": [
    {"title": "one { \\",
     "messages": []},
    {"title": "two", "m\u0065ssages": [
      {"content": "a\nb"},
      {"content": "c",
       "files": [{"data":
          "x"}]}
    ]}
  ]
}"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 1),
        (("format",), 2),
        (("skipped",), 2),
        (("conversations",), 3),
        (("conversations", 0), 4),
        (("conversations", 0, "messages"), 5),
        (("conversations", 1, "title"), 6),
        (("conversations", 1, "messages", 0), 7),
        (("conversations", 1, "messages", 1, "content"), 8),
        (("conversations", 1, "messages", 1, "files", 0, "data"), 10),
        (("conversations", 1, "messages", 1, "missing"), 8),
        (("conversations", 7), 3),
        (("format", "no object"), 2),
        (("conversations", "no number"), 3),
    ],
)
def test_an_element_is_found_by_its_path(path, line):
    assert line_of(TEXT, path) == line


def test_the_text_of_the_test_is_what_it_says():
    assert json.loads(TEXT)["conversations"][1]["messages"][1]["content"] == "c"


@pytest.mark.parametrize(("offset", "line"), [(0, 1), (1, 1), (2, 2), (3, 3), (99, 3)])
def test_lines_are_counted_from_one(offset, line):
    assert line_at(b"a\n\nb", offset) == line


@pytest.mark.parametrize(
    "text", [b"", b"{", b'{"a"', b'{"a":', b'{"a": [1, {"b": ', b"[1,,", b'["', b"}", b'{"a": "\\']
)
def test_a_text_that_is_none_does_no_harm(text):
    assert line_of(text, ("a", 1, "b", 2)) == 1


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def paths(value, path=()):
    yield path
    if isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths(inner, (*path, step))


def lines(value, path=()):
    """Each element on a line of its own: the text, and on which line which element begins."""
    if isinstance(value, dict):
        return ["{", *_joined([["\n", json.dumps(key), ":", *lines(inner)] for key, inner in value.items()]), "}"]
    if isinstance(value, list):
        return ["[", *_joined([["\n", *lines(inner)] for inner in value]), "]"]
    return [json.dumps(value, ensure_ascii=False)]


def _joined(parts):
    return [piece for number, part in enumerate(parts) for piece in ([","] if number else []) + part]


@given(values)
def test_elements_in_order_are_on_lines_in_order(value):
    """Every element has a line of its own, so the nth path in document order is on the nth line."""
    text = "".join(lines(value)).encode()
    assert [line_of(text, path) for path in paths(value)] == list(range(1, text.count(b"\n") + 2))


def test_fifty_megabytes_take_seconds():
    message = json.dumps({"content": "word [{ " * 125, "files": [], "generation": {"status": "complete"}})
    text = ("[" + ",\n".join([message] * 48_000) + "]").encode()
    assert len(text) > 50 * 10**6
    began = time.process_time()
    assert line_of(text, (47_999, "generation", "status")) == 48_000
    assert time.process_time() - began < 10


DEEP = b"[" * 20 + b"]" * 20


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 10**6,
        b'["' + b"\\" * 10**6,
        b'["' + b'a"' * 10**6,
        b"[" + b"{}," * 700_000 + b"1]",
        b"[[" + b"{}," * 700_000 + b"{}], 1]",
        b"[" + b"1," * 10**6 + b"1]",
        b"[" + (DEEP + b",") * 50_000 + b"1]",
        b"[" + b"[" * 10**6 + b"]" * 10**6 + b", 1]",
        b"[" + b"[{}," * 500_000 + b"]" * 500_000 + b"]",
        b"{" + b'"a":1,' * 400_000 + b'"a":1}',
        b"[" + b'"",' * 700_000 + b"1]",
    ],
    ids=range(11),
)
def test_hostile_text_takes_no_longer(text):
    began = time.process_time()
    line_of(text, (10**6, 1))
    line_of(text, ("b", 1))
    assert time.process_time() - began < 5  # minutes, once


def test_the_line_that_was_reached_is_named_when_it_takes_too_long(monkeypatch):
    monkeypatch.setattr(position, "STEPS", 10)
    assert line_of(b"[1,\n" * 1 + b"1,\n" * 40 + b"1]", (5,)) == 6
    assert 5 < line_of(b"[1,\n" * 1 + b"1,\n" * 40 + b"1]", (30,)) <= 12
