import json

import pytest

from chat.transfer.syntax import CHUNK, in_utf_8, sound
from chat.transfer.wrong import Wrong
from tests.transfer.memory import MB, peak


def test_utf_8_is_left_as_it_is_but_for_the_mark_before_it():
    text = '["Ufer ä"]'.encode()
    assert in_utf_8(text) is text
    assert in_utf_8(b"\xef\xbb\xbf" + text) == text
    assert in_utf_8(b"") == b""


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1"])
def test_what_is_not_utf_8_is_refused(encoding):
    with pytest.raises(Wrong, match="no text in UTF-8"):
        in_utf_8('["Ufer ä"]'.encode(encoding))


def test_where_it_is_not_utf_8_is_known():
    with pytest.raises(Wrong, match="UTF-8") as wrong:
        in_utf_8(b"a" * (CHUNK - 1) + "ä".encode() + b"\n\xff")
    assert wrong.value.offset == CHUNK + 2


def test_a_character_on_the_edge_of_a_chunk_is_none_of_two_halves():
    text = b"a" * (CHUNK - 1) + "江".encode()
    assert in_utf_8(text) == text


def test_json_is_left_as_it_is():
    text = b'{"a": ["x", 1, null, "\\ud83d\\ude00"]}'
    assert sound(text) is text


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        (b'{"a": 1,\n "b": nope}', 16),
        (b"[1 2]", 3),
        (b"", 0),
        (b"   ", 3),
        (b'{"a": "never ended', 18),
        (b'{"a": [1, 2', 11),
        (b"[1] trailing", 4),
        (b"hello", 0),
        (b'{"a": "tab\tinside"}', 10),
        (b'["\\x"]', 3),
    ],
)
def test_what_is_no_json_is_wrong_where_it_begins_to_be_none(text, offset):
    with pytest.raises(Wrong) as wrong:
        sound(text)
    assert abs(wrong.value.offset - offset) <= 1


def test_deep_nesting_is_refused_in_words():
    with pytest.raises(Wrong, match="nested too deeply"):
        sound(b"[" * 100_000 + b"]" * 100_000)


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r'"\ud83d"', "\ufffd"),
        (r'"\ude00\ud83d"', "\ufffd\ufffd"),
        (r'"a\uD83Db"', "a\ufffdb"),
        (r'"\ud83d\ud83d\ude00"', "\ufffd😀"),
        (r'"\\ud83d \ud83d"', "\\ud83d \ufffd"),
        (r'"\\\ud83d"', "\\\ufffd"),
    ],
)
def test_half_surrogate_pairs_become_u_fffd_in_place(escaped, text):
    mended = sound(escaped.encode())
    assert json.loads(bytes(mended)) == text
    assert len(mended) == len(escaped)


@pytest.mark.parametrize("escape", [rb"\n", rb"\\", rb"\u0020", rb"\ud83d\ude00"])
def test_a_flood_of_escapes_in_a_broken_file_takes_no_memory(escape):
    text = b'["' + escape * (400_000 // len(escape)) + b'"'
    assert peak(lambda: sound(text)) < MB


def test_a_flood_of_halves_takes_one_copy():
    text = b'["' + rb"\ud83d" * 60_000 + b'"]'
    assert peak(lambda: sound(text)) < len(text) + MB


def test_what_is_no_escape_is_not_mended():
    with pytest.raises(Wrong):
        sound(rb'["\ud8"x", "a"]')
