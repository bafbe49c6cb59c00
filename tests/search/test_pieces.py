import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.search.pieces import PIECE, TAIL, pieces
from chat.search.words import words
from tests.fixtures.naughty import NAUGHTY

SENTENCE = "The quick brown fox jumps over the lazy dog, again. "


def test_a_short_text_is_one_piece_and_none_is_none():
    assert list(pieces("Hello")) == [(0, "Hello")]
    assert list(pieces("")) == []


@pytest.mark.parametrize("text", [SENTENCE * 500, "汉" * 3_990 + "。" + "字" * 5_000, "x" * 20_000])
def test_put_together_the_pieces_are_the_text(text):
    found = list(pieces(text))
    assert "".join(piece for _, piece in found) == text
    assert all(text[start:].startswith(piece) and 0 < len(piece) <= PIECE for start, piece in found)


def test_the_pieces_of_hostile_text_are_the_text(subtests):
    for name, naughty in NAUGHTY:
        with subtests.test(name):
            assert "".join(piece for _, piece in pieces(naughty)) == naughty


def test_no_word_is_cut():
    text = SENTENCE * 500
    assert [word for _, piece in pieces(text) for word in words(piece)] == words(text)


def test_text_without_blanks_is_cut_behind_a_stop():
    found = [piece for _, piece in pieces("汉" * 3_800 + "。" + "字" * 5_000)]
    assert found[0].endswith("。")


def test_a_word_longer_than_the_tail_is_cut_where_it_must_be():
    assert [len(piece) for _, piece in pieces("x" * (PIECE + TAIL))] == [PIECE, TAIL]


@given(st.integers(PIECE - 50, PIECE + 50), st.text(min_size=1, max_size=100))
def test_around_the_cut_nothing_is_lost(length, text):
    whole = "a" * length + text + "b" * PIECE
    assert "".join(piece for _, piece in pieces(whole)) == whole
