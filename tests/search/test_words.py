import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.search.words import LONGEST, is_between_words, located, stands_alone, words
from tests.fixtures.naughty import NAUGHTY


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The quick, brown fox!", "the quick brown fox"),
        ("Élan vital — naïve façade", "elan vital naive facade"),
        ("e\u0301lan", "elan"),
        ("STRASSE straße", "strasse strasse"),
        ("ΣΊΣΥΦΟΣ σίσυφος", "σισυφοσ σισυφοσ"),
        ("Ёлка", "елка"),
        ("snake_case kebab-case camelCase", "snake case kebab case camelcase"),
        ("x86_64, 3.14 and 1e5", "x86 64 3 14 and 1e5"),
        ("ｆｕｌｌ ﬁn ① ½", "full fin 1 1 2"),
        ("don't don’t", "don t don t"),
        ("Do\xadnau\u200dschiff\ufeff", "donauschiff"),
        ("zero\u200bwidth", "zero width"),
        ("\u2764\ufe0f hearts", "hearts"),
        ("בְּרֵאשִׁית", "בראשית"),
        ("السَّلَام", "السلام"),
        ("हिन्दी बोली", "हिन्दी बोली"),
        ("བོད་ཡིག", "བོད ཡིག"),
        ("한글 \u1112\u1161\u11ab\u1100\u1173\u11af", "한글 한글"),
        ("中文，标点", "中 文 标 点"),
        ("C语言ABC", "c 语 言 abc"),
        ("東京タワー", "東 京 タ ワ ー"),
        ("がき か\u3099き", "か \u3099 き か \u3099 き"),
        ("ｶﾞ ガ", "カ \u3099 カ \u3099"),
        ("น้ำ", "น ้ ํ า"),
        ("{{ 7|add:7 }} <b>bold</b>", "7 add 7 b bold b"),
        (" \t\n", ""),
        ("?!…🌊", ""),
    ],
)
def test_words_are_what_people_take_for_the_same_word(text, expected):
    assert words(text) == unicodedata.normalize("NFKD", expected).split()


def test_a_word_without_end_is_cut():
    assert words("a" * 1000 + " b") == ["a" * LONGEST, "b"]
    assert [word.text for word in located("a" * 1000)] == ["a" * LONGEST]


def test_no_text_has_a_word_that_a_database_would_take_for_something_else(subtests):
    for name, naughty in NAUGHTY:
        with subtests.test(name):
            for word in words(naughty):
                assert 0 < len(word.encode()) <= LONGEST * 4
                assert word == word.casefold()
                for character in word:
                    assert unicodedata.category(character)[0] in "LNM"
                    assert not character.isascii() or character.isalnum()


def test_located_words_are_the_same_words(subtests):
    for name, naughty in NAUGHTY:
        with subtests.test(name):
            assert [word.text for word in located(naughty)] == words(naughty)


@given(st.text())
def test_located_words_stand_where_they_are_said_to(text):
    places = list(located(text))
    assert [place.text for place in places] == words(text)
    assert [place.start for place in places] == sorted(place.start for place in places)
    for place in places:
        assert place.text in words(text[place.start : place.end])


@given(st.text(), st.text())
def test_a_blank_parts_words(one, other):
    assert words(f"{one} {other}") == words(one) + words(other)


@given(st.text())
def test_words_are_found_by_themselves(text):
    assert words(" ".join(words(text))) == words(text)


def test_an_accent_of_its_own_belongs_to_its_word():
    assert [(word.start, word.end) for word in located("cafe\u0301 au")] == [(0, 5), (6, 8)]


def test_only_characters_of_scripts_without_blanks_stand_alone():
    assert [word for word in ("中", "タ", "น", "a", "한", "א", "中文") if stands_alone(word)] == ["中", "タ", "น"]


def test_blanks_and_stops_are_between_words():
    assert [character for character in "a中, 。\u0301\u200d" if is_between_words(character)] == [",", " ", "。"]
