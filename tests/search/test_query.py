import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.search.query import QUERY_CHARS, Query
from chat.search.words import words
from tests.fixtures.naughty import NAUGHTY


def test_words_are_terms_and_characters_typed_together_are_one():
    assert Query.of("River 中国 history 東京タワー").terms == (
        ("river",),
        ("中", "国"),
        ("history",),
        ("東", "京", "タ", "ワ", "ー"),
    )
    assert Query.of("中 国").terms == (("中",), ("国",))
    assert Query.of("C语言").terms == (("c",), ("语", "言"))
    assert Query.of("がき").terms == (("か", "\u3099", "き"),)


@pytest.mark.parametrize("syntax", ['"', "*", "NEAR(a b)", "words:x", "a & b | !c", "(a <-> b):*", "-a", "^a", "%_"])
def test_there_is_no_syntax(syntax):
    assert [word for term in Query.of(syntax).terms for word in term] == list(dict.fromkeys(words(syntax)))


def test_a_term_that_comes_twice_counts_where_it_comes_last():
    assert Query.of("a b a c a").terms == (("b",), ("c",), ("a",))


@pytest.mark.parametrize("text", ["", "   ", "?!", "\0", "🌊", '"*"'])
def test_without_a_word_there_is_nothing_to_look_for(text):
    assert Query.of(text).terms == ()


def test_only_the_beginning_of_a_long_query_counts():
    assert Query.of("a" * (QUERY_CHARS - 1) + " b") == Query.of("a" * QUERY_CHARS)


def test_its_parts_are_what_the_index_is_asked_for():
    query = Query.of("rain 中国 rain 江河 wat")
    assert query.whole == ["中", "国", "rain", "江", "河"]
    assert query.beginning == "wat"
    assert query.phrases == [("中", "国"), ("江", "河")]
    assert Query.of("江河").whole == ["江"]


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("river", "Rivers and rain", True),
        ("river rain", "Rain, rivers", False),  # only the last word may go on
        ("rain river", "Rain, rivers", True),
        ("rivers rain", "Rain, rivers", True),
        ("elan", "Élan", True),
        ("ivers", "rivers", False),
        ("中国", "在中国的江河", True),
        ("中国", "国中", False),
        ("中国", "中，国", True),
        ("a", "", False),
    ],
)
def test_a_text_matches_that_has_all_terms(query, text, found):
    assert Query.of(query).matches(words(text)) is found


def test_hits_are_words_and_not_pieces_of_words():
    text = "The other theme: then THE end"
    assert [text[hit.start : hit.end] for hit in Query.of("the end").hits(text)] == ["The", "THE", "end"]
    assert [text[hit.start : hit.end] for hit in Query.of("end the").hits(text)] == [
        "The",
        "theme",
        "then",
        "THE",
        "end",
    ]


def test_a_hit_of_several_characters_is_one():
    text = "在中国，中国人"
    assert [(hit.start, hit.end) for hit in Query.of("中国").hits(text)] == [(1, 3), (4, 6)]


def test_a_character_that_holds_two_words_is_marked_once():
    assert [(hit.start, hit.end) for hit in Query.of("1 2").hits("½ cup")] == [(0, 1)]


def test_a_text_is_found_by_what_it_begins_with(subtests):
    for name, naughty in NAUGHTY:
        with subtests.test(name):
            query = Query.of(naughty)
            if query.terms:
                assert query.matches(words(naughty[:QUERY_CHARS]))
                assert query.hits(naughty)


@given(st.text(), st.text(max_size=20))
def test_hits_are_in_order_and_apart(text, asked):
    at = 0
    for hit in Query.of(asked).hits(text):
        assert at <= hit.start < hit.end <= len(text)
        at = hit.end
