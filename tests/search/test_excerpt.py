import itertools

from hypothesis import given
from hypothesis import strategies as st

from chat.search.excerpt import WIDTH, Part, excerpt, marked
from chat.search.query import Hit, Query
from tests.fixtures.naughty import NAUGHTY

FILLER = "and so it goes on and on " * 40


def plain(parts):
    return "".join(part.text for part in parts)


def hits(parts):
    return [part.text for part in parts if part.hit]


def test_what_was_found_stands_in_its_words():
    parts = excerpt(f"{FILLER}where Rivers meander slowly {FILLER}", Query.of("meander river"))
    assert hits(parts) == ["Rivers", "meander"]
    text = plain(parts)
    assert text.startswith("…")
    assert text.endswith("…")
    assert "where Rivers meander slowly" in text
    assert len(text) <= WIDTH + 2


def test_a_short_text_is_shown_whole():
    assert excerpt("Rain falls.", Query.of("rain")) == [Part("Rain", hit=True), Part(" falls.", hit=False)]


def test_without_a_hit_it_is_the_beginning():
    parts = excerpt(FILLER, Query.of("river"))
    assert hits(parts) == []
    assert plain(parts).startswith("and so it goes")


def test_the_place_with_most_of_the_words_is_shown():
    text = f"the beginning {FILLER} the river bends {FILLER}"
    assert hits(excerpt(text, Query.of("the river bend"))) == ["the", "river", "bends"]


def test_of_places_alike_the_first_is_shown():
    assert plain(excerpt(f"one rain {FILLER} two rain", Query.of("rain"))).startswith("one rain")


def test_a_text_that_is_nothing_but_hits_costs_as_much_a_hit_as_any(monkeypatch):
    """In looks at where a hit ends: the clock says less, on a busy machine."""

    class Counted(Hit):
        looked_at = 0

        @property
        def end(self):
            Counted.looked_at += 1
            return self[2]

    def looks(words):
        Counted.looked_at = 0
        monkeypatch.setattr(Query, "hits", lambda query, text: [Counted(*hit) for hit in hits_of(query, text)])
        excerpt("a " * words, Query.of("a"))
        return Counted.looked_at

    hits_of = Query.hits
    assert looks(2_000) <= 2.1 * looks(1_000)


def test_it_stands_on_one_line():
    assert plain(excerpt("one\n\ntwo\u2028three\tfour", Query.of("two"))) == "one  two three four"


def test_a_word_without_end_is_cut():
    assert len(plain(excerpt("a" * 20_000, Query.of("a")))) <= WIDTH + 2
    assert len(plain(excerpt("水" * 4_000, Query.of("水水")))) <= WIDTH + 2


def test_of_hostile_text_nothing_is_made_up(subtests):
    for name, naughty in NAUGHTY:
        with subtests.test(name):
            parts = excerpt(naughty[:4000], Query.of(naughty))
            shown = plain(parts).strip("…")
            assert shown in "".join(" " if character.isspace() else character for character in naughty)


@given(st.text(), st.text(max_size=10))
def test_marking_changes_no_letter(text, asked):
    parts = marked(text, Query.of(asked).hits(text))
    assert plain(parts) == "".join(" " if character.isspace() else character for character in text)
    assert all(part.text for part in parts)
    assert all(one.hit != other.hit for one, other in itertools.pairwise(parts))
